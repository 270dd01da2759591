//! What a rollback takes over from one that it cuts short: what that one had still to undo.

use super::{Carried, Ended, Rolling, Undo, What};
use crate::{effect::Undoing, id::Activation};

impl Rolling {
    /// What is still to be undone, in its order, with what is known by now of runs that were awaited.
    pub fn left(&self) -> Vec<Undo> {
        let undo = self.plan.iter().flat_map(|plan| plan.undo.iter().enumerate()).skip(self.next);
        undo.filter_map(|(number, undo)| {
            let ended = self.ended.iter().find(|(of, _)| *of == number).map(|(_, ended)| ended);
            let mut undo = undo.clone();
            if let (What::Node { output, unknown, until, .. }, Some(ended)) = (&mut undo.what, ended) {
                *until = None;
                match ended {
                    Ended::Succeeded { output: came } => output.clone_from(came),
                    Ended::Unknown => *unknown = true,
                    // Of a run that certainly did nothing, nothing is undone.
                    Ended::Failed => return None,
                }
            }
            Some(undo)
        })
        .collect()
    }

    /// Whether a child is undone whole by it, as far as is known before its plan is made.
    pub fn undoes(&self, activation: &Activation, attempt: u32, index: u32) -> bool {
        let Some(plan) = &self.plan else { return true };
        let child = |undo: &Undo| undo.activation == *activation && undo.what.is_child(attempt, index);
        plan.undo.iter().skip(self.next).any(child)
    }

    /// The `at_most_once` attempt that runs, or of which nobody knows how it ended.
    pub fn carried(&self, epoch: u32) -> Option<Carried> {
        let present = Undoing { epoch, number: self.next, attempt: self.attempt };
        Some(Carried { undoing: self.carried.unwrap_or(present), deadline: self.intended? })
    }
}
