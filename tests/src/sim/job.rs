//! What the processes of the simulated host do.

use super::{moved::taken, world::SimHost};
use crate::model::patching::patched;
use engine::{
    drive::submit,
    fork::{ForkRequest, start_fork},
    moving::Piece,
    port::{Delivery, Verdict},
    rollback::roll_back,
};
use serde_json::Value;
use stepwell_core::{command::Asked, id::ExecutionId, rollback::Rollback};

/// What one process does.
pub(super) enum Job {
    /// The step function handles messages.
    Batch(Vec<Delivery>),
    /// The API submits a command.
    Ask(ExecutionId, Box<Asked>),
    /// The API rolls an execution back.
    Back(ExecutionId, Box<Rollback>),
    /// The API forks an execution.
    Fork(ExecutionId, Box<ForkRequest>),
    /// The API patches an execution.
    Patch(ExecutionId, Value),
    /// The API takes in a part of an execution of another host.
    Import(Box<Piece>),
}

impl Job {
    /// A command as it is, or with the request that it came by.
    pub fn ask(id: ExecutionId, asked: impl Into<Asked>) -> Self {
        Self::Ask(id, Box::new(asked.into()))
    }

    /// Does the job. Returns whether it succeeded, and the verdict on each message by its receipt.
    pub async fn run(self, host: &SimHost) -> (bool, Vec<(u64, Verdict)>) {
        match self {
            Job::Batch(deliveries) => {
                let verdicts = engine::step::handle(host, &deliveries).await;
                (true, deliveries.iter().map(|delivery| delivery.receipt).zip(verdicts).collect())
            }
            Job::Ask(id, asked) => {
                let asked = submit(host, &id, *asked).await;
                (asked.is_ok(), Vec::new())
            }
            Job::Back(id, rollback) => {
                let done = roll_back(host, &id, *rollback, None, None).await;
                (done.is_ok(), Vec::new())
            }
            Job::Fork(of, request) => {
                let forked = start_fork(host, &of, *request).await;
                (forked.is_ok(), Vec::new())
            }
            Job::Patch(of, operations) => (patched(host, &of, operations).await.is_ok(), Vec::new()),
            Job::Import(piece) => (taken(host, &piece).await, Vec::new()),
        }
    }

    /// Whether somebody waits for an answer.
    pub fn is_asked(&self) -> bool {
        match self {
            Job::Batch(_) => false,
            Job::Ask(..) | Job::Back(..) | Job::Fork(..) | Job::Patch(..) | Job::Import(..) => true,
        }
    }
}
