//! The statuses of an execution and their names (execution model, §3).

document::closed_set!(
    /// What an execution is doing, or how it ended.
    Status {
        /// `max_concurrency` or another execution of its line holds the execution back, or no node of it has run yet.
        Pending = "pending",
        /// Nodes run, or are due to run.
        Running = "running",
        /// The execution was paused: no node starts until it is resumed.
        Paused = "paused",
        /// A question to people is open, and nothing else goes on.
        WaitingHuman = "waiting_human",
        /// The execution waits for a time, an event or its children.
        Waiting = "waiting",
        /// What was done is being undone.
        RollingBack = "rolling_back",
        /// A message of the execution could not be processed.
        Stuck = "stuck",
        /// The execution ended with a result.
        Completed = "completed",
        /// The execution ended with an error.
        Failed = "failed",
        /// A caller ended the execution.
        Cancelled = "cancelled",
        /// `overlap` refused the start.
        Skipped = "skipped",
    }
);

impl Status {
    /// Whether an execution of this status has ended: no node of it runs any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Skipped)
    }

    /// What may be asked of an execution of this status, for people who asked for something else.
    pub fn possible(self) -> &'static str {
        match self {
            Self::Pending | Self::Running | Self::Waiting => "it can be paused, cancelled or rolled back",
            Self::WaitingHuman => "its question can be answered, and it can be paused, cancelled or rolled back",
            Self::Paused => "it can be resumed, cancelled or rolled back",
            Self::RollingBack => "it can be paused or cancelled meanwhile",
            Self::Stuck => "it can be unstuck, cancelled or rolled back",
            Self::Completed => "it can be rolled back or forked",
            Self::Failed | Self::Cancelled => "it can be retried, rolled back or forked",
            Self::Skipped => "start another one",
        }
    }
}
