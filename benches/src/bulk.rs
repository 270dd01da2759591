//! A job over many executions.

use crate::{
    limits::{median, sync_ms},
    world::{Failed, World, chain},
};
use document::parse;
use engine::{
    bulk::begin::{JobRequest, begin},
    port::{Action, ExecutionFilter, Host, JobStatus},
};
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use stepwell_core::execution::Status;

/// So many executions are retried.
const EXECUTIONS: u64 = 10_000;

/// The measurement in a folder of its own.
pub async fn alone(folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let sync = sync_ms(folder)?;
    let world = World::open(&folder.join("data")).await?;
    ten_thousand(&world, sync).await?;
    world.host.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Seconds to retry 10,000 executions that failed by one job, and what a start of another owner takes meanwhile.
pub async fn ten_thousand(world: &World, sync: f64) -> Result<(), Failed> {
    let document = json!({"id": "brittle", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "no", "type": "fail", "config": {"message": "it breaks"}}], "edges": [{"from": "go", "to": "no"}]});
    let workflow = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;
    for _ in 0..EXECUTIONS / 1_000 {
        let starts = futures::future::join_all((0..1_000).map(|_| world.start(&workflow, json!({})))).await;
        for id in starts.into_iter().collect::<Result<Vec<_>, _>>()? {
            world.settled(&id).await?;
        }
    }
    let host = &*world.host;
    local::server::take_up_jobs(&world.host);
    let filter = ExecutionFilter {
        owner: "bench".into(),
        workflow_id: Some(workflow.id.clone()),
        statuses: vec![Status::Failed],
        ..ExecutionFilter::default()
    };
    let request = JobRequest {
        action: Action::Retry,
        filter: filter.clone(),
        reason: None,
        by: "a@b.c".into(),
        idempotency: None,
    };
    let begun = Instant::now();
    let mut job = begin(host, request).await.map_err(|error| error.to_string())?;
    let made = begun.elapsed().as_secs_f64() * 1000.0;
    let (other, mut starts) = (chain(1)?, Vec::new());
    while job.status == JobStatus::Running {
        let asked = Instant::now();
        world.start(&other, json!({})).await?;
        starts.push(asked.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(10)).await;
        job = host.jobs().job("bench", &job.id).await?.ok_or("the job is gone")?;
    }
    let asked = begun.elapsed().as_secs_f64();
    while host.index().count(&filter).await? < EXECUTIONS {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let start = median(&mut starts);
    println!(
        "bulk: {} of {} retried in {asked:.2} s, {:.0} a second ({made:.0} ms to make the job); all have failed again \
         after {:.2} s; a start meanwhile {start:.3} ms, {:.1} syncs",
        job.done,
        job.matched,
        job.done as f64 / asked,
        begun.elapsed().as_secs_f64(),
        start / sync
    );
    Ok(())
}
