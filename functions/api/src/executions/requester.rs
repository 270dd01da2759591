//! `allow_requester: false` holds for documents and data too: whoever may not decide a question may not make it another one, nor
//! put something else in the place of what others decided about.

use crate::{Answered, App, Caller, Problem, executions::read, types::ForkBody};
use axum::http::StatusCode;
use document::Workflow;
use engine::{requesters::family_keeps_out, scope::Scope};
use stepwell_core::{
    execution::Execution,
    interaction::{Interaction, votes::still_count},
    rollback::lineage,
};

/// Refuses whoever started the execution, where they would change its document, or what its nodes are given or give.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_alter(app: &App, caller: &Caller, execution: &Execution, workflow: &Workflow) -> Answered<()> {
    let is_requester = execution.started.requesters().any(|name| name.eq_ignore_ascii_case(&caller.subject));
    if is_requester { may_change(app, caller, execution, workflow).await } else { Ok(()) }
}

/// Refuses whoever started the execution, where it would go back to another document than it runs by now, since a patch may have
/// put the question there, or to a vote that was taken back since.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_go_back(app: &App, caller: &Caller, execution: &Execution, to: u64) -> Answered<()> {
    let may_differ = execution.patched.is_some() || execution.interactions.iter().any(|one| one.responses.len() > 1);
    // What there is not is told as such by the rollback itself.
    if !may_differ || !(1..=execution.seq).contains(&to) {
        return Ok(());
    }
    let then = read::state_at(app, execution, to).await?;
    if then.workflow_hash() == execution.workflow_hash() && !is_taken_back(execution, &then) {
        return Ok(());
    }
    may_alter(app, caller, execution, &*app.workflow(execution).await?).await
}

/// Refuses a fork that would go on by something else than what was decided: by another document, of another input where somebody
/// may have decided about the first one, or by what was undone or taken back since. Whoever forks is the one who starts what
/// comes of it.
///
/// # Errors
/// 403, as the answer itself is refused, and what the store says.
pub(super) async fn may_fork(
    app: &App,
    caller: &Caller,
    execution: &Execution,
    (then, workflow): (&Execution, &Workflow),
    fork: &ForkBody,
) -> Answered<()> {
    // Nothing is decided at the first checkpoint of an execution that is no fork itself, so that a fork of it with another input is
    // a start like any other.
    let other_input = fork.input.is_some() && (then.seq > 1 || then.started.forked.is_some());
    let other_document = fork.patch.is_some() || then.workflow_hash() != execution.workflow_hash();
    if other_input || other_document || is_undone(app, execution, then).await? {
        may_change(app, caller, then, workflow).await?;
        may_change(app, caller, execution, &*app.workflow(execution).await?).await?;
    }
    Ok(())
}

/// Whether a checkpoint has a vote that was taken back since, or was left behind by a rollback, with what was decided until then,
/// here or in a child.
async fn is_undone(app: &App, execution: &Execution, then: &Execution) -> Answered<bool> {
    if is_taken_back(execution, then) {
        return Ok(true);
    }
    // The epoch of one that never went back is that of its start.
    if then.epoch == execution.epoch {
        return Ok(false);
    }
    let turns = read::turns_to(app, execution, execution.seq).await?;
    Ok(!lineage(&turns).contains(&then.seq))
}

/// Whether a checkpoint has a vote that does not count any more.
fn is_taken_back(execution: &Execution, then: &Execution) -> bool {
    let counts = |one: &Interaction| {
        let now = execution.interaction(one.interaction_id.as_str());
        now.is_some_and(|now| still_count(one, now))
    };
    !then.interactions.iter().all(|one| one.responses.is_empty() || counts(one))
}

/// Refuses whoever has no scope `admin` where the document, or one of the family of the execution, keeps out who starts it.
async fn may_change(app: &App, caller: &Caller, execution: &Execution, workflow: &Workflow) -> Answered<()> {
    if caller.scopes.contains(&Scope::Admin) || !family_keeps_out(&*app.host, execution, workflow).await? {
        return Ok(());
    }
    let detail = "the workflow has a question that whoever started the execution may not decide, so they may not change \
                  it, or what it is about, either: a caller with the scope `admin` may";
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}
