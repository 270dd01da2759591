//! What a caller of the API waits for: starts over HTTP.

use crate::{
    limits::median,
    world::{Failed, World, chain_document},
};
use local::server::{Callers, Limits, Stop};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};
use tokio::{net::TcpListener, runtime::Handle, task::block_in_place};

/// A connection that waits for each answer before it sends more. It blocks its thread, so that it costs little beside
/// what is measured.
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects to a server.
    pub fn connect(address: SocketAddr) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends one request. Returns the status, the body, and the milliseconds until both were there.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Value, f64), Failed> {
        self.send_keyed(method, path, None, body)
    }

    /// The same with an `Idempotency-Key`, where there is one.
    pub fn send_keyed(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> Result<(u16, Value, f64), Failed> {
        let length = body.len();
        let key = key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             {key}content-length: {length}\r\n\r\n{body}"
        );
        let begun = Instant::now();
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line)?;
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let time = begun.elapsed().as_secs_f64() * 1000.0;
        Ok((status, serde_json::from_slice(&body)?, time))
    }
}

/// Measures starts over HTTP, one after another on one connection, beside requests that commit nothing. `sync` is the
/// time of one sync of the disk in milliseconds.
pub async fn start_latency(world: &World, sync: f64) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = local::server::router(&world.host, Callers::Loopback, &Stop::never());
    let stopping = async move { drop(stopped.await) };
    let server = tokio::spawn(local::server::serve(listener, router, stopping, Limits::of_process()));
    block_in_place(|| measure(&mut Client::connect(address)?, world, sync))?;
    drop(stop);
    server.await?;
    Ok(())
}

fn measure(client: &mut Client, world: &World, sync: f64) -> Result<(), Failed> {
    let (status, ..) = client.send("POST", "/v1/workflows", &chain_document(1).to_string())?;
    if status != 201 {
        return Err(format!("the workflow is answered {status}").into());
    }
    let (mut starts, mut others) = (Vec::new(), Vec::new());
    let body = json!({ "input": {} }).to_string();
    // A connection serves a thousand requests.
    for _ in 0..400 {
        let (status, started, time) = client.send("POST", "/v1/workflows/chain-1/executions", &body)?;
        let id = started["execution_id"].as_str().filter(|_| status == 202).ok_or("it did not start")?;
        starts.push(time);
        // The next start begins on a host that is at rest.
        Handle::current().block_on(world.settled(&id.into()))?;
        others.push(client.send("GET", "/health", "")?.2);
    }
    let (start, other) = (median(&mut starts), median(&mut others));
    println!(
        "start over HTTP: {start:.3} ms, {:.1} syncs; {other:.3} ms take requests that commit nothing",
        start / sync
    );
    Ok(())
}
