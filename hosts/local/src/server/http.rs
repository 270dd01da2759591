//! Serves the API on sockets, over HTTP/1.1, with bounds on what a client may hold.

use super::{
    limits::{BUFFER_BYTES, Limits, SEND_BYTES},
    moving::Moving,
    places::Places,
    socket::Socket,
};
use api::Problem;
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    serve::Listener,
};
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, Connection},
    service::{HttpService, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{
    collections::VecDeque,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::AbortHandle,
    time::timeout,
};
use tower::ServiceExt;

/// Serves a port until `stop` resolves. Then it takes no new requests and gives open ones the grace of the limits to
/// end.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send, limits: Limits) {
    let places = Places::new(limits.connections, limits.per_address);
    let prepared = |stream: &tokio::net::TcpStream| {
        // An answer is written in one piece: to wait for more of it (Nagle's algorithm) only costs time. Where the
        // kernel refuses, the connection is served all the same.
        let _ = stream.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(stream, SEND_BYTES);
    };
    let entrance = Entrance { listener, prepared, address: |peer: &std::net::SocketAddr| peer.ip() };
    entrance.serve(Server { router, places: Arc::new(places), limits }, stop).await;
}

/// Serves the data folder's socket in the same way. All of its clients are processes of the same user.
pub async fn serve_socket(socket: Socket, router: Router, stop: impl Future<Output = ()> + Send, limits: Limits) {
    let places = Places::new(limits.own_connections, limits.own_connections);
    let here = |_: &()| IpAddr::V4(Ipv4Addr::LOCALHOST);
    let entrance = Entrance { listener: socket, prepared: |_: &tokio::net::UnixStream| {}, address: here };
    entrance.serve(Server { router, places: Arc::new(places), limits }, stop).await;
}

/// Where connections come from, and what is done with each before it is served.
struct Entrance<L, P, A> {
    listener: L,
    prepared: P,
    address: A,
}

impl<L, P, A> Entrance<L, P, A>
where
    L: Listener,
    L::Io: Unpin,
    P: Fn(&L::Io),
    A: Fn(&L::Addr) -> IpAddr,
{
    async fn serve(mut self, server: Server, stop: impl Future<Output = ()> + Send) {
        let open = GracefulShutdown::new();
        let mut spare = VecDeque::new();
        let mut stop = pin!(stop);
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            (self.prepared)(&stream);
            let stream = Moving::new(stream, server.limits.stall, server.limits.stall_bytes);
            match server.places.take((self.address)(&peer)) {
                Some(place) => {
                    let connection = open.watch(server.connection(stream));
                    tokio::spawn(async move {
                        let _place = place;
                        told(connection.await);
                    });
                }
                None => server.spare(stream, &mut spare),
            }
        }
        drop(self);
        let _ = timeout(server.limits.grace, open.shutdown()).await;
    }
}

/// What serves the connections of one listener.
struct Server {
    router: Router,
    places: Arc<Places>,
    limits: Limits,
}

impl Server {
    /// Settings of HTTP for every connection.
    fn http(&self) -> Builder {
        let mut http = Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(BUFFER_BYTES);
        http
    }

    /// Serves a connection that has a place, for a bounded number of requests, and for one alone while places are
    /// scarce.
    fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
    ) -> Connection<
        TokioIo<S>,
        impl HttpService<Incoming, ResBody = axum::body::Body, Future: Send, Error: Send> + use<S>,
    > {
        let (router, places, most) = (self.router.clone(), self.places.clone(), self.limits.requests);
        let served = Arc::new(AtomicUsize::new(0));
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let is_last = served.fetch_add(1, Relaxed) + 1 >= most || places.are_scarce();
            let answer = router.clone().oneshot(request);
            async move {
                let mut answer = answer.await?;
                if is_last {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, std::convert::Infallible>(answer)
            }
        });
        self.http().serve_connection(TokioIo::new(stream), service)
    }

    /// Serves a connection that found no place: `GET /health`, and a word to all others. The oldest of these makes room
    /// for a new one, so that they are always accepted.
    fn spare<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, others: &mut VecDeque<AbortHandle>) {
        let mut http = self.http();
        http.keep_alive(false);
        let router = self.router.clone().layer(from_fn(health_only));
        let service = service_fn(move |request: hyper::Request<Incoming>| router.clone().oneshot(request));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let time = self.limits.spare_time;
        let task = tokio::spawn(async move {
            if let Ok(ended) = timeout(time, connection).await {
                told(ended);
            }
        });
        others.push_back(task.abort_handle());
        while others.len() > self.limits.spare {
            if let Some(oldest) = others.pop_front() {
                oldest.abort();
            }
        }
    }
}

fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A middleware that lets `GET /health` through, and answers 503 `busy` to everything else.
async fn health_only(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() == "/health" {
        return next.run(request).await;
    }
    let detail = "all connections that this host has, or has for your address, are taken: try again in a moment";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
    problem.with_header(header::RETRY_AFTER, "1").into_response()
}
