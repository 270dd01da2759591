//! `allow_requester: false` holds for documents and data too: whoever may not decide a question may not make it another one, nor
//! put something else in the place of what others decided about.

use crate::{Answered, App, Caller, Problem, executions::control::root_of, types::ForkBody};
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

/// Refuses whoever started the execution, or the one that it is a child of, where they would go on without what a node of it is
/// stuck at.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_go_on(app: &App, caller: &Caller, execution: &Execution) -> Answered<()> {
    may_alter(app, caller, execution, &*app.workflow(execution).await?).await?;
    if let Some(root) = root_of(app, execution).await? {
        let root = app.execution(&caller.owner, root.as_str()).await?;
        may_alter(app, caller, &root, &*app.workflow(&root).await?).await?;
    }
    Ok(())
}

/// Refuses a fork by another document, or of another input where somebody may have decided about the first one: whoever forks is
/// the one who starts what comes of it.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_fork(
    app: &App,
    caller: &Caller,
    (then, workflow): (&Execution, &Workflow),
    fork: &ForkBody,
) -> Answered<()> {
    // Nothing is decided at the first checkpoint of an execution that is no fork itself, so that a fork of it with another input is
    // a start like any other.
    let replaces = fork.input.is_some() && (then.seq > 1 || then.started.forked.is_some());
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
