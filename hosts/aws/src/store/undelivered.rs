//! Commits of this process whose effects are still to be delivered, with what becomes of the head afterwards.

use crate::limits;
use document::time::Time;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{effect::Effect, execution::Execution, id::ExecutionId};

/// What becomes of a head once a commit's effects are delivered.
#[derive(Clone, Debug)]
pub struct After {
    /// The state after the commit.
    pub state: Arc<Execution>,
    /// When somebody must look after it.
    pub due: Option<Time>,
    /// When the head says so before it is written.
    pub was_due: Option<Time>,
    /// The mark that the commit put on the head.
    pub mark: Option<String>,
    /// Whether the head is to be written.
    pub write: bool,
}

/// Commits in order, bounded: the oldest are forgotten first.
#[derive(Default)]
pub struct Undelivered(Mutex<VecDeque<(ExecutionId, Vec<Effect>, After)>>);

impl Undelivered {
    /// A commit was made.
    pub fn put(&self, effects: Vec<Effect>, after: After) {
        let mut all = self.all();
        if all.len() >= limits::UNDELIVERED {
            all.pop_front();
        }
        all.push_back((after.state.id().clone(), effects, after));
    }

    /// The oldest commit of an execution that asked for these effects.
    pub fn take(&self, id: &ExecutionId, effects: &[Effect]) -> Option<After> {
        let mut all = self.all();
        let at = all.iter().position(|(of, asked, _)| of == id && asked == effects)?;
        all.remove(at).map(|(.., after)| after)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<(ExecutionId, Vec<Effect>, After)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
