//! The documents that an execution has been run by: the one that it started with, and those that patches made of it.

use crate::{event::Started, execution::Execution};
use document::Workflow;
use std::sync::Arc;

/// The documents at hand. A state names the one in force, and events that change it say so: whoever folds or decides
/// looks the document up here, and needs no other knowledge of what was patched when.
///
/// One workflow stands for itself alone, so that whoever has only that passes it as it is.
#[derive(Clone, Copy)]
pub struct Documents<'a> {
    /// The document of the start, or the one in force.
    first: &'a Workflow,
    others: &'a [Arc<Workflow>],
}

impl<'a> Documents<'a> {
    /// A document, and others that patches made of it or before it.
    pub fn new(first: &'a Workflow, others: &'a [Arc<Workflow>]) -> Self {
        Self { first, others }
    }

    /// The document in force in a state; none where it is not at hand.
    pub fn of(self, state: &Execution) -> Option<&'a Workflow> {
        self.named(&state.started, state.patched.as_deref())
    }

    /// The document of that hash among those of an execution; the one that it started with where no hash is given.
    pub fn named(self, started: &Started, hash: Option<&str>) -> Option<&'a Workflow> {
        // The body of a map has no hash of its own by which it could be found, and is never patched by itself.
        if hash.is_none() && !started.body.is_empty() {
            return Some(self.first);
        }
        let wanted = hash.unwrap_or(&started.workflow_hash);
        let all = std::iter::once(self.first).chain(self.others.iter().map(|other| &**other));
        all.into_iter().find(|workflow| workflow.hash == wanted)
    }
}

impl<'a> From<&'a Workflow> for Documents<'a> {
    fn from(only: &'a Workflow) -> Self {
        Self::new(only, &[])
    }
}

impl<'a> From<&'a Arc<Workflow>> for Documents<'a> {
    fn from(only: &'a Arc<Workflow>) -> Self {
        Self::new(only, &[])
    }
}
