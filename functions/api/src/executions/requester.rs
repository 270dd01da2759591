//! `allow_requester: false` holds for documents and data too: whoever may not decide a question may not make it another one, nor
//! put something else in the place of what others decided about.

use crate::{Answered, App, Caller, Problem, types::ForkBody};
use axum::http::StatusCode;
use document::Workflow;
use engine::{requesters::keeps_out, scope::Scope};
use stepwell_core::execution::Execution;

/// Refuses whoever started the execution, where they would change its document, or what its nodes are given or give.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_alter(app: &App, caller: &Caller, execution: &Execution, workflow: &Workflow) -> Answered<()> {
    let is_requester = execution.started.requesters().any(|name| name.eq_ignore_ascii_case(&caller.subject));
    if is_requester { may_change(app, caller, workflow).await } else { Ok(()) }
}

/// Refuses a fork by another document, or of another input where somebody may have decided about the first one: whoever forks is
/// the one who starts what comes of it.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_fork(
    app: &App,
    caller: &Caller,
    workflow: &Workflow,
    fork: &ForkBody,
    at: u64,
) -> Answered<()> {
    // Nothing is decided at the first checkpoint, so that a fork of it with another input is a start like any other.
    let replaces = fork.input.is_some() && at > 1;
    if fork.patch.is_some() || replaces { may_change(app, caller, workflow).await } else { Ok(()) }
}

/// Refuses whoever has no scope `admin` where the document, or one that it runs, keeps out who starts it.
async fn may_change(app: &App, caller: &Caller, workflow: &Workflow) -> Answered<()> {
    if caller.scopes.contains(&Scope::Admin) || !keeps_out(&*app.host, &caller.owner, workflow).await? {
        return Ok(());
    }
    let detail = "the workflow has a question that whoever started the execution may not decide, so they may not change \
                  it, or what it is about, either: a caller with the scope `admin` may";
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}
