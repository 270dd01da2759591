//! `GET` and `POST /workflows/{id}/delete`: deletes a workflow, once that is confirmed.

use super::read::{may, version_of};
use crate::{
    answered::see_other,
    desk::{Refusal, part},
    layout::{Place, View, answered, token},
    refused::{not_done, refused},
    session::{Sent, Visit},
};
use api::{Params, Scope};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::html;

/// What is about to be done.
pub async fn show(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    match params.done() {
        Ok(()) => ask(&visit, &id, None).await,
        Err(problem) => refused(&problem.into(), &visit.up),
    }
}

/// The page that asks, with why it was not done.
async fn ask(visit: &Visit, id: &str, refusal: Option<&Refusal>) -> Response {
    let read = async {
        if !may(visit, Scope::Admin) {
            let detail = "deleting a workflow needs the scope `admin`";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "missing_scope", detail));
        }
        version_of(visit, id, None).await
    };
    let workflow = match read.await {
        Ok(workflow) => workflow,
        Err(why) => return refused(refusal.unwrap_or(&why), &visit.up),
    };
    let address = format!("{}workflows/{}", visit.up, part(&workflow.id));
    let body = html! {
        article.card.narrow {
            h1 { "Delete " bdi { (workflow.name) } "?" }
            p { "Nothing will start it any more: no form, no schedule, no event, no webhook." }
            p { "Its executions go on and keep what they have, and its versions can still be read. Saving a document with the \
                 id " code { bdi { (workflow.id) } } " brings it back." }
            form method="post" action={ (address) "/delete" } {
                (token(visit))
                (not_done(refusal, &html! {}))
                div.actions {
                    button.danger { "Delete the workflow" }
                    a.button href=(address) { "Keep it" }
                }
            }
        }
    };
    let title = format!("Delete {}", workflow.name);
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    answered(visit, status, View { place: Place::Workflows, title: &title, scripts: &[], body })
}

/// Deletes it.
pub async fn delete(Path(id): Path<String>, Sent { visit, .. }: Sent) -> Response {
    match visit.desk.delete(&format!("/v1/workflows/{}", part(&id))).await {
        Ok(()) => see_other(&format!("{}workflows", visit.up)),
        Err(refusal) => ask(&visit, &id, Some(&refusal)).await,
    }
}
