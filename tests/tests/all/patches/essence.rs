//! What of a state must be the same however an execution came to it. Whatever a state has is named here: a field that is
//! added to it does not compile until somebody says whether it belongs to what is compared.

use document::{NodeKind, Workflow, id::NodeId};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use stepwell_core::{
    execution::{Children, Execution, LoopState, NodeState, Phase},
    payload::Payload,
};

/// What the comparison depends on.
pub struct Compared {
    /// The nodes that had not come to an end when it was patched.
    pub open: BTreeSet<NodeId>,
    /// Whether it went back before. Numbers of visits only grow, so that those of a replay are others then.
    pub went_back: bool,
    /// The nodes of which an end cut off an attempt. It has a number and no outcome, so that a replay makes none of it.
    pub cut_off: BTreeSet<NodeId>,
}

/// The state of an execution without what legitimately differs between one that was patched and one that ran by the new
/// workflow from its start.
pub fn essence(workflow: &Workflow, state: &Execution, compared: &Compared) -> Value {
    let Execution {
        // The replay is started by the new document, at the time of the start.
        started: _,
        patched: _,
        started_at: _,
        // Numbers of turns and the time of each are those of the journal that has the turns: controls and patches are turns
        // too, and a replay makes none for what was repeated or refused.
        updated_at: _,
        completed_at: _,
        seq: _,
        epoch: _,
        visits: _,
        stuck_seq: _,
        asks_seq: _,
        asked_below_until: _,
        extended: _,
        // What people and callers did to the execution as a whole is no outcome of a node.
        held: _,
        paused: _,
        instructed: _,
        arrived: _,
        retried: _,
        rested_ms: _,
        taken_up: _,
        won: _,
        resume_count: _,
        requests: _,
        signals: _,
        rolling: _,
        undone_for: _,
        left: _,
        stuck: _,
        asks: _,
        // The greatest progress so far, by the weights of the documents in force meanwhile.
        progress: _,
        // What was warned of by the document in force then.
        warnings: _,
        // Questions that are over are part of the outcome of their node, which is compared; of those that are open their
        // node's phase tells.
        interactions: _,
        end,
        output,
        error,
        done,
        skipped,
        nodes,
        edges,
        loops,
        children,
    } = state;
    json!({
        "end": end, "output": of(output.as_ref()), "error": error.as_ref().map(|error| &error.code), "done": done,
        "skipped": skipped, "nodes": of_nodes(workflow, nodes, compared), "edges": edges, "loops": of_loops(state, loops),
        "children": of_families(state, children, compared),
    })
}

/// A node that was only skipped, in an earlier iteration of the loop around it, is as one that was not reached yet.
fn of_nodes(workflow: &Workflow, nodes: &BTreeMap<NodeId, Arc<NodeState>>, compared: &Compared) -> Value {
    let reached = nodes.iter().filter(|(_, node)| node.visit > 0 || node.phase != Phase::Idle);
    let told: BTreeMap<String, Value> =
        reached.map(|(id, node)| (id.to_string(), of_node(workflow, id, node, compared))).collect();
    json!(told)
}

fn of_loops(state: &Execution, loops: &BTreeMap<NodeId, Arc<LoopState>>) -> Value {
    let goes_on = |id| state.node(id).is_some_and(|node| node.phase == Phase::Looping);
    let told: BTreeMap<String, Value> =
        loops.iter().map(|(id, looped)| (id.to_string(), of_loop(looped, goes_on(id)))).collect();
    json!(told)
}

/// The children that a node waits for: those of nodes that have ended are part of their outcome.
fn of_families(state: &Execution, children: &BTreeMap<NodeId, Arc<Children>>, compared: &Compared) -> Value {
    let awaited =
        |(id, _): &(&NodeId, &Arc<Children>)| state.node(id).is_some_and(|node| node.phase == Phase::Children);
    let told: BTreeMap<String, Value> =
        children.iter().filter(awaited).map(|(id, kids)| (id.to_string(), of_children(kids, compared))).collect();
    json!(told)
}

fn of(payload: Option<&Payload>) -> Value {
    payload.map_or(Value::Null, |payload| payload.value().expect("the host has fetched it").clone())
}

fn of_node(workflow: &Workflow, id: &NodeId, node: &NodeState, compared: &Compared) -> Value {
    let NodeState {
        visit,
        phase,
        via,
        // Attempts so far, and why one failed, count for what comes next where the visit has not come to an end: its policy
        // is that of the new document from then on.
        attempt,
        attempts,
        error,
        // Retries of the execution as a whole.
        forgiven: _,
        taken_back: _,
        was: _,
        undecided: _,
        // Times, and numbers of turns.
        activated_at: _,
        activated_seq: _,
        due_at: _,
        timeout_at: _,
        finished_at: _,
        finished_seq: _,
        duration_ms: _,
        port,
        given,
        // These workflows have no agents.
        talk: _,
        used_up: _,
        output,
        stale,
    } = node;
    let _ = attempts;
    let visit = if compared.went_back { (*visit).min(1) } else { *visit };
    let attempt = (!compared.cut_off.contains(id)).then_some(attempt);
    let so_far = (!compared.open.contains(id)).then(|| json!([attempt, error.as_ref().map(|error| &error.code)]));
    let mut output = of(output.as_ref());
    // An error that became the output says which attempt it was.
    if let Some(error) = output.pointer_mut("/error").and_then(Value::as_object_mut)
        && (so_far.is_none() || attempt.is_none())
    {
        error.remove("attempt");
    }
    let runs = workflow.node(id.as_str()).is_some_and(|node| matches!(node.kind, NodeKind::Run(_)));
    json!({
        "visit": visit, "phase": of_phase(phase, runs), "via": via, "so_far": so_far, "port": port,
        "given": of(given.as_ref()), "output": output, "stale": stale,
    })
}

/// What a node does, without times. A question about a failed attempt of a node that does I/O is about its next attempt, as
/// a delay is.
fn of_phase(phase: &Phase, runs: bool) -> Value {
    match phase {
        Phase::Due { .. } | Phase::Intended { .. } => json!("due"),
        Phase::Asking { .. } if runs => json!("due"),
        Phase::Waiting { until, event, since: _ } => json!(["waits", until.is_some(), event]),
        Phase::Asking { .. } => json!("asks"),
        Phase::Idle
        | Phase::Children
        | Phase::Looping
        | Phase::Unrouted
        | Phase::Finished
        | Phase::Skipped
        | Phase::Dropped
        | Phase::Failed => json!(phase),
    }
}

/// A loop that is over has a bound no more.
fn of_loop(looped: &LoopState, goes_on: bool) -> Value {
    let LoopState { visit: _, begun, count, items, bound, outputs, broken } = looped;
    let outputs: Vec<Value> = outputs.iter().map(|output| of(Some(output))).collect();
    let bound = bound.filter(|_| goes_on);
    json!([begun, count, of(items.as_ref()), bound, outputs, broken])
}

/// Which children have been started and ended is told by them: a replay asks none of them.
fn of_children(kids: &Children, compared: &Compared) -> Value {
    let Children {
        visit,
        attempt: _,
        count,
        items,
        at_once,
        tolerated,
        started: _,
        reopened: _,
        again: _,
        outdated: _,
        kept: _,
        ended: _,
        failed: _,
        asking: _,
        ceased: _,
    } = kids;
    let visit = (!compared.went_back).then_some(visit);
    json!([visit, count, of(Some(items)), at_once, tolerated])
}
