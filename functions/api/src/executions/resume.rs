//! Resume: lets a paused execution go on, or answers one of its open interactions.

use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Path, Problem, Routes, Scope, SignedIn,
    executions::{
        again::{aftermath, again, command, pass_on, told, told_apart, went_on},
        control::{control, wrong_status},
        idempotency,
        meant::{moved_on, question},
        read, wait,
    },
    limits,
    people::answer::{self, Terms},
    request::arrived::Arrived,
    types::{self, Ended, ResumeAnswer, ResumeBody, Resumed},
};
use axum::{extract::State, http::HeaderMap};
use engine::{
    drive::rehearse,
    questions::{Question, open},
};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command, Control},
    error::Rejection,
    event::Event,
    execution::{Execution, Status},
    meant::Unnamed,
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
        return again(&app, &caller, execution, before, &body).await.map(axum::Json);
    }
    let checkpoint = body.checkpoint.map(|seen| seen.0);
    if checkpoint.is_some_and(|seen| seen != execution.seq) {
        return Err(moved_on(&app, Rejection::MovedOn(execution.seq).into(), &execution).await?);
    }
    let terms = Terms { request, checkpoint, ..Terms::default() };
    if answers(&body) {
        return answer_once(&app, &caller, &execution, &body, terms, &arrived).await;
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
        return Err(wrong_status(&execution, Control::Resume));
    }
    // A reason says something to whoever asks, and is refused in the words of an answer.
    if body.reason.is_some() {
        caller.require(Scope::Respond)?;
        return answer_once(&app, &caller, &execution, &body, terms, &arrived).await;
    }
    // A resume without an answer must never decide a question: the caller is told what to send.
    let detail = "it waits for a person: send the answer, such as {\"approved\": true}; {} never answers";
    Err(moved_on(&app, Problem::conflict("waits_for_an_answer", detail), &execution).await?)
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

/// Answers a question, as [`answer_one`] does, unless another request under the same key has done so since the execution
/// was loaded.
async fn answer_once(
    app: &App,
    caller: &Caller,
    execution: &Arc<Execution>,
    body: &ResumeBody,
    terms: Terms,
    arrived: &Arrived,
) -> Answered<axum::Json<ResumeAnswer>> {
    let request = terms.request.clone();
    let problem = match answer_one(app, caller, execution, body, terms, arrived).await {
        Ok(resumed) => return Ok(axum::Json(ResumeAnswer::Resumed(Box::new(resumed)))),
        Err(problem) => problem,
    };
    if request.is_none() {
        return Err(problem);
    }
    let now = app.execution(&caller.owner, execution.id().as_str()).await?;
    match idempotency::done_before(&now, request.as_ref())? {
        Some(before) => again(app, caller, now, before, body).await.map(axum::Json),
        None => Err(problem),
    }
}

/// Answers an interaction of an execution or of a descendant, and waits up to [`limits::WAIT`] for what follows.
///
/// # Errors
/// Those of [`question`], and what the rules refuse.
async fn answer_one(
    app: &App,
    caller: &Caller,
    execution: &Arc<Execution>,
    body: &ResumeBody,
    terms: Terms,
    arrived: &Arrived,
) -> Answered<Resumed> {
    let found = open(app.host.journal(), execution, limits::QUESTIONS_BELOW).await?;
    let named = (body.interaction_id.as_deref(), terms.checkpoint.is_some());
    let question = question(execution, found, named, Unnamed { by: &caller.subject, arrived: arrived.0 })?;
    let is_below = question.execution.id() != execution.id();
    let command = command(app, caller, &question.interaction, body).await?;
    if is_below && terms.request.is_some() {
        return answer_below(app, caller, execution, body, terms, (&question, command)).await;
    }
    // The checkpoint is that of the execution that the caller named, and was compared with it.
    let terms = if is_below { Terms { checkpoint: None, ..terms } } else { terms };
    let request = terms.request.clone();
    let asking = answer::ask(app, caller, question.execution.id(), command, terms).await?.state;
    // The caller is shown what the answer led to, as far as that happens soon.
    let did_it = request.and_then(|request| asking.request(&request.key).map(|before| before.seq));
    let state = match did_it {
        Some(seq) => {
            let soon = wait::soon_after(read::turn_at(app, &asking, seq).await?.at);
            Arc::new(aftermath(app, asking.clone(), seq, soon, |_| true).await?)
        }
        None => wait::after_answer(app, execution, asking.clone(), &question.interaction).await?,
    };
    told_apart(app, &asking, &state).await;
    told(app, &state, &question.interaction.interaction_id).await
}

/// Answers a question of a descendant by a request that may come again. The execution that the request names records
/// first to which question it goes, so that a repetition goes there too and to no other; the descendant records that it
/// was done.
///
/// # Errors
/// What the rules refuse. A request that the descendant would refuse has not used its key.
async fn answer_below(
    app: &App,
    caller: &Caller,
    execution: &Arc<Execution>,
    body: &ResumeBody,
    terms: Terms,
    (question, command): (&Question, Command),
) -> Answered<Resumed> {
    let asked = Asked { request: terms.request.clone(), ..Asked::by(command, Some(caller.subject.clone())) };
    match rehearse(&*app.host, &question.execution, &asked, &[]).await? {
        Ok(()) | Err(Rejection::Repeated(_)) => {}
        Err(rejection) => return Err(rejection.into()),
    }
    let (asking, interaction_id) = (question.execution.id().clone(), question.interaction.interaction_id.clone());
    let pass = Command::PassOn { execution_id: asking, interaction_id };
    let named = answer::ask(app, caller, execution.id(), pass, terms).await?.state;
    let seq = asked.request.and_then(|request| named.request(&request.key).map(|before| before.seq));
    let turn = read::turn_at(app, &named, seq.ok_or_else(Problem::internal)?).await?;
    pass_on(app, caller, named, &turn, body).await
}
