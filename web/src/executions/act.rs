//! What is asked of many executions at once: its words, and the statuses in which it has something to do.

use crate::words::count;
use stepwell_core::execution::Status;

/// What is asked of many executions.
pub struct Act {
    /// The word of the API.
    pub word: &'static str,
    /// The word for people.
    pub told: &'static str,
    /// The word for what is being done.
    pub doing: &'static str,
    /// The word for what was done.
    pub done: &'static str,
    /// What it does, in a sentence: people confuse some of them.
    pub does: &'static str,
    /// The statuses in which it has something to do.
    pub statuses: &'static [Status],
}

impl Act {
    /// The one of a word.
    pub fn of(word: &str) -> Option<&'static Self> {
        ACTIONS.iter().find(|act| act.word == word)
    }

    /// How its button looks: what ends executions does not look like what has them go on.
    pub fn class(&self) -> &'static str {
        if self.word == "cancel" { "danger" } else { "main" }
    }

    /// What was done, in words: `3 executions were cancelled`.
    pub fn did(&self, many: u64) -> String {
        format!("{} {} {}", count(many, "execution"), if many == 1 { "was" } else { "were" }, self.done)
    }

    /// What was not done: `2 of 3 executions were not cancelled`.
    pub fn did_not(&self, many: u64, all: u64) -> String {
        match (many, all) {
            (1, 1) => format!("The execution was not {}", self.done),
            (many, all) if many == all => format!("None of {all} executions was {}", self.done),
            (1, all) => format!("1 of {all} executions was not {}", self.done),
            (many, all) => format!("{many} of {all} executions were not {}", self.done),
        }
    }

    /// What it will do to executions, with what becomes of those that have moved on by then.
    pub fn will(&self, many: u64) -> String {
        let stays = if many == 1 {
            "If its state does not allow it by then, it stays as it is."
        } else {
            "Those whose state does not allow it by then stay as they are."
        };
        format!(" will be {}. {stays}", self.done)
    }

    /// What an execution is doing after it.
    pub fn leads_to(&self) -> Status {
        if self.word == "cancel" { Status::Cancelled } else { Status::Running }
    }

    /// Whether it has something to do in a list of these statuses; none stands for all.
    pub fn suits(&self, statuses: &[Status]) -> bool {
        statuses.is_empty() || statuses.iter().any(|one| self.statuses.contains(one))
    }
}

/// All of them, in the order of their buttons.
pub const ACTIONS: [Act; 4] = [
    Act {
        word: "cancel",
        told: "Cancel",
        doing: "Cancelling",
        done: "cancelled",
        does: "Cancelling ends executions where they are, and undoes nothing.",
        statuses: &[
            Status::Pending,
            Status::Running,
            Status::Paused,
            Status::WaitingHuman,
            Status::Waiting,
            Status::Stuck,
        ],
    },
    Act {
        word: "retry",
        told: "Retry",
        doing: "Retrying",
        done: "retried",
        does: "Retrying has executions go on where they failed or were cancelled.",
        statuses: &[Status::Failed, Status::Cancelled],
    },
    Act {
        word: "resume",
        told: "Resume",
        doing: "Resuming",
        done: "resumed",
        does: "Resuming has paused executions go on.",
        statuses: &[Status::Paused],
    },
    Act {
        word: "redrive",
        told: "Redrive",
        doing: "Redriving",
        done: "redriven",
        does: "Redriving sends the messages again at which executions are stuck.",
        statuses: &[Status::Stuck],
    },
];
