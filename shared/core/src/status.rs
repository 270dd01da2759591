//! The statuses of an execution and their names (execution model, §3).

use serde::{Deserialize, Serialize};

/// What an execution is doing, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the statuses of the execution model")]
pub enum Status {
    Pending,
    Running,
    Paused,
    WaitingHuman,
    Waiting,
    RollingBack,
    Stuck,
    Completed,
    Failed,
    Cancelled,
    Skipped,
}

impl Status {
    /// Whether an execution of this status has ended: no node of it runs any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Skipped)
    }

    /// The status's name in JSON, in `snake_case`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::WaitingHuman => "waiting_human",
            Self::Waiting => "waiting",
            Self::RollingBack => "rolling_back",
            Self::Stuck => "stuck",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// The status of that name in JSON; none where no status has it.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.into())).ok()
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
