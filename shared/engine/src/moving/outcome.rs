//! Who imports, and what comes of it.

use std::sync::Arc;
use stepwell_core::{execution::Execution, id::ExecutionId};

/// Who imports.
#[derive(Clone, Copy, Debug)]
pub struct Importer<'a> {
    /// The tenant, to which the execution belongs from then on.
    pub owner: &'a str,
    /// The subject, which the journal keeps.
    pub by: &'a str,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It added something.
    Added,
    /// All of it was there.
    Unchanged,
}

/// What an import led to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What became of the piece.
    pub taken: Taken,
    /// How many turns are there now.
    pub turns: u64,
    /// The execution as it is now; none where nothing is stored, as after a rehearsal.
    pub state: Option<Arc<Execution>>,
}

/// Why a piece is not taken. Nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not what an export writes.
    #[error("{0}")]
    Damaged(String),
    /// The id belongs to an execution with another past.
    #[error("{0}")]
    AnotherJournal(String),
    /// Turns before it are missing; so many are there.
    #[error("only {0} turns of it are here: send the ones after them first")]
    Gap(u64),
    /// Its parent, which is named, was not imported by this owner.
    #[error("it is a child of {0}, which is not imported: import that one, and its children with it")]
    Orphan(ExecutionId),
}
