//! Rollback and backtrack: an execution goes back to a checkpoint, and what it did since is undone.

use crate::{
    Answered, App, Caller, Json, MaybeJson, NoParams, Params, Path, Problem, Routes, Runner,
    executions::{
        control::root_alone,
        idempotency,
        patch::in_the_way,
        read,
        requester::{may_alter, may_go_back},
        wait,
    },
    limits,
    types::{
        BackAnswer, BacktrackBody, CheckpointId, Conflict, Refused, RestoredState, RollbackBody, Seen, Undone,
        WentBack, WouldGoBack,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use engine::rollback::{Refused as Back, preview, roll_back_seen, to_node};
use std::sync::Arc;
use stepwell_core::{
    error::Rejection,
    event::{Event, Request, Turn},
    execution::Execution,
    id::child_id,
    rollback::{Plan, Rollback, Unreachable, What},
    view,
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(rollback)).routes(routes!(backtrack))
}

/// Go back to a checkpoint: what was done since is compensated, the latest first, and the execution goes on from there.
/// Waits up to 25 seconds for that.
#[utoipa::path(post, path = "/v1/executions/{id}/rollback", operation_id = "rollback", tag = "executions",
    security(("bearer" = [])), request_body = RollbackBody,
    params(("id" = String, Path),
        ("checkpoint_id" = Option<String>, Query, description = "The checkpoint, where the body has none"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key goes back once")),
    responses((status = 200, body = BackAnswer), Conflict, Refused))]
async fn rollback(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<RollbackBody>,
) -> Answered<axum::Json<BackAnswer>> {
    let asked = params.take("checkpoint_id")?.map(CheckpointId);
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    let checkpoint = one_of(body.checkpoint_id.clone(), asked)?;
    let body = RollbackBody { checkpoint_id: Some(checkpoint.clone()), ..body };
    let request = idempotency::request(&headers, &caller, &format!("/v1/executions/{id}/rollback"), &body)?;
    if let Some(before) = idempotency::done_before(&execution, request.as_ref())? {
        return told(&app, execution, before).await;
    }
    root_alone(&app, &execution, "roll back").await?;
    let to = number_of(&checkpoint)?;
    let compensate = body.compensate.unwrap_or(true);
    let wanted = Rollback { compensate, reason: body.reason, ..Rollback::to(to) };
    go_back(&app, &caller, execution, wanted, (body.dry_run, body.checkpoint), request).await
}

/// Go back to before the latest visit of a node, whose input may be replaced, and run it again. Waits up to 25 seconds for
/// what is undone.
#[utoipa::path(post, path = "/v1/executions/{id}/backtrack", operation_id = "backtrack", tag = "executions",
    security(("bearer" = [])), request_body = BacktrackBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key goes back once")),
    responses((status = 200, body = BackAnswer), Conflict, Refused))]
async fn backtrack(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    Json(body): Json<BacktrackBody>,
) -> Answered<axum::Json<BackAnswer>> {
    let execution = app.execution(&caller.owner, &id).await?;
    let request = idempotency::request(&headers, &caller, &format!("/v1/executions/{id}/backtrack"), &body)?;
    if let Some(before) = idempotency::done_before(&execution, request.as_ref())? {
        return told(&app, execution, before).await;
    }
    root_alone(&app, &execution, "backtrack").await?;
    let workflow = app.workflow(&execution).await?;
    let Some(node) = workflow.node(&body.node) else {
        let hint = "name a node of the execution's workflow";
        return Err(Problem::field("unknown_node", "/node", "the workflow has no such node", hint));
    };
    if body.input.is_some() {
        may_alter(&app, &caller, &execution, &workflow).await?;
    }
    let wanted = to_node(&workflow, &execution, &node.id, body.input).map_err(unreachable)?;
    let wanted = Rollback { compensate: body.compensate.unwrap_or(true), reason: body.reason, ..wanted };
    go_back(&app, &caller, execution, wanted, (body.dry_run, body.checkpoint), request).await
}

/// The number of a checkpoint.
///
/// # Errors
/// 404 where it names none.
pub(crate) fn number_of(checkpoint: &CheckpointId) -> Answered<u64> {
    checkpoint.number().ok_or_else(|| {
        let detail = "this `checkpoint_id` is no number: the execution's history shows its checkpoints";
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    })
}

/// The checkpoint that a request names, which may stand in two places.
///
/// # Errors
/// 422 where it stands in none, or in both and differs.
fn one_of(body: Option<CheckpointId>, query: Option<CheckpointId>) -> Answered<CheckpointId> {
    match (body, query) {
        (Some(one), Some(other)) if one != other => {
            let hint = "give it once";
            let message = "the query names another checkpoint than the body";
            Err(Problem::field("contradiction", "/checkpoint_id", message, hint))
        }
        (Some(one), _) | (None, Some(one)) => Ok(one),
        (None, None) => {
            let hint = "add this field: the execution's history shows its checkpoints";
            Err(Problem::field("missing_field", "/checkpoint_id", "missing field `checkpoint_id`", hint))
        }
    }
}

/// Goes back, or tells what that would do; neither where the execution is no longer at the checkpoint that the caller has seen.
async fn go_back(
    app: &App,
    caller: &Caller,
    execution: Arc<Execution>,
    wanted: Rollback,
    (dry_run, seen): (Option<bool>, Option<Seen>),
    request: Option<Request>,
) -> Answered<axum::Json<BackAnswer>> {
    let (id, to, seen) = (execution.id().clone(), wanted.to, seen.map(|seen| seen.0));
    if seen.is_some_and(|seen| seen != execution.seq) {
        return Err(Rejection::MovedOn(execution.seq).into());
    }
    may_go_back(app, caller, &execution, to).await?;
    if dry_run == Some(true) {
        let would = preview(&*app.host, &id, &wanted).await?.map_err(|back| refused(back, &execution))?;
        return Ok(axum::Json(BackAnswer::Would(Box::new(WouldGoBack::of(&execution, to, would)))));
    }
    match roll_back_seen(&*app.host, &id, wanted, Some(caller.subject.clone()), request, seen).await? {
        Ok(submitted) => {
            let seq = submitted.state.seq;
            told(app, submitted.state, seq).await
        }
        // The same request came twice at once.
        Err(Back::Rejected(Rejection::Repeated(seq))) => {
            told(app, app.execution(&caller.owner, id.as_str()).await?, seq).await
        }
        Err(back) => Err(refused(back, &execution)),
    }
}

pub(crate) fn refused(back: Back, execution: &Execution) -> Problem {
    match back {
        Back::Unreachable(why) => unreachable(why),
        Back::InTheWay(obstacles) => in_the_way(&obstacles),
        Back::Rejected(rejection) => rejection.into(),
        Back::Missing => Problem::not_found("execution", execution.id().as_str()),
    }
}

fn unreachable(why: Unreachable) -> Problem {
    let detail = why.to_string();
    match why {
        Unreachable::Missing(_) => Problem::new(StatusCode::NOT_FOUND, "not_found", detail),
        Unreachable::Ahead { newest, .. } => {
            let hint = "give one that the execution's history shows";
            Problem::field("checkpoint_ahead", "/checkpoint_id", detail, hint).with("checkpoint", newest.to_string())
        }
        Unreachable::LeftBehind(_) => Problem::conflict("outside_lineage", detail),
        Unreachable::Ended(_) => Problem::conflict("checkpoint_ended", detail),
        Unreachable::NotVisited(_) | Unreachable::Shared { .. } => Problem::conflict("not_visited", detail),
        Unreachable::DecidedAtOnce(_) => Problem::field("unexpected_input", "/input", detail, "leave this field out"),
        Unreachable::Broken(why) => {
            tracing::error!(%why, "recorded turns do not fold");
            Problem::internal()
        }
    }
}

/// What a rollback that began with the turn of this number came to within [`limits::WAIT`] of it: the same whenever it is
/// asked, since it is read from the journal. Waits where that time is not over.
async fn told(app: &App, execution: Arc<Execution>, seq: u64) -> Answered<axum::Json<BackAnswer>> {
    let begun = read::turn_at(app, &execution, seq).await?;
    let (rollback, epoch, plan) = begun.events.iter().find_map(rolled).ok_or_else(Problem::internal)?;
    let soon = wait::soon_after(begun.at);
    let left = soon.since(app.host.now()).min(limits::WAIT);
    let execution = wait::until(app, execution, left, |state| is_over(state, epoch)).await?;
    let mut turns = read::turns_to(app, &execution, u64::MAX).await?;
    turns.retain(|turn| turn.seq <= seq || turn.at <= soon);
    let there = |turn: &Turn, state: &Execution| turn.seq >= seq && is_over(state, epoch);
    let then = read::first_state(app, &execution, &turns, there).await?;
    let workflow = app.workflow(&then).await?;
    let since: Vec<&Event> =
        turns.iter().filter(|turn| (seq..=then.seq).contains(&turn.seq)).flat_map(|turn| &turn.events).collect();
    let success = then.epoch == epoch && since.iter().any(|event| matches!(event, Event::RolledBack { .. }));
    let compensated = undone(&then, plan, &since);
    let message = view::message(&then, &workflow);
    let back = match compensated.len() {
        0 => format!("Back at checkpoint {}. {message}", rollback.to),
        1 => format!("Back at checkpoint {}, with 1 thing undone. {message}", rollback.to),
        many => format!("Back at checkpoint {}, with {many} things undone. {message}", rollback.to),
    };
    Ok(axum::Json(BackAnswer::Went(Box::new(WentBack {
        execution_id: then.id().to_string(),
        status: then.status(),
        success,
        checkpoint_id: rollback.to.to_string(),
        message: if success { back } else { message },
        restored_state: plan.point.as_deref().map(RestoredState::from).unwrap_or_default(),
        compensated,
    }))))
}

/// The rollback that an event begins.
fn rolled(event: &Event) -> Option<(&Rollback, u32, &Plan)> {
    match event {
        Event::RollbackBegun { rollback, epoch, plan } => Some((rollback, *epoch, plan)),
        _ => None,
    }
}

/// Whether nothing more comes of a rollback by itself: it is done, ended, stuck or paused, or another one took its place.
fn is_over(state: &Execution, epoch: u32) -> bool {
    let goes_on = state.rolling.is_some() && state.stuck.is_none() && !state.paused && state.end.is_none();
    state.epoch > epoch || !goes_on
}

/// What was undone: as many things of the plan, in its order, as events say.
fn undone(execution: &Execution, plan: &Plan, since: &[&Event]) -> Vec<Undone> {
    let done = since.iter().filter_map(|event| match event {
        Event::Compensated { skipped, .. } => Some(*skipped),
        _ => None,
    });
    let told = |(undo, skipped): (&stepwell_core::rollback::Undo, bool)| Undone {
        node: undo.activation.node.to_string(),
        visit: undo.activation.visit,
        child: match undo.what {
            What::Child { attempt, index, .. } => {
                Some(child_id(execution.id(), &undo.activation, attempt, index).to_string())
            }
            What::Node { .. } => None,
        },
        skipped,
    };
    plan.undo.iter().zip(done).map(told).collect()
}
