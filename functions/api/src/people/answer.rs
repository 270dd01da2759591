//! Submits the commands that requests ask for, and finds out in whose name an answer is given.

use crate::{App, Caller, Problem, executions::read};
use axum::http::StatusCode;
use engine::{
    drive::submit,
    groups::{group_of, groups_of},
    requesters::family_keeps_out,
};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    error::Rejection,
    event::Request,
    execution::Execution,
    id::ExecutionId,
    interaction::{AfterError, Answer, REWIND},
};

/// On which terms a command is asked.
#[derive(Default)]
pub struct Terms {
    /// The request that asks, where its client may send it again.
    pub request: Option<Request>,
    /// The checkpoint that the caller has seen; on any other the command is refused.
    pub checkpoint: Option<u64>,
    /// Whether a command about something that is over counts as done.
    pub stale_is_done: bool,
}

/// What a command that was asked led to.
pub struct Done {
    /// The state after the command. Of a request that was done before, the state of then.
    pub state: Arc<Execution>,
    /// Whether the request had been done before, so that nothing was done now.
    pub repeated: bool,
}

/// Submits one command with the caller's subject as its author.
///
/// # Errors
/// 404 where the execution does not exist, the rejection of the rules as a problem, and what the store says.
pub async fn ask(
    app: &App,
    caller: &Caller,
    id: &ExecutionId,
    command: Command,
    terms: Terms,
) -> Result<Done, Problem> {
    let Terms { request, checkpoint, stale_is_done } = terms;
    let command = guarded(app, id, command).await?;
    let asked = Asked { request, checkpoint, ..Asked::by(command, Some(caller.subject.clone())) };
    let submitted = submit(&*app.host, id, asked).await?;
    let submitted = submitted.ok_or_else(|| Problem::not_found("execution", id.as_str()))?;
    let state = submitted.state;
    match submitted.replies.into_iter().next() {
        Some(Err(Rejection::Repeated(seq))) => {
            let state = Arc::new(read::state_at(app, &state, seq).await?);
            Ok(Done { state, repeated: true })
        }
        Some(Err(Rejection::Stale(_))) if stale_is_done => Ok(Done { state, repeated: false }),
        Some(Err(rejection)) => Err(rejection.into()),
        _ => Ok(Done { state, repeated: false }),
    }
}

/// Tells an answer that may put something in the place of what others decided whether its requester may not decide that. The rules
/// see one document alone; those above and below are looked up here.
async fn guarded(app: &App, id: &ExecutionId, mut command: Command) -> Result<Command, Problem> {
    if let Command::Answer { interaction_id, answer } = &mut command
        && answer.option.as_deref().is_some_and(|one| one == REWIND || AfterError::parse(one) == Some(AfterError::Skip))
        && let Some(execution) = app.host.journal().load_lean(id).await?
        && execution.interaction(interaction_id.as_str()).is_some_and(|one| one.on_error)
    {
        answer.guarded = family_keeps_out(&*app.host, &execution, &*app.workflow(&execution).await?).await?;
    }
    Ok(command)
}

/// Signs an answer with the caller's subject, or with `answer_as`, an assignee for whom the user of a local host enters
/// it, and with the groups that the signer is a member of.
///
/// # Errors
/// 403 `answer_as_not_allowed` where any other caller names somebody else, 422 where a group is named in place of a
/// person, and what the store says.
pub async fn signed(app: &App, caller: &Caller, answer_as: Option<String>, answer: Answer) -> Result<Answer, Problem> {
    let via = caller.via;
    let (by, claimed, entered_by) = match answer_as {
        None => (caller.subject.clone(), &caller.groups[..], None),
        Some(group) if caller.local && group_of(&group).is_some() => {
            let hint = "name one of its members: each answers in their own name";
            return Err(Problem::field("invalid_field", "/answer_as", format!("`{group}` is not a person"), hint));
        }
        Some(by) if caller.local => (by, &[][..], Some(caller.subject.clone())),
        Some(_) => {
            let detail = "only the user of a local host may answer for somebody else: leave `answer_as` out";
            return Err(Problem::new(StatusCode::FORBIDDEN, "answer_as_not_allowed", detail));
        }
    };
    let groups = groups_of(&*app.host, &caller.owner, &by, claimed).await?;
    Ok(Answer { by, via, entered_by, groups, ..answer })
}
