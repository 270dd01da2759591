//! Requests to servers of the Model Context Protocol.

use document::{time::Time, work::McpTask};
use std::time::Duration;
use stepwell_core::task::{Failure, Outcome, Task};

/// Asks servers of the Model Context Protocol.
pub struct Mcp;

impl Mcp {
    /// Makes one request.
    pub async fn run(
        &self,
        _ask: &McpTask,
        _task: &Task,
        _limit: Duration,
        _now: &(dyn Fn() -> Time + Send + Sync),
    ) -> Outcome {
        Outcome::Failed(Failure::new("tool_failed", "this host asks no such servers yet"))
    }
}
