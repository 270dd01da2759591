//! The same answer to several questions that are alike.

use super::{
    one::not_recorded,
    seen::{Seen, seen},
    submit,
};
use crate::{
    answered::see_other,
    desk::{Asked, Refusal, part},
    form::{Faults, Pairs, Shown},
    layout::{Place, View, answered},
    limits,
    look::plainly,
    question::{
        answer::{self, Sent as Typed},
        inputs::{self, Around},
        words,
    },
    refused::{refused, refused_choice},
    session::{Sent, Visit},
    words::{beginning, count, sentence},
};
use api::{
    Params, Problem,
    types::{RespondedItem, RespondedMany, RespondedOutcome, WhyNot},
};
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::interaction::{InteractionKind, InteractionStatus};

/// `GET /inbox/several?interaction=…`: the form. It decides nothing.
pub async fn page(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let mut params: Params = params?;
        let ids = params.take_all("interaction");
        params.done()?;
        Ok::<_, Refusal>(ids)
    };
    let ids = match found.await {
        Err(refusal) => return refused(&refusal, &visit.up),
        Ok(ids) if ids.is_empty() => return see_other("../inbox?none=yes"),
        Ok(ids) => ids,
    };
    let found = several(&visit, &ids).await.and_then(|Chosen { all, left }| match left.into_iter().next() {
        // Whoever chooses anew chooses what can be answered.
        Some(Left { why, question, .. }) => Err(wrong(&format!("{why}: “{question}”. Choose again without it"))),
        None => Ok(all),
    });
    match found {
        Err(refusal) => refused_choice(&refusal, &visit.up, "../inbox", &ids),
        Ok(all) => {
            let pairs = first(&all).map(|one| inputs::start(&one.found)).unwrap_or_default();
            show(&visit, &all, StatusCode::OK, &pairs, &Faults::default())
        }
    }
}

fn first(all: &[Seen]) -> Option<&Seen> {
    all.first()
}

/// Questions that were chosen to be answered together.
struct Chosen {
    /// Those that can be answered, which are alike.
    all: Vec<Seen>,
    /// Those that cannot: each keeps none of the others from being answered.
    left: Vec<Left>,
}

/// A question that is not answered.
struct Left {
    id: String,
    question: String,
    why: String,
}

impl Left {
    /// A question that takes no answer of the visitor.
    fn of(one: &Seen) -> Self {
        let question = beginning(&words::question(&one.found.interaction), limits::ASKED);
        let why = match one.found.interaction.status {
            InteractionStatus::Pending => "you may not answer it",
            InteractionStatus::Answered | InteractionStatus::TimedOut | InteractionStatus::Cancelled => "it is over",
        };
        Self { id: one.found.interaction.interaction_id.to_string(), question, why: why.into() }
    }

    /// A question whose answer the API refused.
    fn refused(all: &[Seen], item: &RespondedItem, error: &WhyNot) -> Self {
        let one = all.iter().find(|one| one.found.interaction.interaction_id.as_str() == item.interaction_id);
        let question = one.map(|one| beginning(&words::question(&one.found.interaction), limits::ASKED));
        let (id, why) = (item.interaction_id.clone(), error.message.clone());
        Self { id, question: question.unwrap_or_default(), why }
    }
}

fn wrong(detail: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail)
}

/// The questions. Those that can be answered must be alike.
async fn several(visit: &Visit, ids: &[String]) -> Asked<Chosen> {
    if ids.is_empty() || ids.len() > limits::TOGETHER {
        let detail = format!("choose 1 to {} questions in the inbox, then answer them together", limits::TOGETHER);
        return Err(wrong(&detail));
    }
    let (mut all, mut left): (Vec<Seen>, Vec<Left>) = (Vec::with_capacity(ids.len()), Vec::new());
    for id in ids {
        let one = match seen(visit, id).await {
            Ok(one) => one,
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND => {
                left.push(Left { id: id.clone(), question: id.clone(), why: refusal.problem.detail.clone() });
                continue;
            }
            Err(refusal) => return Err(refusal),
        };
        let question = beginning(&words::question(&one.found.interaction), limits::ASKED);
        if !one.has_form() {
            left.push(Left::of(&one));
            continue;
        }
        if all.first().is_some_and(|first| shape(first) != shape(&one)) {
            let detail = format!(
                "one answer does not suit all of these: “{question}” asks for something else. Choose questions of one \
                 kind, with the same options or fields"
            );
            return Err(wrong(&detail));
        }
        all.push(one);
    }
    Ok(Chosen { all, left })
}

/// What questions have in common that one answer suits.
#[derive(PartialEq)]
struct Shape<'a> {
    kind: InteractionKind,
    options: Vec<(&'a str, &'a str)>,
    schema: Option<&'a Value>,
    is_about_a_failure: bool,
    /// The tool that has to be named.
    tool: Option<String>,
}

fn shape(one: &Seen) -> Shape<'_> {
    let one = &*one.found.interaction;
    let tool = one.authorization.as_ref().filter(|_| inputs::asks_for_tool(one)).map(words::tool);
    let options = one.options.iter().map(|option| (option.id.as_str(), option.label.as_str())).collect();
    Shape { kind: one.kind, options, schema: one.schema.as_ref(), is_about_a_failure: one.on_error, tool }
}

/// `POST /inbox/several`.
pub async fn send(Sent { visit, mut pairs }: Sent) -> Response {
    let ids: Vec<String> = pairs.all("interaction").map(str::to_owned).collect();
    let whom = pairs.get("answer_as").unwrap_or_default().to_owned();
    pairs.remove("interaction");
    pairs.remove("answer_as");
    let Chosen { all, left } = match several(&visit, &ids).await {
        Err(refusal) => return refused(&refusal, &visit.up),
        Ok(chosen) => chosen,
    };
    let Some(found) = first(&all).map(|one| &one.found) else {
        return outcome(&visit, &left, ids.len());
    };
    // The form comes back without those that take no answer any more, and says so.
    let without = |mut faults: Faults| {
        let gone = left.iter().map(|one| format!("Left out, since {}: “{}”.", one.why, one.question));
        gone.for_each(|told| faults.add_whole(told));
        faults
    };
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    let (answer, names) = match answer::read(&visit.app, found, &pairs).await {
        Typed::Rows(rows) => return show(&visit, &all, StatusCode::OK, &rows, &without(Faults::default())),
        Typed::Wrong(faults) => return show(&visit, &all, unfit, &pairs, &without(faults)),
        Typed::Answer(answer, names) => (answer, names),
    };
    let open = all.iter().map(|one| one.found.interaction.interaction_id.to_string()).collect();
    let body = submit::to_several(open, submit::body(*answer, Some(whom).filter(|whom| !whom.is_empty())));
    let done = match visit.desk.post::<RespondedMany>("/v1/interactions/respond", &body).await {
        Ok(done) => done.items,
        Err(refusal) => return show(&visit, &all, refusal.status, &pairs, &without(not_recorded(&refusal))),
    };
    let failed: Vec<(&RespondedItem, &WhyNot)> = done.iter().filter_map(|item| Some((item, why_not(item)?))).collect();
    if failed.is_empty() && left.is_empty() {
        return see_other(&format!("../inbox?answered={}", done.len()));
    }
    // What fits none of them is said beside the fields, where it can be corrected.
    if let Some((_, error)) = failed.first()
        && failed.len() == done.len()
        && error.code == "invalid_answer"
    {
        return show(&visit, &all, unfit, &pairs, &without(answer::refused(&found.interaction, &error.errors, &names)));
    }
    let failed = failed.into_iter().map(|(item, error)| Left::refused(&all, item, error));
    outcome(&visit, &failed.chain(left).collect::<Vec<_>>(), ids.len())
}

fn why_not(item: &RespondedItem) -> Option<&WhyNot> {
    match &item.outcome {
        RespondedOutcome::Refused { error } => Some(error),
        RespondedOutcome::Done(_) => None,
    }
}

/// The people in whose name all of them may be answered.
fn in_whose_name(all: &[Seen]) -> Markup {
    let Some(one) = first(all) else { return html! {} };
    let common = |person: &&String| all.iter().all(|other| other.others.contains(person));
    let others: Vec<&String> = one.others.iter().filter(common).collect();
    html! {
        @if !others.is_empty() {
            div.field { label for="answer_as" { "Answer as" }
                select #answer_as name="answer_as" {
                    @if all.iter().all(Seen::is_own) { option value="" { "Yourself" } }
                    @for person in others { option value=(person) { (person) } }
                }
            }
        }
    }
}

fn show(visit: &Visit, all: &[Seen], status: StatusCode, pairs: &Pairs, faults: &Faults) -> Response {
    let Some(one) = first(all) else { return see_other("../inbox") };
    let title = format!("Answer {} together", count(all.len() as u64, "question"));
    let ids = all.iter().map(|one| one.found.interaction.interaction_id.as_str());
    let more = html! {
        @for id in ids { input type="hidden" name="interaction" value=(id); }
        (in_whose_name(all))
    };
    let around = Around { more: Some(more), several: Some(all.len()), action: None };
    let body = html! {
        p.crumbs { a href="../inbox" { "Inbox" } }
        (inputs::summary(&one.found.interaction, faults))
        div.two {
            article.card {
                h1 { (title) }
                section aria-labelledby="these" {
                    h2 #these { "These questions" }
                    ol.questions {
                        @for one in all {
                            li { a href=(part(one.found.interaction.interaction_id.as_str())) { bdi { (beginning(&words::question(&one.found.interaction), limits::ASKED)) } }
                                br; span.soft { bdi { (one.found.called) } } }
                        }
                    }
                }
                section aria-labelledby="answer" {
                    h2 #answer { "Your answer to each of them" }
                    @if one.found.interaction.kind == InteractionKind::Review {
                        p.hint { "Each content is taken as it is. To change one, answer it by itself." }
                    }
                    (inputs::form(&one.found, Shown { pairs, faults }, &around))
                }
            }
        }
    };
    answered(visit, status, View { place: Place::Inbox, title: &title, scripts: &[], body })
}

/// Those that were not answered, with why.
fn outcome(visit: &Visit, failed: &[Left], asked_in_all: usize) -> Response {
    let title = format!("{} of {} not answered", failed.len(), count(asked_in_all as u64, "question"));
    let body = html! {
        div.page-head { h1 { (title) } }
        div.scroll { table.list {
            thead { tr { th scope="col" { "Question" } th scope="col" { "Why not" } } }
            tbody { @for one in failed { tr {
                td { a href=(part(&one.id)) { bdi { (one.question) } } }
                td { (sentence(&plainly(&one.why))) }
            } } }
        } }
        p { a href="../inbox" { "Back to the inbox" } }
    };
    let status = if failed.len() == asked_in_all { StatusCode::CONFLICT } else { StatusCode::OK };
    answered(visit, status, View { place: Place::Inbox, title: &title, scripts: &[], body })
}
