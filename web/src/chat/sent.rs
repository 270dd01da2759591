//! The forms of the page: a message, and an answer to what is asked. Each is answered by the page again, or as a stream for
//! the script.

use super::{page::show, seen::seen};
use crate::{
    answered::see_other,
    desk::{Refusal, part, query},
    form::Pairs,
    refused::refused,
    session::{Sent, Visit},
    workflows::key,
};
use api::types::{ChatAnswer, ChatBody, ChatResumeBody};
use axum::{
    extract::Path,
    http::{HeaderValue, Method, header},
    response::Response,
};
use serde_json::Value;

/// Takes a message, and leads to the page with what came of it.
pub async fn say(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let body = message(&pairs);
    let headers = key(pairs.get("key").unwrap_or_default());
    let path = format!("/v1/chat/{}", part(&id));
    match visit.desk.send_with::<ChatAnswer>(Method::POST, &path, headers, &body).await {
        Ok(answer) => see_other(&here(&visit, &id, &answer.session_id)),
        Err(refusal) => again(&visit, &id, &pairs, &refusal).await,
    }
}

/// Takes an answer.
pub async fn answer(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let body = value(&pairs);
    let path = format!("/v1/chat/{}/resume", part(&id));
    match visit.desk.post::<ChatAnswer>(&path, &body).await {
        Ok(answer) => see_other(&here(&visit, &id, &answer.session_id)),
        Err(refusal) => again(&visit, &id, &pairs, &refusal).await,
    }
}

/// Takes either for the script, which reads what happens as a stream.
pub async fn stream(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let (path, body, mut headers) = match pairs.get("value") {
        Some(_) => (format!("/v1/chat/{}/resume", part(&id)), serde_json::to_value(value(&pairs)), key("")),
        None => {
            let key = key(pairs.get("key").unwrap_or_default());
            (format!("/v1/chat/{}", part(&id)), serde_json::to_value(message(&pairs)), key)
        }
    };
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
    visit.desk.pass_on(&path, headers, &body.unwrap_or_default()).await
}

fn message(pairs: &Pairs) -> ChatBody {
    let session_id = pairs.get("session").filter(|session| !session.is_empty()).map(str::to_owned);
    // Browsers send line ends as CR LF.
    ChatBody { message: pairs.get("message").unwrap_or_default().replace("\r\n", "\n"), session_id }
}

fn value(pairs: &Pairs) -> ChatResumeBody {
    ChatResumeBody {
        session_id: pairs.get("session").unwrap_or_default().to_owned(),
        value: Value::String(pairs.get("value").unwrap_or_default().replace("\r\n", "\n")),
    }
}

fn here(visit: &Visit, id: &str, session: &str) -> String {
    format!("{}chat/{}{}", visit.up, part(id), query([("session", session)]))
}

/// The page once more, with what was typed and why it was not taken.
async fn again(visit: &Visit, id: &str, pairs: &Pairs, refusal: &Refusal) -> Response {
    let session = pairs.get("session").filter(|session| !session.is_empty());
    match seen(visit, id, session).await {
        Ok(seen) => show(visit, &seen, refusal.status, pairs.get("message").unwrap_or_default(), Some(refusal)),
        Err(_) => refused(refusal, &visit.up),
    }
}
