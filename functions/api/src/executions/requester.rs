//! `allow_requester: false` holds for documents too: whoever may not decide a question may not make it another one.

use crate::{Answered, App, Caller, Problem};
use axum::http::StatusCode;
use document::Workflow;
use engine::{requesters::keeps_out, scope::Scope};
use stepwell_core::execution::Execution;

/// Refuses a patch by whoever started the execution.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_patch(app: &App, caller: &Caller, execution: &Execution, workflow: &Workflow) -> Answered<()> {
    let is_requester = execution.started.requesters().any(|name| name.eq_ignore_ascii_case(&caller.subject));
    if is_requester { may_change(app, caller, workflow).await } else { Ok(()) }
}

/// Refuses a fork by another document: whoever forks is the one who starts what comes of it.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_fork_patched(app: &App, caller: &Caller, workflow: &Workflow) -> Answered<()> {
    may_change(app, caller, workflow).await
}

/// Refuses whoever has no scope `admin` where the document, or one that it runs, keeps out who starts it.
async fn may_change(app: &App, caller: &Caller, workflow: &Workflow) -> Answered<()> {
    if caller.scopes.contains(&Scope::Admin) || !keeps_out(&*app.host, &caller.owner, workflow).await? {
        return Ok(());
    }
    let detail = "the workflow has a question that whoever started the execution may not decide, so they may not change \
                  it either: a caller with the scope `admin` may";
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}
