//! What a caller of the API waits for.

use crate::{
    limits::median,
    world::{Failed, World, chain_document},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Starts over HTTP, one after another on one connection.
pub async fn start_latency(world: &World, sync: f64) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = local::server::router(&world.host, true);
    let stopping = async move { drop(stopped.await) };
    let server = tokio::spawn(local::server::serve(listener, router, stopping, Duration::from_secs(1)));
    let client = reqwest::Client::builder().no_proxy().build()?;
    client.post(format!("{url}/v1/workflows")).json(&chain_document(1)).send().await?.error_for_status()?;
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        let started: Value = client
            .post(format!("{url}/v1/workflows/chain-1/executions"))
            .json(&json!({ "input": {} }))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        let id = started["execution_id"].as_str().ok_or("no execution_id")?;
        world.settled(&id.into()).await?;
    }
    let start = median(&mut times);
    println!("start over HTTP: {start:.3} ms, {:.1} syncs", start / sync);
    drop(stop);
    server.await?;
    Ok(())
}
