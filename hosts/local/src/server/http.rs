//! Serves the API on a socket, over HTTP/1.1, with bounds on what a client may hold.

use super::limits::{self, BUFFER_BYTES, HEADER_SECONDS};
use axum::{
    Router,
    serve::{Listener, ListenerExt},
};
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};

/// Serves until `stop` resolves. Then it takes no new requests and gives open ones `grace` to end: an event stream has
/// no end of its own.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) {
    // An answer is written in one piece: to wait for more of it (Nagle's algorithm) only costs time.
    let mut listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_SECONDS).max_buf_size(BUFFER_BYTES);
    let service = TowerToHyperService::new(router);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits::connections()));
    let mut stop = pin!(stop);
    loop {
        let taken = async {
            // A client that finds no place waits in the listener's backlog. The semaphore is never closed.
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await.0)
        };
        let (place, stream) = tokio::select! {
            taken = taken => taken,
            () = &mut stop => break,
        };
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(grace, open.shutdown()).await;
}
