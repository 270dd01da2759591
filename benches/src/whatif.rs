//! What-if over many past executions.

use crate::world::{Failed, World, chain, chain_document};
use document::parse;
use engine::{
    port::{ExecutionFilter, Host, Window},
    whatif::Past,
};
use serde_json::json;
use std::time::Instant;
use stepwell_core::execution::Status;

/// So many executions are replayed.
const EXECUTIONS: usize = 10_000;

/// Seconds to replay 10,000 executions of ten nodes on a changed workflow, one after the other.
pub async fn ten_thousand(world: &World) -> Result<(), Failed> {
    let workflow = chain(10)?;
    for _ in 0..EXECUTIONS / 1_000 {
        let starts = futures::future::join_all((0..1_000).map(|_| world.start(&workflow, json!({})))).await;
        for id in starts.into_iter().collect::<Result<Vec<_>, _>>()? {
            world.settled(&id).await?;
        }
    }
    let mut document = chain_document(10);
    document["nodes"][5]["config"] = json!({ "set": { "n": 0 } });
    let changed = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;
    let filter = ExecutionFilter {
        owner: "bench".into(),
        workflow_id: Some(workflow.id.clone()),
        statuses: vec![Status::Completed],
        ..ExecutionFilter::default()
    };
    let begun = Instant::now();
    let (mut window, mut count) = (Window { limit: 200, cursor: None }, 0);
    while count < EXECUTIONS {
        let page = world.host.index().executions(&filter, &window).await?;
        for head in &page.items {
            let past = Past::read(&*world.host, head).await?.ok_or("the execution is gone")?;
            std::hint::black_box(past.on(&changed).map_err(|missing| missing.to_string())?);
        }
        count += page.items.len();
        window.cursor = page.next_cursor;
        if window.cursor.is_none() {
            break;
        }
    }
    println!("what-if: {:.2} s for {count} executions of 10 nodes", begun.elapsed().as_secs_f64());
    Ok(())
}
