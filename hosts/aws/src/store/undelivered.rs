//! Remembers the commits of this process whose effects are still to be delivered, with what becomes of each head
//! afterwards.

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
    /// The time at which the supervisor must look after the execution; `None` where it need not.
    pub due: Option<Time>,
    /// The time at which the head says that the execution is due, before the head is written.
    pub was_due: Option<Time>,
    /// The mark that the commit put on the head; `None` where the commit needs none.
    pub mark: Option<String>,
    /// Whether the head is to be written at all.
    pub write: bool,
}

/// The commits, oldest first. Their number is bounded: the oldest is forgotten first.
#[derive(Default)]
pub struct Undelivered(Mutex<VecDeque<(ExecutionId, Vec<Effect>, After)>>);

impl Undelivered {
    /// Remembers a commit and its effects.
    pub fn put(&self, effects: Vec<Effect>, after: After) {
        let mut all = self.all();
        if all.len() >= limits::UNDELIVERED {
            all.pop_front();
        }
        all.push_back((after.state.id().clone(), effects, after));
    }

    /// Forgets the oldest commit of an execution that has exactly these effects, and returns what becomes of the head.
    pub fn take(&self, id: &ExecutionId, effects: &[Effect]) -> Option<After> {
        let mut all = self.all();
        let at = all.iter().position(|(of, asked, _)| of == id && asked == effects)?;
        all.remove(at).map(|(.., after)| after)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<(ExecutionId, Vec<Effect>, After)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
