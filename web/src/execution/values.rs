//! `GET /executions/{id}/value`: one value whole, as JSON. Pages show the beginning of large ones.

use super::{aim::Aim, seen::Seen};
use crate::{
    desk::{Asked, Refusal},
    refused::refused,
    session::Visit,
};
use api::{Params, Problem, executions::read, types};
use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// The value.
pub async fn whole(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    match found(&visit, &id, params).await {
        Ok(value) => {
            let kind =
                [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (kind, format!("{value:#}\n")).into_response()
        }
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

async fn found(visit: &Visit, id: &str, mut params: Params) -> Asked<Value> {
    let of = params.take("of")?.unwrap_or_default();
    let seen = Seen::of(visit, id, Aim::of(params)?).await?;
    let none = || Refusal::from(Problem::not_found("value", &of));
    let node = match &seen.aim.node {
        Some(id) => Some(seen.workflow.node(id).ok_or_else(none)?),
        None => None,
    };
    let show = |values: &mut types::Values| match (node, of.as_str()) {
        (None, "input") => Some(values.show(&seen.then.started.input)),
        (None, "output") => seen.then.output.as_ref().map(|output| values.show(output)),
        (Some(node), of) => {
            let shown = types::Node::of(&seen.then, &seen.workflow, node, &[], values);
            match of {
                "input" => Some(shown.input),
                "output" => Some(shown.output),
                "agent" => shown.agent.and_then(|agent| serde_json::to_value(agent).ok()),
                "error" => shown.error.and_then(|error| error.details),
                _ => None,
            }
        }
        (None, _) => None,
    };
    read::with_values_in(&visit.app, &seen.then, |_| true, show).await?.ok_or_else(none)
}
