//! Ctrl-C and SIGTERM: the first asks to stop, the second stops at once.

use crate::cli::{Exit, Failure};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// Listens for as long as the process lives.
#[derive(Clone)]
pub struct Signals(watch::Receiver<bool>);

impl Signals {
    /// From now on the first signal only asks.
    pub fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| Failure::failed(format!("signals cannot be heard: {error}"), "try again"))
        };
        let (interrupt, terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
        let (told, heard) = watch::channel(false);
        tokio::spawn(listen(interrupt, terminate, told));
        Ok(Self(heard))
    }

    /// Resolves at the first signal, or at once where it came before.
    pub async fn first(&mut self) {
        if self.0.wait_for(|heard| *heard).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it came.
    pub fn heard(&self) -> bool {
        *self.0.borrow()
    }
}

async fn listen(mut interrupt: Signal, mut terminate: Signal, told: watch::Sender<bool>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if told.send_replace(true) {
            // Nothing is lost: what is committed is durable, and what runs now runs again.
            std::process::exit(Exit::Interrupted as i32);
        }
    }
}
