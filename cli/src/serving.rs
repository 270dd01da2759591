//! Serves the data folder's socket while this process has the folder, so that this user's other commands reach it.

use local::{
    Local,
    server::{self, Callers, Limits, Stop, Stopper, socket::Socket},
};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The socket, served until [`Self::end`].
pub struct Serving {
    stopper: Stopper,
    task: JoinHandle<()>,
}

impl Serving {
    /// Begins to serve. None where the folder can have no socket, which is told: then other commands wait until this
    /// process is done.
    pub fn begin(host: &Arc<Local>) -> Option<Self> {
        let socket = match Socket::listen(host.folder()) {
            Ok(socket) => socket,
            Err(error) => {
                eprintln!("the data folder has no socket: {error}; other commands wait until this one is done");
                return None;
            }
        };
        let (stopper, stop) = Stop::pair();
        let router = server::router(host, Callers::Own, &stop);
        let task = tokio::spawn(async move {
            server::serve_socket(socket, router, stop.stopped(), Limits::of_process()).await;
        });
        Some(Self { stopper, task })
    }

    /// Takes no new requests, and gives those that are open a moment to end.
    pub async fn end(self) {
        self.stopper.stop();
        // A panic of the server is logged, and ends nothing but itself.
        let _ = self.task.await;
    }
}
