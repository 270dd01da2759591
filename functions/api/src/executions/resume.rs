//! Resume: lets a paused execution go on, or answers its one open interaction.

use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Path, Problem, Routes, Scope, SignedIn,
    executions::{
        control::{control, wrong_status},
        read, wait,
    },
    limits,
    people::answer,
    types::{self, ResumeAnswer, ResumeBody, Resumed},
};
use axum::extract::State;
use engine::questions::{Question, open};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    error::{Reason, Rejection},
    event::Event,
    execution::{Execution, Status},
    interaction::{Answer, Interaction, InteractionKind},
    view,
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(resume))
}

/// Whether a body answers an interaction, rather than ends a pause.
fn answers(body: &ResumeBody) -> bool {
    body.approved.is_some() || body.resume_data.is_some() || body.output_port.is_some() || body.comment.is_some()
}

/// Go on after a pause, or answer the one open question and wait up to 25 seconds for what follows.
#[utoipa::path(post, path = "/v1/executions/{id}/resume", operation_id = "resume", tag = "executions",
    security(("bearer" = [])), request_body = types::ResumeBody, params(("id" = String, Path)),
    responses(
        (status = 200, body = types::ResumeAnswer),
        types::Conflict,
        types::Refused))]
async fn resume(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    MaybeJson(body): MaybeJson<ResumeBody>,
) -> Answered<axum::Json<ResumeAnswer>> {
    // An answer needs the scope of answers, through whichever route it comes.
    caller.require(if answers(&body) { Scope::Respond } else { Scope::Run })?;
    let execution = app.execution(&caller.owner, &id).await?;
    if answers(&body) {
        let resumed = answer_the_one(&app, &caller, &execution, body).await?;
        return Ok(axum::Json(ResumeAnswer::Resumed(Box::new(resumed))));
    }
    if execution.paused && !execution.status().is_terminal() {
        let axum::Json(shown) = control(&app, &caller, &execution, Control::Resume, body.reason).await?;
        return Ok(axum::Json(ResumeAnswer::Execution(Box::new(shown))));
    }
    // A resume that is repeated, or that finds the execution running, has nothing to do, and is no error.
    if execution.status() == Status::Running || resumed_before(&app, &execution).await? {
        return Ok(axum::Json(ResumeAnswer::Execution(Box::new(read::execution(&app, &execution).await?))));
    }
    // A resume without an answer must never decide a question: the caller is told what to send.
    if execution.status() == Status::WaitingHuman {
        let detail = "it waits for a person: send the answer, such as {\"approved\": true}; {} never answers";
        let status = execution.status().as_str();
        return Err(Problem::conflict("waits_for_an_answer", detail).with("execution_status", status));
    }
    Err(wrong_status(&execution))
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

/// The one question that is open in an execution and its descendants.
///
/// # Errors
/// 409 `no_open_interaction` or `several_open_interactions` with their ids, and what the store says.
async fn the_one(app: &App, execution: &Arc<Execution>) -> Answered<Question> {
    let mut found = open(app.host.journal(), execution, limits::QUESTIONS_BELOW).await?;
    if found.len() == 1
        && let Some(question) = found.pop()
    {
        return Ok(question);
    }
    let ids: Vec<_> = found.iter().map(|one| one.interaction.interaction_id.as_str()).collect();
    let (code, detail) = match ids.is_empty() {
        true => ("no_open_interaction", "nobody is asked anything at the moment"),
        false => ("several_open_interactions", "answer each with POST /v1/interactions/{id}/respond"),
    };
    let status = execution.status().as_str();
    Err(Problem::conflict(code, detail).with("execution_status", status).with("interactions", json!(ids)))
}

/// Answers the one open interaction, and waits up to [`limits::WAIT`] for what follows.
///
/// # Errors
/// 409 where there is none or several, and what the rules refuse.
async fn answer_the_one(app: &App, caller: &Caller, execution: &Arc<Execution>, body: ResumeBody) -> Answered<Resumed> {
    let Question { execution: asking, interaction: question } = the_one(app, execution).await?;
    let interaction_id = question.interaction_id.clone();
    let answer_as = body.answer_as.clone();
    let said = answer::signed(caller, answer_as, said(&question, body)?)?;
    let command = Command::Answer { interaction_id, answer: Box::new(said) };
    let state = answer::ask(app, caller, asking.id(), command, false).await?;
    // The caller is shown what the answer led to, as far as that happens soon.
    let state = wait::after_answer(app, execution, state, &question).await?;
    let workflow = app.workflow(&state).await?;
    let status = state.status();
    Ok(Resumed {
        execution_id: state.id().to_string(),
        status,
        message: view::message(&state, &workflow),
        completed: status == Status::Completed,
        paused_again: matches!(status, Status::WaitingHuman | Status::Paused),
        remaining_nodes: view::remaining_nodes(&state, &workflow).iter().map(ToString::to_string).collect(),
    })
}

/// Makes an answer of the fields of a resume. The kind of the question says what `resume_data` holds: the answer
/// itself, or an object with the parts of one.
///
/// # Errors
/// 422 where two fields contradict each other, or `output_port` is none of the question's ports.
fn said(question: &Interaction, body: ResumeBody) -> Answered<Answer> {
    let ResumeBody { approved, resume_data, output_port, comment, .. } = body;
    let field = |name: &str| resume_data.as_ref().and_then(|data| data.get(name));
    let text_of = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
    let plain = || resume_data.as_ref().and_then(Value::as_str).map(str::to_owned);
    let ports = question.ports();
    if let Some(port) = output_port.as_deref().filter(|port| !ports.contains(port)) {
        let message = format!("nobody can take the port {port}: choose one of {}", ports.join(", "));
        return Err(misfit("unknown_port", "/output_port", message));
    }
    // Whether `resume_data` is the answer itself. Then its fields are the user's, even those called `text` or
    // `comment`.
    let mut is_data = question.kind == InteractionKind::Input;
    // Questions without a vote pass over `approved: true`, which adds nothing to an answer. They keep `false`, which
    // the rules refuse.
    let mut answer = Answer { approved: approved.filter(|yes| !yes), ..Answer::default() };
    match question.kind {
        InteractionKind::Input => {}
        InteractionKind::Decision => {
            // After an error, `resume_data` beside a port is the data of that choice, such as the output to go on with,
            // unless it names an option itself.
            let selected = text_of("selected_option");
            is_data = question.on_error && output_port.is_some() && selected.is_none();
            let named = if is_data { None } else { selected.or_else(|| text_of("option")).or_else(plain) };
            if output_port.is_some() && named.is_some() && output_port != named {
                return Err(contradicts("/output_port"));
            }
            if question.on_error && !is_data {
                answer.data = field("data").cloned();
            }
            answer.option = output_port.or(named);
        }
        InteractionKind::Ask => answer.text = text_of("text").or_else(plain),
        InteractionKind::Approval | InteractionKind::Review | InteractionKind::Authorization => {
            // The vote may be given in three places. Those that are given must agree.
            let by_port = output_port.map(|port| port == "approved");
            let by_data = field("approved").filter(|vote| !vote.is_null());
            let differs = |vote: bool| by_data.is_some_and(|other| *other != vote);
            if by_port.is_some_and(|vote| differs(vote) || approved.is_some_and(|other| other != vote)) {
                return Err(contradicts("/output_port"));
            }
            if approved.is_some_and(differs) {
                return Err(contradicts("/resume_data/approved"));
            }
            answer.approved = approved.or(by_port).or_else(|| by_data.and_then(Value::as_bool));
            answer.content = field("content").cloned();
        }
    }
    answer.comment = comment.or_else(|| if is_data { None } else { text_of("comment") });
    if is_data {
        answer.data = resume_data;
    }
    Ok(answer)
}

/// 422 about a field that says something else than another one does.
fn contradicts(path: &str) -> Problem {
    misfit("contradiction", path, "this contradicts what another field says".into())
}

/// A 422 of the same shape as that of an answer that does not fit its question, so that callers read both alike.
fn misfit(code: &str, path: &str, message: String) -> Problem {
    let reasons = vec![Reason { code: code.into(), path: path.into(), message }];
    Rejection::Invalid { message: "the answer does not fit the question".into(), reasons }.into()
}
