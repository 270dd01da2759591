//! Resume: lets a paused execution go on, or answers one of its open interactions.

use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Path, Problem, Routes, Scope, SignedIn,
    executions::{
        control::{control, wrong_status},
        idempotency,
        meant::{moved_on, question, tellable},
        read,
        said::said,
        wait,
    },
    limits,
    people::answer::{self, Terms},
    request::arrived::Arrived,
    types::{self, Ended, ResumeAnswer, ResumeBody, Resumed, WentOn},
};
use axum::{extract::State, http::HeaderMap};
use document::time::Time;
use engine::questions::{Question, open};
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    error::Rejection,
    event::{Event, Request, Turn},
    execution::{Execution, Status},
    id::InteractionId,
    view,
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(resume))
}

/// Whether a body answers an interaction, rather than ends a pause.
fn answers(body: &ResumeBody) -> bool {
    let says = body.approved.is_some() || body.resume_data.is_some() || body.output_port.is_some();
    says || body.comment.is_some() || body.interaction_id.is_some()
}

/// Whether a body says which question it answers, or at which checkpoint its caller has seen it.
fn names(body: &ResumeBody) -> bool {
    body.interaction_id.is_some() || body.checkpoint.is_some()
}

/// Go on after a pause, or answer the one open question and wait up to 25 seconds for what follows.
///
/// An answer that names no question by `interaction_id` goes to the one that was open when the request came.
#[utoipa::path(post, path = "/v1/executions/{id}/resume", operation_id = "resume", tag = "executions",
    security(("bearer" = [])), request_body = types::ResumeBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key resumes once")),
    responses(
        (status = 200, body = types::ResumeAnswer),
        types::Conflict,
        types::Refused))]
async fn resume(
    arrived: Arrived,
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<ResumeBody>,
) -> Answered<axum::Json<ResumeAnswer>> {
    // An answer needs the scope of answers, through whichever route it comes.
    caller.require(if answers(&body) { Scope::Respond } else { Scope::Run })?;
    let execution = app.execution(&caller.owner, &id).await?;
    let request = idempotency::request(&headers, &caller, &format!("/v1/executions/{id}/resume"), &body)?;
    if let Some(before) = done_before(&execution, request.as_ref())? {
        let told = again(&app, execution.clone(), before).await?;
        told_apart(&app, names(&body), &execution, &execution).await;
        return Ok(axum::Json(told));
    }
    let checkpoint = body.checkpoint.map(|seen| seen.0);
    if checkpoint.is_some_and(|seen| seen != execution.seq) {
        return Err(moved_on(&app, Rejection::MovedOn(execution.seq).into(), &execution).await?);
    }
    let terms = Terms { request, checkpoint, ..Terms::default() };
    if answers(&body) {
        let resumed = answer_one(&app, &caller, &execution, body, terms, &arrived).await?;
        return Ok(axum::Json(ResumeAnswer::Resumed(Box::new(resumed))));
    }
    if execution.paused && !execution.status().is_terminal() {
        let shown = control(&app, &caller, &execution, Control::Resume, body.reason, terms).await?;
        return Ok(axum::Json(went_on(shown, Some(Ended::Paused))));
    }
    // A resume that is repeated, or that finds the execution running, has nothing to do, and is no error.
    if execution.status() == Status::Running || resumed_before(&app, &execution).await? {
        return Ok(axum::Json(went_on(read::execution(&app, &execution).await?, None)));
    }
    if execution.status() != Status::WaitingHuman {
        return Err(wrong_status(&execution));
    }
    // A reason says something to whoever asks, and is refused in the words of an answer.
    if body.reason.is_some() {
        caller.require(Scope::Respond)?;
        let resumed = answer_one(&app, &caller, &execution, body, terms, &arrived).await?;
        return Ok(axum::Json(ResumeAnswer::Resumed(Box::new(resumed))));
    }
    // A resume without an answer must never decide a question: the caller is told what to send.
    let detail = "it waits for a person: send the answer, such as {\"approved\": true}; {} never answers";
    Err(moved_on(&app, Problem::conflict("waits_for_an_answer", detail), &execution).await?)
}

fn went_on(execution: types::Execution, resumed: Option<Ended>) -> ResumeAnswer {
    ResumeAnswer::Execution(Box::new(WentOn { resumed, execution }))
}

/// The number of the turn by which a request was done before; None where it was not.
///
/// # Errors
/// 422 where another request was done under its key.
fn done_before(execution: &Execution, request: Option<&Request>) -> Answered<Option<u64>> {
    let Some(request) = request else { return Ok(None) };
    match execution.request(&request.key) {
        Some(before) if before.request.hash == request.hash => Ok(Some(before.seq)),
        Some(_) => Err(Rejection::KeyReused.into()),
        None => Ok(None),
    }
}

/// What a resume was told that was done before, by the turn of this number.
async fn again(app: &App, execution: Arc<Execution>, seq: u64) -> Answered<ResumeAnswer> {
    let turn = turn_at(app, &execution, seq).await?;
    match turn.events.iter().find_map(answered) {
        Some(question) => {
            let state = aftermath(app, execution, &turn).await?;
            Ok(ResumeAnswer::Resumed(Box::new(told(app, &state, question).await?)))
        }
        None => {
            let then = read::state_at(app, &execution, seq).await?;
            Ok(went_on(read::execution(app, &then).await?, Some(Ended::Paused)))
        }
    }
}

async fn turn_at(app: &App, execution: &Execution, seq: u64) -> Answered<Turn> {
    let turns = app.host.journal().turns_lean(execution.id(), seq.saturating_sub(1), 1).await?;
    turns.into_iter().next().ok_or_else(Problem::internal)
}

/// The interaction that a person answered by this event.
fn answered(event: &Event) -> Option<&InteractionId> {
    match event {
        Event::InteractionVoted { interaction_id, .. }
        | Event::InteractionClosed { interaction_id, response: Some(_), .. } => Some(interaction_id),
        _ => None,
    }
}

/// Whether a live execution was resumed after it was last paused or opened an interaction: then a further resume
/// repeats the one before. Reads the latest [`limits::TURNS_PER_READ`] turns only.
async fn resumed_before(app: &App, execution: &Execution) -> Answered<bool> {
    if execution.status().is_terminal() {
        return Ok(false);
    }
    let after = execution.seq.saturating_sub(limits::TURNS_PER_READ as u64);
    let turns = app.host.journal().turns_lean(execution.id(), after, limits::TURNS_PER_READ).await?;
    let events = turns.iter().rev().flat_map(|turn| turn.events.iter().rev());
    let mut asked = events.filter_map(|event| match event {
        Event::ExecutionResumed { .. } => Some(true),
        Event::ExecutionPaused { .. } | Event::InteractionOpened { .. } => Some(false),
        Event::ChildrenAsked { asking, .. } if !asking.is_empty() => Some(false),
        _ => None,
    });
    Ok(asked.next().unwrap_or(false))
}

/// Answers an interaction of an execution or of a descendant, and waits up to [`limits::WAIT`] for what follows.
///
/// # Errors
/// Those of [`question`], and what the rules refuse.
async fn answer_one(
    app: &App,
    caller: &Caller,
    execution: &Arc<Execution>,
    body: ResumeBody,
    terms: Terms,
    arrived: &Arrived,
) -> Answered<Resumed> {
    let found = open(app.host.journal(), execution, limits::QUESTIONS_BELOW).await?;
    let named = (body.interaction_id.as_deref(), terms.checkpoint.is_some());
    let question = question(execution, found, named, arrived.0)?;
    let is_below = question.execution.id() != execution.id();
    // The checkpoint of the execution tells nothing of what its descendants ask.
    let names = body.interaction_id.is_some() || (terms.checkpoint.is_some() && !is_below);
    if is_below && terms.request.is_some() {
        return Err(key_of_another(&question));
    }
    // The checkpoint is that of the execution that the caller named, and was compared with it.
    let terms = if is_below { Terms { checkpoint: None, ..terms } } else { terms };
    let interaction_id = question.interaction.interaction_id.clone();
    let said = answer::signed(caller, body.answer_as.clone(), said(&question.interaction, body)?)?;
    let command = Command::Answer { interaction_id: interaction_id.clone(), answer: Box::new(said) };
    let request = terms.request.clone();
    let asking = answer::ask(app, caller, question.execution.id(), command, terms).await?.state;
    // The caller is shown what the answer led to, as far as that happens soon.
    let did_it = request.and_then(|request| asking.request(&request.key).map(|before| before.seq));
    let state = match did_it {
        Some(seq) => {
            let turn = turn_at(app, &asking, seq).await?;
            Arc::new(aftermath(app, asking.clone(), &turn).await?)
        }
        None => wait::after_answer(app, execution, asking.clone(), &question.interaction).await?,
    };
    told_apart(app, names, &asking, &state).await;
    told(app, &state, &interaction_id).await
}

/// Waits until a caller who named nothing may be told of the execution in which and of the one for which a question was
/// answered. Where that has ended, nothing more is asked.
async fn told_apart(app: &App, names: bool, asking: &Execution, state: &Execution) {
    if !names && state.end.is_none() {
        tellable(app, [asking, state]).await;
    }
}

/// 409 about a key for the answer to a descendant's question: the execution that asks would remember it, and the one
/// that the route names would not know a repeated request.
fn key_of_another(question: &Question) -> Problem {
    let id = question.interaction.interaction_id.as_str();
    let detail =
        format!("a descendant asks this: with an Idempotency-Key, answer by POST /v1/interactions/{id}/respond");
    Problem::conflict("asked_by_a_descendant", &detail).with("interactions", json!([id]))
}

fn soon_after(at: Time) -> Time {
    at.after_seconds(limits::WAIT.as_secs_f64())
}

/// What an answer led to, as far as that happened within [`limits::WAIT`] of it: the same whenever it is asked, since
/// it is read from the journal. Waits where that time is not over.
async fn aftermath(app: &App, execution: Arc<Execution>, turn: &Turn) -> Answered<Execution> {
    let soon = soon_after(turn.at);
    let (then, settled) = settled_by(app, &execution, turn.seq, soon).await?;
    let left = soon.since(app.host.now());
    if settled || left.is_zero() {
        return Ok(then);
    }
    let execution = wait::until(app, execution, left.min(limits::WAIT), |state| wait::settled(state, soon)).await?;
    settled_by(app, &execution, turn.seq, soon).await.map(|(then, _)| then)
}

/// The first state from a turn on in which nothing more happens by itself before `soon`, and whether there is one; else
/// the last state before then.
async fn settled_by(app: &App, execution: &Execution, seq: u64, soon: Time) -> Answered<(Execution, bool)> {
    let mut turns = read::turns_to(app, execution, u64::MAX).await?;
    if let Some(late) = turns.iter().position(|turn| turn.seq > seq && turn.at > soon) {
        turns.truncate(late);
    }
    let workflow = app.workflow(execution).await?;
    let mut settled = false;
    let then = read::first_state(app, execution.id(), &workflow, &turns, |turn, state| {
        settled = turn.seq >= seq && wait::settled(state, soon);
        settled
    });
    let then = then.await?;
    Ok((then, settled))
}

/// Tells what an answer to a question led to.
async fn told(app: &App, state: &Execution, question: &InteractionId) -> Answered<Resumed> {
    let workflow = app.workflow(state).await?;
    let status = state.status();
    Ok(Resumed {
        execution_id: state.id().to_string(),
        resumed: Ended::Interaction,
        interaction_id: question.to_string(),
        status,
        message: view::message(state, &workflow),
        completed: status == Status::Completed,
        paused_again: matches!(status, Status::WaitingHuman | Status::Paused),
        remaining_nodes: view::remaining_nodes(state, &workflow).iter().map(ToString::to_string).collect(),
    })
}
