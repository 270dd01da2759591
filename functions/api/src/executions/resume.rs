//! Resume: lets a paused execution go on, or answers one of its open interactions.

use super::overlap::{Answering, Arrived};
use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Path, Problem, Routes, Scope, SignedIn,
    executions::{
        control::{control, wrong_status},
        idempotency, read,
        said::said,
        wait,
    },
    limits,
    people::answer::{self, Terms},
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
    event::{Event, Turn},
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
    if let Some(before) = idempotency::done_before(&execution, request.as_ref())? {
        return again(&app, execution, before).await.map(axum::Json);
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

/// What a resume was told that was done before, by the turn of this number.
async fn again(app: &App, execution: Arc<Execution>, seq: u64) -> Answered<ResumeAnswer> {
    let turn = read::turn_at(app, &execution, seq).await?;
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
    let answering = Answering::begin(app, execution.id(), ids(&found), arrived);
    let names = body.interaction_id.is_some() || body.checkpoint.is_some();
    let question = question(execution, found, body.interaction_id.as_deref(), &answering)?;
    let is_below = question.execution.id() != execution.id();
    if is_below && terms.request.is_some() {
        return Err(key_of_another(&question));
    }
    // The checkpoint is that of the execution that the caller named, and was compared with it.
    let terms = if is_below { Terms { checkpoint: None, ..terms } } else { terms };
    let interaction_id = question.interaction.interaction_id.clone();
    let answer_as = body.answer_as.clone();
    let said = answer::signed(caller, answer_as, said(&question.interaction, body)?)?;
    let command = Command::Answer { interaction_id: interaction_id.clone(), answer: Box::new(said) };
    let request = terms.request.clone();
    let done = answer::ask(app, caller, question.execution.id(), command, terms).await?;
    // The caller is shown what the answer led to, as far as that happens soon.
    let did_it = request.and_then(|request| done.state.request(&request.key).map(|before| before.seq));
    let state = match did_it {
        Some(seq) => {
            let turn = read::turn_at(app, &done.state, seq).await?;
            Arc::new(aftermath(app, done.state, &turn).await?)
        }
        None => wait::after_answer(app, execution, done.state, &question.interaction).await?,
    };
    if !names && state.asks_people() {
        arrived.linger(app).await;
    }
    told(app, &state, &interaction_id).await
}

/// The question that a resume answers: the one that it names, or the one of those `found` open, if the caller can have
/// meant it.
///
/// # Errors
/// 404 where the execution never asked it and no descendant asks it now; 409 `no_open_interaction`,
/// `several_open_interactions`, or `moved_on` where the question opened only while another answer was on its way.
fn question(
    execution: &Arc<Execution>,
    mut found: Vec<Question>,
    named: Option<&str>,
    answering: &Answering,
) -> Answered<Question> {
    if let Some(id) = named {
        // One of its own may be over: the rules say how it was decided.
        let own = execution.interaction(id).cloned();
        let own = own.map(|interaction| Question { execution: execution.clone(), interaction });
        let below = || found.into_iter().find(|one| one.interaction.interaction_id.as_str() == id);
        return own.or_else(below).ok_or_else(|| Problem::not_found("interaction of this execution", id));
    }
    let asked = ids(&found);
    let (code, detail) = match (found.pop(), found.is_empty()) {
        (Some(one), true) if answering.means(&one.interaction.interaction_id) => return Ok(one),
        (Some(_), true) => (
            "moved_on",
            "another answer came at the same time, and this question opened because of it: look at it, and name it \
             with `interaction_id`",
        ),
        (None, _) => ("no_open_interaction", "nobody is asked anything at the moment"),
        (Some(_), false) => (
            "several_open_interactions",
            "name one with `interaction_id`, or answer each with POST /v1/interactions/{id}/respond",
        ),
    };
    Err(now_at(Problem::conflict(code, detail), execution, &asked))
}

fn ids(found: &[Question]) -> Vec<InteractionId> {
    found.iter().map(|one| one.interaction.interaction_id.clone()).collect()
}

/// 409 about a key for the answer to a descendant's question: the execution that asks would remember it, and the one
/// that the route names would not know a repeated request.
fn key_of_another(question: &Question) -> Problem {
    let id = question.interaction.interaction_id.as_str();
    let detail =
        format!("a descendant asks this: with an Idempotency-Key, answer by POST /v1/interactions/{id}/respond");
    Problem::conflict("asked_by_a_descendant", &detail).with("interactions", json!([id]))
}

/// Adds to a 409 where the execution is now: its status, its checkpoint, and what it and its descendants ask.
async fn moved_on(app: &App, problem: Problem, execution: &Arc<Execution>) -> Answered<Problem> {
    let found = open(app.host.journal(), execution, limits::QUESTIONS_BELOW).await?;
    Ok(now_at(problem, execution, &ids(&found)))
}

fn now_at(problem: Problem, execution: &Execution, asked: &[InteractionId]) -> Problem {
    let asked: Vec<_> = asked.iter().map(InteractionId::as_str).collect();
    let problem = problem.with("execution_status", execution.status().as_str()).with("interactions", json!(asked));
    problem.with("checkpoint", execution.seq.to_string())
}

/// What an answer led to, as far as that happened within [`limits::WAIT`] of it: the same whenever it is asked, since
/// it is read from the journal. Waits where that time is not over.
async fn aftermath(app: &App, execution: Arc<Execution>, turn: &Turn) -> Answered<Execution> {
    let soon = wait::soon_after(turn.at);
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
