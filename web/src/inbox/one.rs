//! `GET` and `POST /inbox/{id}`: one question, with what led to it, its form, and that by which others are asked.

use super::{
    context::{Context, context},
    reassign,
    seen::{Seen, seen},
    submit,
};
use crate::{
    answered::see_other,
    assets::{ASKED, KEYS},
    desk::{Refusal, part},
    form::{Faults, Pairs},
    layout::{Place, View, answered},
    look::plainly,
    question::{
        answer::{self, Sent as Typed},
        ended,
        inputs::{self, Around},
        people,
        shown::{answering, around_answer, before, head, kept_out},
        words,
    },
    refused::refused,
    session::{Sent, Visit},
    words::sentence,
};
use api::types::{self, AnswerBody, Responded};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::{Markup, html};
use stepwell_core::interaction::{Interaction, InteractionStatus};

/// Shows the question. It decides nothing.
pub async fn page(visit: Visit, Path(id): Path<String>) -> Response {
    match seen(&visit, &id).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(seen) => {
            let pairs = inputs::start(&seen.found);
            show(&visit, &seen, StatusCode::OK, &pairs, &Faults::default()).await
        }
    }
}

/// Takes the form.
pub async fn send(Path(id): Path<String>, Sent { visit, mut pairs }: Sent) -> Response {
    let seen = match seen(&visit, &id).await {
        Err(refusal) => return refused(&refusal, &visit.up),
        Ok(seen) => seen,
    };
    let whom = pairs.get("answer_as").unwrap_or_default().to_owned();
    pairs.remove("answer_as");
    let typed = answer::read(&visit.app, &seen.found, &pairs).await;
    pairs.set("answer_as", whom.as_str());
    let (answer, names) = match typed {
        Typed::Rows(mut rows) => {
            rows.set("answer_as", whom);
            return show(&visit, &seen, StatusCode::OK, &rows, &Faults::default()).await;
        }
        Typed::Wrong(faults) => return show(&visit, &seen, StatusCode::UNPROCESSABLE_ENTITY, &pairs, &faults).await,
        Typed::Answer(answer, names) => (answer, names),
    };
    let whom = Some(whom).filter(|whom| !whom.is_empty());
    let body = submit::body(*answer, whom);
    let path = format!("/v1/interactions/{}/respond", part(&id));
    let refusal = match visit.desk.post::<Responded>(&path, &body).await {
        Ok(_) => return see_other(&part(&id)),
        Err(refusal) => refusal,
    };
    let faults = match refusal.problem.code.as_str() {
        // Somebody else was first, or the time ran out meanwhile.
        "already_decided" => return late(&visit, &id, &body, &refusal).await,
        "invalid_answer" => answer::refused(&seen.found.interaction, &refusal.problem.errors, &names),
        _ => not_recorded(&refusal),
    };
    show(&visit, &seen, refusal.status, &pairs, &faults).await
}

/// The page of a question that was over before the answer came: it says how it ended, and that the answer does not count.
/// An answer that stands there already was sent by a second click.
async fn late(visit: &Visit, id: &str, body: &AnswerBody, refusal: &Refusal) -> Response {
    let now = match seen(visit, id).await {
        Err(refusal) => return refused(&refusal, &visit.up),
        Ok(now) => now,
    };
    let by = body.answer_as.as_deref().unwrap_or(&visit.caller.subject);
    if submit::stands(&now.found.interaction, by, body) {
        return see_other(&part(id));
    }
    let mut faults = Faults::default();
    faults.add_whole(meanwhile(&now.found.interaction));
    show(visit, &now, refusal.status, &Pairs::default(), &faults).await
}

/// What is said of an answer to a question that was over by then.
fn meanwhile(one: &Interaction) -> String {
    let how = match one.status {
        InteractionStatus::Answered | InteractionStatus::Pending => {
            let decision = words::decision(one, one.decision.as_deref().unwrap_or_default());
            let told = if words::is_free(one.kind) { String::new() } else { format!(": {decision}") };
            format!("answered meanwhile in another place{told}")
        }
        InteractionStatus::TimedOut => match words::by_deadline(one) {
            Some(decided) => format!("decided meanwhile by its deadline: {decided}"),
            None => "over meanwhile, since the time to answer has ended".to_owned(),
        },
        InteractionStatus::Cancelled => "withdrawn meanwhile".to_owned(),
    };
    format!("It was {how}. Your answer was not recorded.")
}

/// What the whole form says of an answer that was not taken. What was typed stays.
pub fn not_recorded(refusal: &Refusal) -> Faults {
    let mut faults = Faults::default();
    faults.add_whole(format!("Your answer was not recorded. {}", sentence(&plainly(&refusal.problem.detail))));
    faults
}

async fn show(visit: &Visit, seen: &Seen, status: StatusCode, pairs: &Pairs, faults: &Faults) -> Response {
    let led = match context(visit, &seen.found).await {
        Ok(led) => led,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let title = words::question(&seen.found.interaction);
    let body = body(visit, seen, &led, (pairs, faults), None);
    answered(visit, status, View { place: Place::Inbox, title: &title, scripts: &[&KEYS, &ASKED], body })
}

/// `POST /inbox/{id}/reassign`: asks others. Where they cannot be asked, the page says so beside the form; where that is not
/// even offered any more, the refusal stands by itself.
pub async fn reassign(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let path = format!("/v1/interactions/{}/reassign", part(&id));
    let why = match visit.desk.post::<types::Interaction>(&path, &reassign::body(&pairs)).await {
        Ok(_) => return see_other(&format!("../{}", part(&id))),
        Err(why) => why,
    };
    let found = async {
        let seen = seen(&visit, &id).await?;
        let led = context(&visit, &seen.found).await?;
        Ok::<_, Refusal>((seen, led))
    };
    let (seen, led) = match found.await {
        Ok(found) if found.0.may_reassign => found,
        Ok(_) | Err(_) => return refused(&why, &visit.up),
    };
    let title = words::question(&seen.found.interaction);
    let sent = reassign::Refused { pairs: &pairs, why: &why };
    let body = body(&visit, &seen, &led, (&inputs::start(&seen.found), &Faults::default()), Some(&sent));
    answered(&visit, why.status, View { place: Place::Inbox, title: &title, scripts: &[&KEYS], body })
}

fn body(
    visit: &Visit,
    seen: &Seen,
    led: &Context,
    (pairs, faults): (&Pairs, &Faults),
    not_reassigned: Option<&reassign::Refused<'_>>,
) -> Markup {
    let found = &seen.found;
    html! {
        p.crumbs { a href={ (visit.up) "inbox" } { "Inbox" } }
        // Where the form is gone, a refusal has no other place.
        @if seen.has_form() { (inputs::summary(&found.interaction, faults)) } @else { (faults.summary(str::to_owned)) }
        div.two {
            article.card {
                (head(found))
                @if !found.interaction.is_open() { (outcome(visit, seen, led)) }
                (around_answer(found, &own(visit, seen, pairs, faults)))
            }
            aside.side aria-label="What led here" {
                (led.shown(visit, found))
                @if seen.may_reassign { (reassign::form(visit, seen, not_reassigned)) }
                (led.then(visit, found))
            }
        }
    }
}

/// The form, or why there is none.
fn own(visit: &Visit, seen: &Seen, pairs: &Pairs, faults: &Faults) -> Markup {
    let found = &seen.found;
    html! {
        @if seen.has_form() {
            (before(found))
            @let more = Some(seen.in_whose_name(pairs.get("answer_as").unwrap_or_default()));
            @let action = Some(format!("{}inbox/{}", visit.up, part(found.interaction.interaction_id.as_str())));
            (answering(found, pairs, faults, &Around { more, action, several: None }))
        } @else if !found.interaction.is_open() {
            // The list of people has the decision and the comment already.
            @if let Some(mine) = found.mine().0.filter(|mine| people::says_more(found, mine)) {
                section aria-labelledby="own" { h2 #own { "What you answered" } (people::own(found, mine)) }
            }
        } @else if found.keeps_out(&visit.caller.subject) {
            (kept_out())
        } @else {
            div.verdict.wait {
                span aria-hidden="true" { "○" }
                p {
                    @if !seen.may_answer { "You are signed in without the right to answer questions." }
                    @else { "Others are asked, not " bdi { (visit.caller.subject) } ". You can read the question here." }
                }
            }
        }
    }
}

/// How a question ended, and the next one.
fn outcome(visit: &Visit, seen: &Seen, led: &Context) -> Markup {
    let (sign, class) = ended::sign(&seen.found.interaction);
    html! {
        div class={ "verdict " (class) } role="status" {
            span aria-hidden="true" { (sign) }
            p { (ended::how(&seen.found)) }
        }
        p {
            @if let Some((id, question)) = &led.next {
                "Next: " a href={ (visit.up) "inbox/" (part(id)) } { bdi { (question) } }
            } @else {
                "Nothing else waits for you."
            }
        }
    }
}
