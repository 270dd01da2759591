//! How events of loops change the state.

use super::{
    inputs::{input_of, iteration_value},
    node::{drop_open, node_mut, put_out},
};
use crate::{
    event::Event,
    execution::{EdgeState, Execution, LoopState, Phase},
    payload::Payload,
    reading::Reading,
};
use document::{Workflow, graph::NodeIx};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn apply_loop(workflow: &Workflow, state: &mut Execution, event: &Event, reading: &Reading) -> Option<()> {
    match event {
        Event::LoopEntered { node, items, count, bound } => {
            let visit = state.node(node).map_or(0, |found| found.visit);
            let (items, count, bound) = (items.clone(), *count, *bound);
            let entered = LoopState { visit, items, count, bound, ..LoopState::default() };
            state.loops.insert(node.clone(), Arc::new(entered));
            node_mut(state, node).phase = Phase::Looping;
        }
        // Value and input are read before the body's edges are reset, since they come along these edges.
        Event::LoopIterated { node, live, .. } => {
            let ix = *workflow.graph.index.get(node)?;
            let value = iteration_value(workflow, state, ix, reading);
            let input = input_of(workflow, state, ix, reading);
            let body = workflow.graph.body.get(ix)?;
            state.won.retain(|inner, _| !workflow.graph.index.get(inner).is_some_and(|inner| body.contains(inner)));
            let current = Arc::make_mut(state.loops.get_mut(node)?);
            if current.begun > 0 {
                current.outputs.push(value.clone());
            }
            let item = match &current.items {
                Some(items) => {
                    let item = reading.value(items).get(current.begun as usize);
                    Payload::new(item.cloned().unwrap_or(Value::Null))
                }
                None if current.begun == 0 => input,
                None => value,
            };
            current.begun += 1;
            reset_body(workflow, state, ix, live)?;
            put_out(node_mut(state, node), item);
        }
        Event::LoopBroken { node, by } => {
            Arc::make_mut(state.loops.get_mut(node)?).broken = Some(by.clone());
            let ix = *workflow.graph.index.get(node)?;
            for &inner in workflow.graph.body.get(ix)? {
                drop_open(state, &workflow.nodes.get(inner)?.id);
            }
        }
        _ => {}
    }
    Some(())
}

/// Prepares a loop's body for its next iteration: its nodes are idle, their outputs are of another iteration, the edges
/// out of them are open again, and the edges into the body are resolved.
fn reset_body(workflow: &Workflow, state: &mut Execution, ix: NodeIx, live: &[usize]) -> Option<()> {
    let graph = &workflow.graph;
    for &inner in graph.body.get(ix)? {
        let id = &workflow.nodes.get(inner)?.id;
        if state.nodes.contains_key(id) {
            let node = node_mut(state, id);
            node.phase = Phase::Idle;
            node.stale = node.output.is_some();
        }
        let edges = Arc::make_mut(&mut state.edges);
        for &edge in graph.out.get(inner)? {
            *edges.get_mut(edge)? = EdgeState::Open;
        }
    }
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in graph.out.get(ix)? {
        if workflow.edges.get(edge)?.port == "loop" {
            *edges.get_mut(edge)? = if live.contains(&edge) { EdgeState::Live } else { EdgeState::Dead };
        }
    }
    Some(())
}
