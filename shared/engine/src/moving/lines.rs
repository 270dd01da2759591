//! The lines that nodes wrote, on their way with the turns: each goes with the first turn that was not decided before it was
//! written.

use crate::{
    limits,
    port::{Host, StoreError, Window},
};
use document::time::Time;
use serde_json::Value;
use stepwell_core::{
    event::Turn,
    id::ExecutionId,
    task::{LogLevel, NodeLog},
};

/// The lines of an execution that have not been taken along.
pub(super) struct Lines {
    /// By time.
    left: Vec<NodeLog>,
}

impl Lines {
    /// The lines that were written after a turn; all for turn 0.
    pub async fn after(host: &dyn Host, id: &ExecutionId, turn: u64) -> Result<Self, StoreError> {
        let since = match turn.checked_sub(1) {
            None => None,
            Some(before) => host.journal().turns_lean(id, before, 1).await?.first().map(|turn| turn.at),
        };
        let (mut left, mut cursor) = (Vec::new(), None);
        loop {
            let page = host.journal().logs(id, &Window { limit: limits::LOG_PAGE, cursor }).await?;
            left.extend(page.items.into_iter().filter(|log| since.is_none_or(|since: Time| log.line.at > since)));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        left.sort_by_key(|log| log.line.at);
        Ok(Self { left })
    }

    /// The lines that go with a turn, and how many they are; with the last turn all go that are left. Of more than a
    /// request has room for the latest go, and the first says how many do not.
    pub fn until(&self, turn: &Turn, is_last: bool) -> (Vec<Value>, usize) {
        let count = if is_last { self.left.len() } else { self.left.partition_point(|log| log.line.at <= turn.at) };
        let mut bytes = 0;
        let fits = |log: &&NodeLog| {
            bytes += log.line.message.len() + log.node.len() + limits::LOG_AROUND_BYTES;
            bytes <= limits::MOVED_LOG_BYTES
        };
        let fitting = self.left[..count].iter().rev().take_while(fits).count();
        let (dropped, kept) = self.left[..count].split_at(count - fitting);
        let said = dropped.last().map(|last| {
            let mut said = last.clone();
            said.line.level = LogLevel::Warn;
            said.line.message = format!("{} lines until here were too many to move to another host", dropped.len());
            said
        });
        let written = said.iter().chain(kept).filter_map(|log| serde_json::to_value(log).ok());
        (written.collect(), count)
    }

    /// Leaves so many lines behind.
    pub fn pass(&mut self, count: usize) {
        self.left.drain(..count);
    }
}
