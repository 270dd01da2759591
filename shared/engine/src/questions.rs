//! The open questions of an execution and of its descendants. An execution knows only which of its children ask; what
//! they ask, they know themselves.

use crate::{
    limits,
    port::{Journal, StoreError},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use stepwell_core::{
    execution::Execution,
    id::{Activation, ExecutionId, child_id},
    interaction::Interaction,
};

/// A question that is open.
#[derive(Clone, Debug)]
pub struct Question {
    /// The execution that asks, which answers go to.
    pub execution: Arc<Execution>,
    /// What it asks.
    pub interaction: Arc<Interaction>,
}

/// What was found open, and where it was looked for.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The questions that are open.
    pub questions: Vec<Question>,
    /// The executions that were read.
    pub read: Vec<Arc<Execution>>,
}

/// How many executions may still be read for questions. One answer about many executions shares it.
#[derive(Debug)]
pub struct Reads(AtomicUsize);

impl Default for Reads {
    fn default() -> Self {
        Self(AtomicUsize::new(limits::ASKING_READ))
    }
}

impl Reads {
    /// Takes one of them; false where none is left.
    pub fn take(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// The children of an execution in which, or below which, a person is asked, as far as they have told.
pub fn asking_children(state: &Execution) -> Vec<ExecutionId> {
    let below = state.children.iter().filter(|(node, _)| state.is_asked_below(node));
    let each = below.flat_map(|(node, kids)| {
        let activation = Activation { visit: kids.visit, ..state.activation(node) };
        kids.asking.keys().map(move |index| child_id(state.id(), &activation, kids.attempt, *index)).collect::<Vec<_>>()
    });
    each.collect()
}

/// The questions that are open below an execution, at most `limit`, those of nearer descendants first. Fewer where
/// `reads` allows no more: each descendant that asks is read.
///
/// # Errors
/// What the store says.
pub async fn open_below(
    journal: &dyn Journal,
    state: &Execution,
    limit: usize,
    reads: &Reads,
) -> Result<Found, StoreError> {
    let Found { questions: mut found, mut read } = Found::default();
    let mut level = asking_children(state);
    while !level.is_empty() {
        let mut next = Vec::new();
        for id in level {
            if found.len() >= limit || !reads.take() {
                return Ok(Found { questions: found, read });
            }
            let child = match journal.load_lean(&id).await {
                Ok(Some(child)) => child,
                Ok(None) => continue,
                // What one descendant has lost must not hide its parent.
                Err(StoreError::Permanent(error)) => {
                    tracing::warn!(error, execution = %id, "what it asks cannot be read");
                    continue;
                }
                Err(error) => return Err(error),
            };
            // It may have ended or been answered since it told.
            let asked = child.open_interactions().take(limit - found.len());
            found.extend(asked.map(|one| Question { execution: child.clone(), interaction: one.clone() }));
            next.extend(asking_children(&child));
            read.push(child);
        }
        level = next;
    }
    Ok(Found { questions: found, read })
}

/// The same with the questions of the execution itself, which come first.
///
/// # Errors
/// What the store says.
pub async fn open(journal: &dyn Journal, state: &Arc<Execution>, limit: usize) -> Result<Found, StoreError> {
    let own = state.open_interactions().take(limit);
    let mut questions: Vec<Question> =
        own.map(|one| Question { execution: state.clone(), interaction: one.clone() }).collect();
    let below = open_below(journal, state, limit - questions.len(), &Reads::default()).await?;
    questions.extend(below.questions);
    let read = std::iter::once(state.clone()).chain(below.read).collect();
    Ok(Found { questions, read })
}
