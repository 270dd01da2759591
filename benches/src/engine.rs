//! The measurements of the embedded host: expressions, starts, hops, throughput, joins and pauses.

use crate::{
    limits::{median, rows_per_second, sync_ms},
    world::{Failed, World, chain, fan_out, pause},
};
use document::Workflow;
use expression::Expr;
use serde_json::json;
use std::{path::Path, sync::Arc, time::Instant};

/// Runs every measurement in a folder of its own, and prints a line for each.
pub async fn all(folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let (mut sync, mut single, mut grouped) = (f64::MAX, 0f64, 0f64);
    for _ in 0..3 {
        // The best of three counts: it shows what the machine can do, and not what else it was doing.
        sync = sync.min(sync_ms(folder)?);
        single = single.max(rows_per_second(folder, 1, 2_000)?);
        grouped = grouped.max(rows_per_second(folder, 64, 128_000)?);
    }
    println!("machine: fdatasync {sync:.3} ms; SQLite FULL {single:.0} commits/s, {grouped:.0} rows/s in groups of 64");
    expressions()?;
    let idle = resident();
    let world = World::open(&folder.join("data")).await?;
    println!("resident idle: {idle} before the host is open, {} after", resident());
    start_latency(&world, sync).await?;
    crate::http::start_latency(&world, sync).await?;
    hop_latency(&world, sync).await?;
    throughput(&world, grouped).await?;
    fan(&world, sync).await?;
    pauses(&world, folder, single).await?;
    crate::rollback::a_thousand(&world, sync).await?;
    crate::whatif::ten_thousand(&world).await?;
    crate::bulk::ten_thousand(&world, sync).await?;
    println!("resident under load: {}", resident());
    world.host.shutdown(std::time::Duration::from_secs(5)).await;
    crate::talk::two_hundred(folder).await?;
    crate::fair::start_latency(folder).await
}

/// Microseconds to compile an expression, and to evaluate one.
fn expressions() -> Result<(), Failed> {
    let source = "output.score >= 80 && ctx.a.output.name == 'abc'";
    let begun = Instant::now();
    // `black_box` keeps the compiler from doing the work once for all rounds.
    for _ in 0..20_000 {
        std::hint::black_box(Expr::compile(std::hint::black_box(source))?);
    }
    println!("CEL compile: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / 20_000.0);
    let value = json!({ "score": 81, "amount": 12 });
    let null = serde_json::Value::Null;
    let expr = Expr::compile("output.score >= 80 && amount < 100")?;
    let scope = expression::Scope {
        output: Some(&value),
        input: &null,
        ctx: &Nothing,
        in_loop: None,
        item: None,
        index: None,
        execution: expression::ExecutionScope { id: "e", workflow_id: "w", started_at: "2026-01-01T00:00:00Z" },
        args: None,
        extra: &[],
        bare: [Some(&value), None],
    };
    let begun = Instant::now();
    for _ in 0..200_000 {
        std::hint::black_box(expr.eval_bool(std::hint::black_box(&scope))?);
    }
    println!("CEL evaluate: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / 200_000.0);
    Ok(())
}

/// A context without nodes.
struct Nothing;
impl expression::Context for Nothing {
    fn output_of(&self, _: &str) -> Option<&serde_json::Value> {
        None
    }
    fn nodes(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Milliseconds of a start within the process, one execution after another; the median of 500.
async fn start_latency(world: &World, sync: f64) -> Result<(), Failed> {
    let workflow = chain(1)?;
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        let id = world.start(&workflow, json!({})).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        world.settled(&id).await?;
    }
    let start = median(&mut times);
    println!("start: {start:.3} ms in process, {:.1} syncs", start / sync);
    Ok(())
}

/// Milliseconds of a hop in chains of ten nodes, one chain after another. A chain takes eleven hops, the start
/// included.
async fn hop_latency(world: &World, sync: f64) -> Result<(), Failed> {
    let workflow = chain(10)?;
    let mut times = Vec::new();
    for _ in 0..300 {
        let begun = Instant::now();
        let id = world.start(&workflow, json!({})).await?;
        world.settled(&id).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0 / 11.0);
    }
    let hop = median(&mut times);
    println!("hop: {hop:.3} ms, {:.1} syncs, one chain at a time", hop / sync);
    Ok(())
}

/// Nodes per second where 2,000 chains of ten run at once; the median of five rounds.
async fn throughput(world: &World, grouped: f64) -> Result<(), Failed> {
    let workflow = chain(10)?;
    let mut rates = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        run_all(world, &workflow, 2_000).await?;
        rates.push(20_000.0 / begun.elapsed().as_secs_f64());
    }
    let rate = median(&mut rates);
    println!("steps/s: {rate:.0} with 2,000 chains of 10 at once, {:.2} of the rows/s", rate / grouped);
    Ok(())
}

/// Starts so many executions at once, and waits until all have ended.
async fn run_all(world: &World, workflow: &Arc<Workflow>, count: usize) -> Result<(), Failed> {
    let starts = futures::future::join_all((0..count).map(|_| world.start(workflow, json!({})))).await;
    let ids = starts.into_iter().collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        world.settled(id).await?;
    }
    Ok(())
}

/// Milliseconds of an execution that fans out to a hundred nodes and joins them.
async fn fan(world: &World, sync: f64) -> Result<(), Failed> {
    let workflow = fan_out(100)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        let id = world.start(&workflow, json!({})).await?;
        world.settled(&id).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let fan = median(&mut times);
    println!("fan-out of 100 with a join: {fan:.2} ms, {:.1} syncs", fan / sync);
    Ok(())
}

/// How many executions per second come to wait for a person, and go on after the answer; and the bytes that each keeps.
async fn pauses(world: &World, folder: &Path, single: f64) -> Result<(), Failed> {
    let workflow = pause()?;
    let before = size(&folder.join("data"));
    let begun = Instant::now();
    let starts = futures::future::join_all((0..1_000).map(|_| world.start(&workflow, json!({})))).await;
    let ids = starts.into_iter().collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        world.settled(id).await?;
    }
    let paused = 1_000.0 / begun.elapsed().as_secs_f64();
    let bytes = (size(&folder.join("data")) - before) / 1_000.0;
    let begun = Instant::now();
    for result in futures::future::join_all(ids.iter().map(|id| world.approve(id))).await {
        result?;
    }
    for id in &ids {
        world.settled(id).await?;
    }
    let resumed = 1_000.0 / begun.elapsed().as_secs_f64();
    println!(
        "pauses/s: {paused:.0}, {:.2} of the single commits/s; resumed/s: {resumed:.0}; bytes per pause: {bytes:.0}",
        paused / single
    );
    Ok(())
}

/// Bytes that the database really uses: its pages, and not the log, whose space is used again.
fn size(folder: &Path) -> f64 {
    let pages = || -> rusqlite::Result<f64> {
        let connection = rusqlite::Connection::open(folder.join("stepwell.db"))?;
        let pages: f64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let free: f64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        let page: f64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        Ok((pages - free) * page)
    };
    pages().unwrap_or_default()
}

/// The resident memory of this process in MB: all of it, and without the pages of its binary and libraries, which the
/// system maps generously and takes back when it needs the room.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mb = |field: &str| {
        let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    };
    format!("{:.1} MB ({:.1} MB its own)", mb("VmRSS:"), mb("RssAnon:"))
}
