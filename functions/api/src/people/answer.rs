//! Commands of callers, submitted; and what their refusals mean over HTTP.

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

/// Submits one command in the caller's name. A command that speaks of something over already is no error where
/// `stale_is_done`.
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

/// In whose name an answer is given: the caller's own, or an assignee's where the host's one user enters it.
pub fn signed(caller: &Caller, answer_as: Option<String>, answer: Answer) -> Result<Answer, Problem> {
    let via = caller.via.to_owned();
    match answer_as {
        None => Ok(Answer { by: caller.subject.clone(), via, ..answer }),
        Some(by) if caller.local => Ok(Answer { by, via, entered_by: Some(caller.subject.clone()), ..answer }),
        Some(_) => {
            let detail = "only the user of a local host may answer for somebody else: leave `answer_as` out";
            Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "answer_as_not_allowed", detail))
        }
    }
}
