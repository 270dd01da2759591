//! Ctrl-C (SIGINT) and SIGTERM: the first asks the process to stop, the second stops it at once.

use crate::{Exit, Failure};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// Tells whether a signal came. Its clones share what they hear, for as long as the process lives.
#[derive(Clone)]
pub struct Signals(watch::Receiver<bool>);

impl Signals {
    /// Begins to listen: from then on the first signal only asks. A failure where the system refuses.
    pub fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| Failure::failed(format!("signals cannot be heard: {error}"), "try again"))
        };
        let (interrupt, terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
        let (told, heard) = watch::channel(false);
        tokio::spawn(listen(interrupt, terminate, told));
        Ok(Self(heard))
    }

    /// Resolves at the first signal, or at once where that came before.
    pub async fn first(&mut self) {
        if self.0.wait_for(|heard| *heard).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The same, and also what `other` resolves for.
    pub fn or(&self, other: impl Future<Output = ()> + Send + 'static) -> Self {
        let (told, heard) = watch::channel(false);
        let mut own = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = own.first() => {}
                () = other => {}
                // Nobody listens any more.
                () = told.closed() => {}
            }
            told.send_replace(true);
        });
        Self(heard)
    }

    /// Whether a signal came.
    pub fn heard(&self) -> bool {
        *self.0.borrow()
    }
}

/// Passes the first signal on, and ends the process at the second.
async fn listen(mut interrupt: Signal, mut terminate: Signal, told: watch::Sender<bool>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if told.send_replace(true) {
            // Nothing is lost: turns that were committed are durable, and nodes that are cut off run again.
            std::process::exit(Exit::Interrupted as i32);
        }
    }
}
