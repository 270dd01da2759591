//! Where a piece of work stands: whose it is, and what it comes before.

use std::sync::Arc;
use stepwell_core::effect::Work;

/// An owner, as the work of many executions shares its name.
pub type Owner = Arc<str>;

/// What comes first. The order is that of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What a caller waits for, and what tells an execution to pause, to resume or to end.
    Command,
    /// The work of executions that have no parent.
    Root,
    /// The work of children: there may be thousands of one parent.
    Child,
}

impl Rank {
    /// The number of ranks.
    pub const COUNT: usize = 3;

    /// The rank of a message to an execution; `child`: it has a parent.
    pub fn of(work: &Work, child: bool) -> Self {
        match work {
            Work::Control { .. } | Work::TellChildren { .. } | Work::RollBack | Work::Timeout => Self::Command,
            Work::Step { .. }
            | Work::Timer { .. }
            | Work::StartChildren { .. }
            | Work::ChildEnded { .. }
            | Work::ChildAsks { .. }
            | Work::Undo(_)
            | Work::ChildUndone { .. }
            | Work::Deliver(_)
            | Work::Remember { .. }
            | Work::Admit => Self::of_execution(child),
        }
    }

    /// The rank of what an execution does by itself; `child`: it has a parent.
    pub fn of_execution(child: bool) -> Self {
        if child { Self::Child } else { Self::Root }
    }
}

/// The place of a piece of work in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose work it is. Empty: the host's own.
    pub owner: Owner,
    /// What it comes before.
    pub rank: Rank,
}

impl Place {
    /// The place of work of an owner.
    pub fn new(owner: &Owner, rank: Rank) -> Self {
        Self { owner: owner.clone(), rank }
    }
}
