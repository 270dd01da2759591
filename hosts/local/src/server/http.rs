//! The API on a socket.

use axum::{Router, serve::ListenerExt};
use std::{future::Future, io, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};

/// Serves until `stop` resolves; then takes no new requests and gives open ones `grace` to end, because an event
/// stream has no end of its own.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    // An answer is written in one piece: waiting for more of it only costs time.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (told, stopping) = oneshot::channel();
    let signal = async move {
        stop.await;
        let _ = told.send(());
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(signal);
    let cut = async {
        let _ = stopping.await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        done = serving => done,
        () = cut => Ok(()),
    }
}
