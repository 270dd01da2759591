//! The moves of an execution, told to a page that follows it: that there is a later checkpoint, and its end.

use crate::limits;
use api::{App, Problem, Stop};
use engine::port::{Host, StoreError};
use std::sync::Arc;
use stepwell_core::id::ExecutionId;
use tokio::time::{Instant, sleep_until, timeout_at};

/// What tells the moves of one execution.
pub struct Moves {
    host: Arc<dyn Host>,
    /// A stream ends where its host stops.
    stop: Stop,
    id: ExecutionId,
    /// The last checkpoint that was told.
    after: u64,
    /// By when the answer must have ended; none where it may last until the execution ends.
    until: Option<Instant>,
    /// Nothing is told before: the page has no time for it.
    rests: Instant,
    is_over: bool,
}

/// What there is to tell at a moment.
enum News {
    Moved(String),
    /// Nothing moved, and the connection is to be kept open.
    Silence,
    /// The time is over, or the host stops: the page connects again.
    Over,
}

impl Moves {
    /// The moves after a checkpoint.
    pub fn after(app: &App, id: &ExecutionId, after: u64, until: Option<Instant>) -> Self {
        let (host, stop, id) = (app.host.clone(), app.stop.clone(), id.clone());
        Self { host, stop, id, after, until, rests: Instant::now(), is_over: false }
    }

    /// The next part of the stream; none after its end. Where the store fails the stream breaks off, and the page connects
    /// again.
    pub async fn next(&mut self) -> Option<Result<String, StoreError>> {
        if self.is_over {
            return None;
        }
        let news = self.news().await;
        self.is_over |= !matches!(news, Ok(News::Moved(_) | News::Silence));
        match news {
            Ok(News::Moved(text)) => Some(Ok(text)),
            Ok(News::Silence) => Some(Ok(": heartbeat\n\n".to_owned())),
            Ok(News::Over) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The next move as one whole text, for a page whose answers come in one piece. It is empty where nothing moves until
    /// the time is over.
    pub async fn so_far(mut self) -> Result<String, Problem> {
        loop {
            match self.news().await? {
                News::Moved(text) => return Ok(text),
                News::Silence => {}
                News::Over => return Ok(String::new()),
            }
        }
    }

    async fn news(&mut self) -> Result<News, StoreError> {
        let silent = Instant::now() + api::limits::HEARTBEAT;
        let patience = self.until.map_or(silent, |until| until.min(silent));
        let stop = self.stop.clone();
        tokio::select! {
            text = timeout_at(patience, self.moved()) => match text {
                Ok(text) => text.map(News::Moved),
                Err(_) if self.until.is_some_and(|until| until <= Instant::now()) => Ok(News::Over),
                Err(_) => Ok(News::Silence),
            },
            () = stop.stopped() => Ok(News::Over),
        }
    }

    /// Waits until the execution has moved, and for the end of the rest after the last time.
    async fn moved(&mut self) -> Result<String, StoreError> {
        sleep_until(self.rests).await;
        loop {
            let state = self.host.journal().load_lean(&self.id).await?;
            let ended = state.as_ref().is_none_or(|state| state.status().is_terminal());
            let newest = state.map_or(self.after, |state| state.seq);
            let mut text = String::new();
            if newest > self.after {
                text = format!("id: {newest}\nevent: moved\ndata: {newest}\n\n");
            }
            if ended {
                self.is_over = true;
                text.push_str("event: end\ndata: {}\n\n");
            }
            if !text.is_empty() {
                self.after = newest;
                self.rests = Instant::now() + limits::MOVES;
                return Ok(text);
            }
            self.host.journal().changed(&self.id, self.after).await;
        }
    }
}
