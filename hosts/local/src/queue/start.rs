//! The start of the dispatcher: what an earlier process left behind, and the task of what is due later.

use super::{
    dispatcher::{Dispatcher, Handler, Started},
    timers,
};
use crate::store::{limits, messages, queue::Queue, readers::Readers, writer::Writer};
use engine::port::StoreError;
use std::sync::Arc;
use tokio::runtime::Handle;

impl Dispatcher {
    /// Reads the ready messages that an earlier process left behind, and begins to hand out. It must be called within a
    /// runtime; `Permanent` the second time.
    pub async fn start(
        self: &Arc<Self>,
        handler: Arc<dyn Handler>,
        writer: Writer,
        readers: &Readers,
    ) -> Result<(), StoreError> {
        if self.started.set(Started { runtime: Handle::current(), handler, writer }).is_err() {
            return Err(StoreError::Permanent("the dispatcher was started before".into()));
        }
        // A process that moves some executions alone reads what is due of each when it adopts that.
        if self.moves.all() {
            self.revive_all(self.first as i64, readers).await?;
        }
        tokio::spawn(timers::run(self.clone()));
        self.pump();
        Ok(())
    }

    /// Makes the rows without a due time and with a receipt below `before` ready, a page at a time.
    async fn revive_all(self: &Arc<Self>, before: i64, readers: &Readers) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let moves = self.moves.clone();
            let page = readers.read(move |db| messages::ready(db, &moves, after, before, limits::START_ROWS)).await?;
            let (Some(last), items) = page else { return Ok(()) };
            after = last;
            self.clone().committed(&[], items);
        }
    }
}
