//! `GET /inbox/{id}/state`: tells the open page of a question that it takes no answer of its reader any more. It says nothing
//! as long as it does.

use super::seen::seen;
use crate::{
    answered::page_of_session,
    look::status,
    question::{
        ended::meanwhile,
        shown::{asked_of, renewed},
    },
    refused::refused,
    session::Visit,
};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::html;

/// Nothing, or how the question ended.
pub async fn state(visit: Visit, Path(id): Path<String>) -> Response {
    match seen(&visit, &id).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(seen) if seen.has_form() => page_of_session(StatusCode::NO_CONTENT, html! {}),
        Ok(seen) => {
            let found = &seen.found;
            let state = html! { span data-part="state" { (status(found.execution.status())) } };
            let parts = html! {
                (meanwhile(found))
                (renewed("people", &asked_of(found)))
                (renewed("state", &state))
                @if !seen.may_reassign { (renewed("reassign", &html! {})) }
            };
            page_of_session(StatusCode::OK, parts)
        }
    }
}
