//! The memory of a host, as far as large values take it.

use crate::limits::OUTCOME_MEMORY_BYTES;
use async_trait::async_trait;
use std::fmt::Debug;

/// The memory that a host gives to large values. Small ones need not ask.
#[async_trait]
pub trait Memory: Debug + Send + Sync {
    /// Waits for room for a value of so many bytes. The room is the caller's until it drops what is returned, and as
    /// long as what the host does at the moment goes on: a request, or the messages of one execution. After a while the
    /// caller goes on without room, since what it does may have begun outside of the host.
    async fn room(&self, bytes: usize) -> Box<dyn Send + Sync>;

    /// Bytes of memory that one value may take: a node whose output would take more fails.
    fn most(&self) -> usize {
        OUTCOME_MEMORY_BYTES
    }
}

/// For a process whose memory somebody else bounds, such as a function on Lambda.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unbounded;

#[async_trait]
impl Memory for Unbounded {
    async fn room(&self, _: usize) -> Box<dyn Send + Sync> {
        Box::new(())
    }
}
