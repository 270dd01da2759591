//! The same answer to several questions that are alike.

use super::{interactions::asking, respond::answered};
use crate::{Answered, App, Caller, NoParams, Problem, Responder, Routes, limits, types};
use axum::{extract::State, http::HeaderMap};
use std::{collections::BTreeSet, sync::Arc};
use stepwell_core::{
    execution::Execution,
    interaction::{Interaction, InteractionKind},
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(respond_many))
}

/// Answer several questions that are alike in one way: of one kind and, where they are decisions, with the same options.
/// Each is answered by itself, in the order of their ids: what refuses one of them keeps no other from being answered.
#[utoipa::path(post, path = "/v1/interactions/respond", operation_id = "respond_to_many", tag = "interactions",
    security(("bearer" = [])), request_body = types::AnswersBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key answers each question once")),
    responses((status = 200, body = types::RespondedMany, description = "What became of each answer"),
        types::Refused))]
async fn respond_many(
    caller: Responder,
    State(app): State<Arc<App>>,
    _: NoParams,
    headers: HeaderMap,
    crate::Json(body): crate::Json<types::AnswersBody>,
) -> Answered<axum::Json<types::RespondedMany>> {
    let (ids, body) = body.split();
    fit(&ids)?;
    let found = alike(&app, &caller, &ids).await?;
    let mut items = Vec::with_capacity(ids.len());
    for (id, execution) in ids.into_iter().zip(found) {
        let done = match execution {
            Ok(execution) => answered(&app, &caller, &headers, (&execution, &id), body.clone()).await,
            Err(problem) => Err(problem),
        };
        items.push(types::RespondedItem::of(id, done));
    }
    Ok(axum::Json(types::RespondedMany { items }))
}

/// Checks the ids by themselves.
fn fit(ids: &[String]) -> Result<(), Problem> {
    let refuse = |message: String, hint| Err(Problem::field("invalid_field", "/interaction_ids", message, hint));
    let most = limits::ANSWERS_AT_ONCE;
    if ids.is_empty() || ids.len() > most {
        let message = format!("{} questions cannot be answered at once", ids.len());
        return refuse(message, "name 1 to 100 questions");
    }
    let mut seen = BTreeSet::new();
    match ids.iter().find(|id| !seen.insert(id.as_str())) {
        Some(twice) => refuse(format!("{twice} is named twice"), "name each question once"),
        None => Ok(()),
    }
}

/// The executions that ask, each found or the problem with its question. Nothing is answered where the questions that
/// were found differ: one answer cannot mean the same to them.
async fn alike(app: &App, caller: &Caller, ids: &[String]) -> Answered<Vec<Answered<Arc<Execution>>>> {
    let mut all = Vec::with_capacity(ids.len());
    let mut first: Option<(String, Shape)> = None;
    for id in ids {
        let found = asking(app, caller, id).await;
        let shape = found.as_ref().ok().and_then(|execution| execution.interaction(id)).map(|one| Shape::of(one));
        match (&first, shape) {
            (Some((other, expected)), Some(shape)) if *expected != shape => {
                let message = format!("{id} ({}) and {other} ({}) are not alike", shape.0, expected.0);
                let hint = "answer questions of one kind, and with the same options, at once; the others by themselves";
                return Err(Problem::field("not_alike", "/interaction_ids", message, hint));
            }
            (None, Some(shape)) => first = Some((id.clone(), shape)),
            (_, _) => {}
        }
        all.push(found);
    }
    Ok(all)
}

/// What questions have in common that one answer suits: the kind, and the options by their ids and by what people read.
#[derive(PartialEq)]
struct Shape(InteractionKind, BTreeSet<(String, String)>);

impl Shape {
    fn of(one: &Interaction) -> Self {
        Self(one.kind, one.options.iter().map(|option| (option.id.clone(), option.label.clone())).collect())
    }
}
