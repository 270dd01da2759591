//! What follows from the way in which a host delivers ([`Delivers`]): nobody else asks for it.
//!
//! A host that delivers in its commit is the only writer and loses nothing in between. On any other host the process may
//! die between the commit and the delivery, so that everything that was asked for is delivered again when a message comes
//! a second time, and when the supervisor looks after the execution.

use crate::{
    limits,
    port::{Commit, Delivers, Host, StoreError},
    remember::{self, Added, taken},
};
use document::Workflow;
use stepwell_core::{
    due::due_at,
    effect::{Effect, Work},
    execution::Execution,
    id::ExecutionId,
    owed::{owed_again, owed_at_end},
};

/// Whether the effects of a committed turn may not have been delivered, so that they must be delivered again.
pub fn may_be_lost(host: &dyn Host) -> bool {
    match host.outbox().delivers() {
        Delivers::InCommit => false,
        Delivers::AfterCommit => true,
    }
}

/// What an ended execution owes to others, where it may have been lost although the message at hand came for the first
/// time: a queue may hand one message out to two handlers at once, of which one ends the execution and dies before it
/// delivers, and the other finds nothing left to do. Nobody else looks after an ended execution.
pub fn owed_by_ended(host: &dyn Host, state: &Execution) -> Vec<Effect> {
    if may_be_lost(host) { owed_at_end(state) } else { Vec::new() }
}

/// Whether commands are decided on the state that they were made from, before a newer one is loaded: where that state is
/// old the commit conflicts, which is rare. A host that is the only writer has the newest state in memory, so that it
/// need not try.
pub fn tries_what_was_seen(host: &dyn Host) -> bool {
    match host.outbox().delivers() {
        Delivers::InCommit => false,
        Delivers::AfterCommit => true,
    }
}

/// How many children are started, told or read at the same time: more where their commits share one sync of the disk.
pub fn children_at_once(host: &dyn Host) -> usize {
    match host.outbox().delivers() {
        Delivers::InCommit => limits::CHILDREN_IN_ONE_SYNC,
        Delivers::AfterCommit => limits::CHILDREN_AT_ONCE,
    }
}

/// Whether the first steps of children are decided with their start, where they only compute: each message and each write
/// costs. In one process they cost little, and who comes first is decided message by message.
pub fn computes_at_start(host: &dyn Host) -> bool {
    may_be_lost(host)
}

/// Makes a commit say when somebody must look after the execution, where a message of it may be lost.
pub fn schedule(host: &dyn Host, workflow: &Workflow, commit: &mut Commit) {
    commit.due = if may_be_lost(host) { due_at(workflow, &commit.state) } else { None };
}

/// Takes from a commit what its agents add to conversations, to be added once it is durable and before anything else of it is
/// delivered. A host that delivers in its commit adds that in the commit.
pub fn words_of(host: &dyn Host, commit: &mut Commit) -> Vec<Added> {
    match host.outbox().delivers() {
        Delivers::InCommit => Vec::new(),
        Delivers::AfterCommit => taken(&mut commit.effects, &commit.turns, &commit.state),
    }
}

/// The effects that are left to be delivered once a commit is durable.
pub fn left_by(host: &dyn Host, commit: &Commit) -> Vec<Effect> {
    match host.outbox().delivers() {
        Delivers::InCommit => Vec::new(),
        Delivers::AfterCommit => commit.effects.clone(),
    }
}

/// Delivers again what a message had asked for when it was handled before. A host whose effects may be lost is called
/// even without effects: the process that committed may have died before the host had done its part.
///
/// # Errors
/// What the host says. The message then comes again.
pub async fn repeat(host: &dyn Host, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
    if effects.is_empty() && !may_be_lost(host) {
        return Ok(());
    }
    let effects = remember::first(host, id, effects).await?;
    host.outbox().deliver(id, &effects).await
}

/// Delivers again what a message that came a second time had caused when it was handled before, where that may have been lost.
///
/// # Errors
/// What the host says. The message then comes again.
pub async fn make_good(host: &dyn Host, state: &Execution, workflow: &Workflow, work: &Work) -> Result<(), StoreError> {
    if !may_be_lost(host) {
        return Ok(());
    }
    repeat(host, state.id(), &owed_again(workflow, state, work)).await
}

/// Delivers effects, if there are any.
///
/// # Errors
/// What the host says.
pub async fn deliver(host: &dyn Host, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
    let effects = remember::first(host, id, effects).await?;
    if effects.is_empty() { Ok(()) } else { host.outbox().deliver(id, &effects).await }
}
