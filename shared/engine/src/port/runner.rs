//! The runner of nodes, and the clock.

use async_trait::async_trait;
use document::time::Time;
use std::time::Duration;
use stepwell_core::{
    id::ExecutionId,
    task::{Report, Task},
};

/// Runs nodes that do I/O.
#[async_trait]
pub trait Runner: Send + Sync {
    /// One attempt, to its end or its timeout. `now` is the host's clock.
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report;
}

/// How far a process may go on by itself with an execution, as its host says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The time at which the process is surely over. The message of a step that it goes on with comes then.
    pub until: Time,
    /// What its work may still take.
    pub left: Duration,
    /// What its work might take when it began.
    pub whole: Duration,
}

/// The host's clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Time;
    /// Ends once `time` has passed. The engine waits for it only beside work that it leaves then, so that a host whose
    /// ports answer at once need not end it.
    async fn sleep(&self, time: Duration);
    /// The time that work may still take, so that what follows it is done before this process is cut off. None where
    /// nothing cuts it off.
    fn time_left(&self) -> Option<Duration> {
        None
    }
    /// A new execution id: a UUID v7.
    fn new_id(&self) -> ExecutionId;
}
