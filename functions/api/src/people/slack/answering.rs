//! An answer that comes through Slack, by the one way that all answers take.

use super::outcome::{Asked, Done};
use crate::{
    Answered, App, Caller, Problem,
    executions::idempotency,
    people::answer::{self, Terms},
    types::SlackReply,
};
use document::canonical::Canonical;
use engine::port::{SlackAct, SlackChoice, SlackDesk};
use serde_json::Value;
use stepwell_core::{
    command::Command,
    decide,
    error::Reason,
    event::Request,
    id::derive,
    interaction::{Answer, Interaction, InteractionStatus, SecurityLevel},
    view,
};

/// What is told of a question that cannot be decided in a channel.
pub(super) const NOT_HERE: &str =
    "this cannot be decided from a channel: answer in your direct message, by your own link, or in the inbox";

/// Whether the name of the tool has to be typed, which no button can ask for.
pub(super) fn needs_tool(question: &Interaction) -> bool {
    question.authorization.as_ref().is_some_and(|about| about.security_level == SecurityLevel::High)
}

/// What is told of a question that is over.
pub(super) fn over(question: &Interaction) -> String {
    let decision = question.decision.as_deref().map(|decision| labelled(question, decision));
    match (question.status, decision) {
        (InteractionStatus::Answered, Some(decision)) => format!("this is decided already: {decision}"),
        (InteractionStatus::Answered, None) => "this is decided already".to_owned(),
        (InteractionStatus::TimedOut, Some(decision)) => format!("nobody decided in time; the outcome is {decision}"),
        (InteractionStatus::TimedOut, None) => "nobody decided in time".to_owned(),
        (InteractionStatus::Cancelled, _) => "this is no longer needed".to_owned(),
        (InteractionStatus::Pending, _) => "this is still open".to_owned(),
    }
}

/// A decision as people read it.
fn labelled<'a>(question: &'a Interaction, decision: &'a str) -> &'a str {
    question.options.iter().find(|option| option.id == decision).map_or(decision, |option| &option.label)
}

/// Answers by a button or an option. What came of it the person is told alone.
pub(super) async fn chosen(
    app: &App,
    desk: &dyn SlackDesk,
    caller: &Caller,
    asked: &Asked,
    act: &SlackAct,
    choice: SlackChoice,
) -> Answered<Done> {
    let Some(question) = asked.question() else { return Ok(Done::default()) };
    if question.is_open() && needs_tool(question) {
        return Ok(Done::word(NOT_HERE));
    }
    let said = match choice {
        SlackChoice::Approve => Answer { approved: Some(true), ..Answer::default() },
        SlackChoice::Reject => Answer { approved: Some(false), ..Answer::default() },
        SlackChoice::Option(at) => match question.options.get(at) {
            Some(option) => Answer { option: Some(option.id.clone()), ..Answer::default() },
            None => return Ok(Done::word("this option is not there any more: answer in the inbox")),
        },
    };
    match submit(app, desk, caller, asked, act, said).await? {
        Ok(word) => Ok(Done::word(word)),
        Err(problem) => Ok(Done::word(told(&problem))),
    }
}

/// Answers by a form. What is wrong is shown beside its fields.
pub(super) async fn filled(
    app: &App,
    desk: &dyn SlackDesk,
    caller: &Caller,
    asked: &Asked,
    act: &SlackAct,
    values: &Value,
) -> Answered<Done> {
    let Some(question) = asked.question() else { return Ok(Done::default()) };
    let refused = |reasons: &[Reason]| {
        let reply = SlackReply::errors(desk.beside_fields(question, reasons));
        Ok(Done { reply, word: None })
    };
    // A form that comes again finds the question over that it has answered itself, which the journal knows.
    let said = match desk.answer(question, values) {
        Ok(said) => said,
        Err(reasons) => return refused(&reasons),
    };
    match submit(app, desk, caller, asked, act, said).await? {
        Ok(word) => Ok(Done { reply: SlackReply::clear(), word: Some(word) }),
        Err(problem) if problem.errors().is_empty() => {
            Ok(Done { reply: above(desk, asked, &told(&problem)), word: None })
        }
        Err(problem) => {
            let reason = |fault: &crate::types::Fault| Reason {
                code: fault.code.clone(),
                path: fault.path.clone(),
                message: fault.message.clone(),
            };
            refused(&problem.errors().iter().map(reason).collect::<Vec<_>>())
        }
    }
}

/// What is wrong with a form as a whole, which Slack shows beside its first field.
pub(super) fn above(desk: &dyn SlackDesk, asked: &Asked, why: &str) -> SlackReply {
    let whole = Reason { code: "refused".into(), path: String::new(), message: why.to_owned() };
    let errors = asked.question().map(|question| desk.beside_fields(question, &[whole]));
    SlackReply::errors(errors.unwrap_or_default())
}

/// Submits an answer. Returns what the person is told of it, or why the rules refuse it.
///
/// # Errors
/// What another try may help against.
async fn submit(
    app: &App,
    desk: &dyn SlackDesk,
    caller: &Caller,
    asked: &Asked,
    act: &SlackAct,
    said: Answer,
) -> Answered<Result<String, Problem>> {
    if let Err(problem) = is_of_tenant(desk, caller, asked) {
        return Ok(Err(problem));
    }
    // What came again is known by what was said, whatever groups the person is in by now.
    let body = serde_json::to_value(&said).unwrap_or_default();
    let said = answer::signed(app, caller, None, Answer { named: true, ..said }).await?;
    let (route, hash) = idempotency::keyed("/v1/hooks/slack", &act.key, &Canonical(&body));
    let request = Request { key: derive(&["request", &caller.subject, &route]), hash };
    let command = Command::Answer { interaction_id: asked.id.clone(), answer: Box::new(said) };
    let terms = Terms { request: Some(request), ..Terms::default() };
    let state = match answer::ask(app, caller, asked.execution.id(), command, terms).await {
        Ok(done) => done.state,
        // A write that somebody else was faster with may succeed the next time, as may a store that is away.
        Err(problem) if problem.status().is_server_error() || problem.code() == "conflict" => return Err(problem),
        Err(problem) => return Ok(Err(problem)),
    };
    let workflow = app.workflow(&state).await?;
    let Some(question) = state.interaction(asked.id.as_str()) else { return Ok(Ok("your answer is recorded".into())) };
    Ok(Ok(match (view::responses_needed(question, &workflow), &question.decision) {
        (0, Some(decision)) => format!("your answer decided this: {}", labelled(question, decision)),
        (0, None) => "your answer is recorded".to_owned(),
        (1, _) => "your answer is recorded; one more is needed".to_owned(),
        (needed, _) => format!("your answer is recorded; {needed} more are needed"),
    }))
}

/// Where a question names nobody, it is for the people of its tenant. The members of a workspace are people of the tenant
/// that the operator says, and of no other.
fn is_of_tenant(desk: &dyn SlackDesk, caller: &Caller, asked: &Asked) -> Result<(), Problem> {
    let named = asked.question().is_some_and(|question| !question.assignees.is_empty());
    if named || desk.owner() == Some(caller.owner.as_str()) {
        return Ok(());
    }
    let why = "this question names nobody who may answer it here: answer it in the inbox, or have STEPWELL_SLACK_OWNER name \
               whose people this workspace's members are";
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "forbidden", why))
}

/// Whether an answer of somebody would be taken, as far as that depends on who it is. The rules decide again once it comes.
///
/// # Errors
/// What the store says.
pub(super) async fn may_answer(
    app: &App,
    desk: &dyn SlackDesk,
    caller: &Caller,
    asked: &Asked,
) -> Answered<Result<(), Problem>> {
    let Some(question) = asked.question() else { return Ok(Ok(())) };
    let who = answer::signed(app, caller, None, Answer::default()).await?;
    let rules = decide::may_answer(&asked.execution, question, &who).map_err(Problem::from);
    Ok(is_of_tenant(desk, caller, asked).and(rules))
}

/// A problem as the person is told of it.
pub(super) fn told(problem: &Problem) -> String {
    let reasons: Vec<&str> = problem.errors().iter().map(|fault| fault.message.as_str()).collect();
    match reasons.is_empty() {
        true => problem.detail().to_owned(),
        false => format!("{}: {}", problem.detail(), reasons.join("; ")),
    }
}
