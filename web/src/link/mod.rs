//! The page of one person's link, `/i/{token}`. It needs no sign-in: the token names the person and the question. Reading
//! it decides nothing, whoever reads it; the answer is a form of that page, sent back with the page's own token. While it is
//! open the page asks below its own address whether the question is over, which tells no more than opening it again would.

mod found;
mod over;
mod question;
mod recorded;

use crate::{
    answered::{page, see_other},
    assets,
    form::{Faults, Pairs},
    frame::notice,
    limits,
    look::plainly,
    question::{
        Found,
        answer::{self as sent, Sent},
        ended::meanwhile,
        inputs,
        shown::{asked_of, renewed},
    },
    words::sentence,
};
use api::{Answered, App, Body, Caller, Problem, Rates, Routes, people::answer as rules};
use axum::{
    Extension,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use document::canonical;
use found::find;
use maud::{Markup, html};
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    event::Request,
    id::derive,
    interaction::{Answer, Via},
};

/// `GET` and `POST /i/{token}`, `GET /i/{token}/answer` and `/i/{token}/state`, and what the pages load.
pub fn routes() -> Routes {
    let rates = Arc::new(Rates::new(limits::LINK_PER_SECOND, limits::LINK_AT_ONCE));
    let page = get(open).post(send).layer(DefaultBodyLimit::max(limits::FORM_BYTES));
    let pages =
        Routes::new().route("/i/", get(nobodys)).route("/i/{token}", page).route("/i/{token}/answer", get(own_answer));
    let pages = pages.route("/i/{token}/state", get(state));
    pages.layer(Extension(rates)).merge(assets::routes())
}

/// The question of a link, or the page that is shown in its place.
async fn found(app: &App, rates: &Rates, token: &str, up: &str) -> Result<Found, Response> {
    // Links that this host made are counted each by itself, and all others together: who guesses uses up nothing of what
    // a person may send.
    let is_ours = app.host.links().is_some_and(|links| links.open(token).is_some());
    let counted = if is_ours { document::id::sha256_hex(token.as_bytes()) } else { limits::GUESSES.to_owned() };
    rates.take(&counted).map_err(|problem| trouble(problem, up))?;
    let unknown = || page(StatusCode::NOT_FOUND, over::unknown());
    let found = find(app, token).await.map_err(|problem| trouble(problem, up))?.ok_or_else(unknown)?;
    Ok(found)
}

/// The address of a link without its token.
async fn nobodys() -> Response {
    page(StatusCode::NOT_FOUND, over::unknown())
}

/// Shows the question. It never decides anything.
async fn open(
    State(app): State<Arc<App>>,
    Extension(rates): Extension<Arc<Rates>>,
    Path(token): Path<String>,
) -> Response {
    match found(&app, &rates, &token, "../").await {
        Err(page) => page,
        Ok(found) if is_over(&found) => page(StatusCode::GONE, over::over(&found, "../")),
        Ok(found) => page(StatusCode::OK, question::question(&found, &inputs::start(&found), &Faults::default())),
    }
}

/// Tells an open page that the question takes no answer any more, and how it ended; nothing as long as it does.
async fn state(
    State(app): State<Arc<App>>,
    Extension(rates): Extension<Arc<Rates>>,
    Path(token): Path<String>,
) -> Response {
    match found(&app, &rates, &token, "../../").await {
        Err(page) => page,
        // Who is not asked any more learns nothing of those who are.
        Ok(found) if found.person.is_none() => {
            page(StatusCode::OK, html! { (meanwhile(&found)) (renewed("foot", &recorded::closing())) })
        }
        Ok(found) if is_over(&found) => {
            let parts = html! { (renewed("people", &asked_of(&found))) (renewed("foot", &recorded::closing())) };
            page(StatusCode::OK, html! { (meanwhile(&found)) (parts) })
        }
        Ok(_) => page(StatusCode::NO_CONTENT, html! {}),
    }
}

/// Shows what the person answered.
async fn own_answer(
    State(app): State<Arc<App>>,
    Extension(rates): Extension<Arc<Rates>>,
    Path(token): Path<String>,
) -> Response {
    let found = match found(&app, &rates, &token, "../../").await {
        Err(page) => return page,
        Ok(found) => found,
    };
    match found.mine().0 {
        _ if found.person.is_none() => page(StatusCode::GONE, over::over(&found, "../../")),
        Some(mine) => page(StatusCode::OK, recorded::recorded(&found, &token, mine)),
        None => see_other(&format!("../{token}")),
    }
}

/// Takes the form of the page.
async fn send(
    State(app): State<Arc<App>>,
    Extension(rates): Extension<Arc<Rates>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Answered<Body>,
) -> Response {
    let found = match found(&app, &rates, &token, "../").await {
        Err(page) => return page,
        Ok(found) => found,
    };
    let Body(body) = match body {
        Err(problem) => return trouble(problem, "../"),
        Ok(body) => body,
    };
    if !is_form(&headers) {
        let detail = "send the form of the page, as application/x-www-form-urlencoded";
        return trouble(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail), "../");
    }
    let Some(pairs) = Pairs::read(&body) else {
        let detail = "the form has too many fields: send fewer rows";
        return trouble(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "form_too_large", detail), "../");
    };
    let form_token = pairs.get("form_token").unwrap_or_default();
    if !app.host.links().is_some_and(|links| links.is_form_token(&token, form_token)) {
        let detail = "this form did not come from the page of the link: open the link again, and answer there";
        return trouble(Problem::new(StatusCode::FORBIDDEN, "form_token", detail), "../");
    }
    if found.person.is_none() {
        return page(StatusCode::GONE, over::over(&found, "../"));
    }
    take(&app, &found, &token, &pairs).await
}

/// Hands an answer to the rules, by the same way as every answer. A question that is over is handed on too: they alone
/// know whether the answer is the one that ended it, sent by a second click.
async fn take(app: &App, found: &Found, token: &str, pairs: &Pairs) -> Response {
    let again = |status: StatusCode, pairs: &Pairs, faults: &Faults| match is_over(found) {
        true => page(StatusCode::GONE, over::over(found, "../")),
        false => page(status, question::question(found, pairs, faults)),
    };
    let (answer, names) = match sent::read(app, found, pairs).await {
        Sent::Rows(pairs) => return again(StatusCode::OK, &pairs, &Faults::default()),
        Sent::Wrong(faults) => return again(StatusCode::UNPROCESSABLE_ENTITY, pairs, &faults),
        Sent::Answer(answer, names) => (answer, names),
    };
    let problem = match ask(app, found, pairs.get("seen").unwrap_or_default(), *answer).await {
        Ok(()) => return see_other(&format!("{token}/answer")),
        Err(problem) => problem,
    };
    // Somebody else may be asked in this person's place since the page was read.
    if problem.code() == "forbidden"
        && let Ok(Some(now)) = find(app, token).await
        && is_over(&now)
    {
        return page(StatusCode::GONE, over::over(&now, "../"));
    }
    match problem.code() {
        // Somebody else was first, or the time ran out meanwhile.
        "already_decided" => match find(app, token).await {
            Ok(Some(now)) => page(StatusCode::GONE, over::over(&now, "../")),
            Ok(None) => page(StatusCode::NOT_FOUND, over::unknown()),
            Err(problem) => trouble(problem, "../"),
        },
        "invalid_answer" => {
            let faults = sent::refused(&found.interaction, problem.errors(), &names);
            again(StatusCode::UNPROCESSABLE_ENTITY, pairs, &faults)
        }
        // What the person typed must not be lost because the store is busy, or the execution paused.
        _ => {
            let mut faults = Faults::default();
            faults.add_whole(format!("Your answer was not recorded. {}", sentence(&plainly(problem.detail()))));
            let mut response = again(problem.status(), pairs, &faults);
            keep_retry(problem, &mut response);
            response
        }
    }
}

async fn ask(app: &App, found: &Found, seen: &str, said: Answer) -> Result<(), Problem> {
    let person = found.person.as_deref().unwrap_or_default();
    let caller = Caller { via: Via::Link, ..Caller::by_link(&found.execution.started.owner, person) };
    // Two clicks are one answer: a form is known by what it said, and by how many answers its page had seen.
    let id = found.interaction.interaction_id.clone();
    let hash = canonical::sha256(&said);
    let said = rules::signed(app, &caller, None, said).await?;
    let key = derive(&["link", id.as_str(), &person.to_ascii_lowercase(), seen, &hash]);
    let terms = rules::Terms { request: Some(Request { key, hash }), ..rules::Terms::default() };
    let command = Command::Answer { interaction_id: id, answer: Box::new(said) };
    rules::ask(app, &caller, found.execution.id(), command, terms).await.map(|_| ())
}

fn is_over(found: &Found) -> bool {
    found.person.is_none() || !found.interaction.is_open()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The page of a request that was not carried out.
fn trouble(problem: Problem, up: &str) -> Response {
    let title = match problem.status() {
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        StatusCode::PAYLOAD_TOO_LARGE => "Your answer is too long",
        StatusCode::FORBIDDEN => "Your answer was not taken",
        status if status.is_server_error() => "Something went wrong",
        _ => "This cannot be done",
    };
    let words: Markup = html! { p { (sentence(&plainly(problem.detail()))) } };
    let mut response = page(problem.status(), notice(title, &words, up));
    keep_retry(problem, &mut response);
    response
}

/// Keeps the header that says when to try again.
fn keep_retry(problem: Problem, response: &mut Response) {
    let headers = problem.into_response().headers().clone();
    if let Some(after) = headers.get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, after.clone());
    }
}
