//! The past of an execution: its turns, and the documents that it was run by.

use crate::{
    drive::document_of,
    journal::journal,
    port::{Host, StoreError},
};
use document::Workflow;
use std::sync::Arc;
use stepwell_core::{
    documents::Documents,
    event::{Event, Started, Turn},
    execution::Execution,
    replay::Recorded,
};

/// An execution with all that led to its present state.
pub struct Past {
    /// The turns, from the first to the one that the state ends with. Offloaded values may be missing in them.
    pub turns: Vec<Turn>,
    /// The documents.
    pub ran_by: RanBy,
}

/// The documents that an execution was run by.
pub struct RanBy {
    first: Arc<Workflow>,
    /// Those that patches put it on.
    pub patched: Vec<Arc<Workflow>>,
}

impl RanBy {
    /// The documents that turns of an execution name.
    ///
    /// # Errors
    /// What the store says, and `Permanent` where it has lost one of them.
    pub async fn of(host: &dyn Host, started: &Started, turns: &[Turn]) -> Result<Self, StoreError> {
        let first = document_of(host, started, &started.workflow_hash).await?;
        let mut patched: Vec<Arc<Workflow>> = Vec::new();
        for event in turns.iter().flat_map(|turn| &turn.events) {
            let Event::WorkflowPatched(one) = event else { continue };
            if patched.iter().all(|known| known.hash != one.hash) {
                patched.push(document_of(host, started, &one.hash).await?);
            }
        }
        Ok(Self { first, patched })
    }

    /// All of them.
    pub fn documents(&self) -> Documents<'_> {
        Documents::new(&self.first, &self.patched)
    }

    /// What was recorded in turns, at the first of which the document of that hash was in force; that of the start where
    /// none is given.
    pub fn recorded(&self, started: &Started, in_force: Option<&str>, turns: &[Turn]) -> Recorded {
        let documents = self.documents();
        let first = documents.named(started, in_force).unwrap_or(&self.first);
        Recorded::along(first, &|hash| documents.named(started, Some(hash)), turns)
    }

    /// All but the one of that hash, which is in force.
    pub fn others(&self, in_force: &str) -> Vec<Arc<Workflow>> {
        let all = std::iter::once(&self.first).chain(&self.patched);
        all.filter(|one| one.hash != in_force).cloned().collect()
    }
}

impl Past {
    /// Reads what led to a state.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(host: &dyn Host, state: &Execution) -> Result<Self, StoreError> {
        let mut turns = journal(host, state.id()).await?;
        // What came after the state was loaded is not in it.
        turns.truncate(usize::try_from(state.seq).unwrap_or(usize::MAX));
        let ran_by = RanBy::of(host, &state.started, &turns).await?;
        Ok(Self { turns, ran_by })
    }
}
