//! Submits the commands that requests ask for, and finds out in whose name an answer is given.

use crate::{App, Caller, Problem};
use engine::drive::submit;
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    error::Rejection,
    execution::Execution,
    id::ExecutionId,
    interaction::Answer,
};

/// Submits one command with the caller's subject as its author, and returns the state after it. With `stale_is_done` a
/// command about something that is over already counts as done.
///
/// # Errors
/// 404 where the execution does not exist, the rejection of the rules as a problem, and what the store says.
pub async fn ask(
    app: &App,
    caller: &Caller,
    id: &ExecutionId,
    command: Command,
    stale_is_done: bool,
) -> Result<Arc<Execution>, Problem> {
    let asked = Asked { command, by: Some(caller.subject.clone()) };
    let submitted = submit(&*app.host, id, asked).await?;
    let submitted = submitted.ok_or_else(|| Problem::not_found("execution", id.as_str()))?;
    match submitted.replies.into_iter().next() {
        Some(Err(Rejection::Stale(_))) if stale_is_done => Ok(submitted.state),
        Some(Err(rejection)) => Err(rejection.into()),
        _ => Ok(submitted.state),
    }
}

/// Signs an answer with the caller's subject, or with `answer_as`, an assignee for whom the user of a local host enters
/// it.
///
/// # Errors
/// 403 `answer_as_not_allowed` where any other caller names somebody else.
pub fn signed(caller: &Caller, answer_as: Option<String>, answer: Answer) -> Result<Answer, Problem> {
    let via = caller.via;
    match answer_as {
        None => Ok(Answer { by: caller.subject.clone(), via, ..answer }),
        Some(by) if caller.local => Ok(Answer { by, via, entered_by: Some(caller.subject.clone()), ..answer }),
        Some(_) => {
            let detail = "only the user of a local host may answer for somebody else: leave `answer_as` out";
            Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "answer_as_not_allowed", detail))
        }
    }
}
