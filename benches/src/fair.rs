//! What one owner waits for while another one runs ten maps of 10,000 items.

use crate::{
    limits::median,
    world::{Failed, World, chain, wide_map},
};
use engine::{
    drive::submit,
    start::{StartRequest, start},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use stepwell_core::{
    command::{Command, Control},
    id::ExecutionId,
};

/// How long starts are measured beside the maps.
const TIME: Duration = Duration::from_secs(3);
/// Items of each map, all of which may run at once.
const ITEMS: u32 = 10_000;

/// Measures starts of an owner on a quiet host, then beside the maps of another one, and prints both and their ratio.
pub async fn start_latency(folder: &Path) -> Result<(), Failed> {
    let world = World::open(&folder.join("fair")).await?;
    let mut quiet = starts(&world, 200, TIME).await?;
    let maps = wide_map(ITEMS)?;
    let mut roots = Vec::new();
    for _ in 0..10 {
        let request = StartRequest::new("greedy", maps.clone(), json!(vec![0; ITEMS as usize]));
        roots.push(start(&*world.host, request).await.map_err(|error| error.told())?.id().clone());
    }
    let mut beside = starts(&world, usize::MAX, TIME).await?;
    let begun = Instant::now();
    for id in &roots {
        cancel(&world, id).await?;
    }
    let cancelled = begun.elapsed().as_secs_f64() * 1000.0 / 10.0;
    let (count, quiet, busy) = (beside.len(), median(&mut quiet), median(&mut beside));
    let worst = beside.last().copied().unwrap_or_default();
    println!(
        "start beside ten maps of 10,000 of another owner: {busy:.2} ms, {:.1} times the quiet {quiet:.2} ms; \
         the worst of {count} {worst:.1} ms; cancelling one of the maps {cancelled:.1} ms",
        busy / quiet
    );
    world.host.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Milliseconds of each of at most `count` starts within `time`, one after another.
async fn starts(world: &World, count: usize, time: Duration) -> Result<Vec<f64>, Failed> {
    let workflow = chain(1)?;
    let (mut times, begun) = (Vec::new(), Instant::now());
    while times.len() < count && begun.elapsed() < time {
        let one = Instant::now();
        let request = StartRequest::new("polite", workflow.clone(), Value::Null);
        start(&*world.host, request).await.map_err(|error| error.told())?;
        times.push(one.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(times)
}

async fn cancel(world: &World, id: &ExecutionId) -> Result<(), Failed> {
    submit(&*world.host, id, Command::Control { control: Control::Cancel, reason: None }).await?;
    Ok(())
}
