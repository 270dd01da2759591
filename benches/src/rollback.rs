//! Going back over many compensated nodes.

use crate::world::{Failed, World};
use document::parse;
use engine::rollback::{preview, roll_back};
use serde_json::json;
use std::time::Instant;
use stepwell_core::rollback::Rollback;

/// So many visits are undone.
const VISITS: u32 = 1_000;

/// Milliseconds to undo 1,000 visits of a node, each by a compensation of its own, and what one costs in syncs of the disk.
pub async fn a_thousand(world: &World, sync: f64) -> Result<(), Failed> {
    let each = json!({"id": "each", "type": "loop", "config": {"for_each": "input.items", "max_iterations": VISITS}});
    let set = json!({"set": {"n": "{{ item }}"}});
    let step =
        json!({"id": "step", "type": "transform", "config": set, "compensate": {"type": "transform", "config": set}});
    let ask = json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Well?"}});
    let document = json!({"id": "undone", "nodes": [{"id": "go", "type": "manual_trigger"}, ask, each, step],
        "edges": [{"from": "go", "to": "ask"}, {"from": "ask", "port": "approved", "to": "each"},
            {"from": "each", "port": "loop", "to": "step"}, {"from": "step", "to": "each"}]});
    let workflow = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;
    let items: Vec<u32> = (0..VISITS).collect();
    let id = world.start(&workflow, json!({"items": items})).await?;
    world.settled(&id).await?;
    world.approve(&id).await?;
    world.settled(&id).await?;
    let host = &*world.host;
    let begun = Instant::now();
    let shown = preview(host, &id, &Rollback::to(2)).await?.map_err(|refused| format!("{refused:?}"))?;
    let planned = begun.elapsed().as_secs_f64() * 1000.0;
    let begun = Instant::now();
    roll_back(host, &id, Rollback::to(2), None, None).await?.map_err(|refused| format!("{refused:?}"))?;
    let back = world.settled(&id).await?;
    let whole = begun.elapsed().as_secs_f64() * 1000.0;
    let each = whole / f64::from(VISITS);
    println!(
        "rollback of {} compensated visits: {whole:.0} ms, {each:.2} ms each, {:.2} syncs ({}); a dry run {planned:.0} ms",
        shown.would_compensate.len(),
        each / sync,
        back.status()
    );
    Ok(())
}
