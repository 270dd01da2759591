//! What can be said of the nodes without going through the past: which of those that were visited are still there, and
//! which keep their config because they wait.

use super::{
    differs::Differs,
    obstacle::{Obstacle, Why},
};
use crate::{
    event::{Event, Turn},
    execution::{Execution, NodeState, Phase},
    id::InteractionId,
    reading::Reading,
};
use document::{Workflow, id::NodeId, time::Time};

/// The obstacles that the present state shows. `led` are the turns that led to it.
pub(super) fn obstacles(led: &[&Turn], state: &Execution, differs: &Differs<'_>, reading: &Reading) -> Vec<Obstacle> {
    let mut found: Vec<Obstacle> = start(led, state, differs, reading).into_iter().collect();
    for (id, node) in state.nodes.iter().filter(|(_, node)| node.visit > 0) {
        if let Some((why, message)) = of_node(id, node, state, differs, reading) {
            found.push(of_visit(led, id, node, why, message));
        }
    }
    found
}

/// Whether the execution could have been started so.
fn start(led: &[&Turn], state: &Execution, differs: &Differs<'_>, reading: &Reading) -> Option<Obstacle> {
    let new = differs.new;
    let kind = |workflow: &Workflow, id: &NodeId| workflow.node(id.as_str()).map(|node| node.of.name);
    let trigger = state.started.trigger.as_ref();
    let lost = trigger.is_some_and(|id| kind(new, id).is_none() || kind(new, id) != kind(differs.old, id));
    let source = |workflow: &Workflow| workflow.input_schema.as_ref().map(|schema| schema.source.clone());
    let refused =
        || source(new) != source(differs.old) && !new.check_input(reading.value(&state.started.input)).is_empty();
    let message = if state.nodes.is_empty() && lost {
        "the trigger that started the execution is no longer there: leave it as it is"
    } else if refused() {
        "the new `input_schema` refuses the input that the execution was started with"
    } else {
        return None;
    };
    let at = led.first().map_or(Time(0), |turn| turn.at);
    Some(Obstacle {
        why: Why::NotStartable,
        node: trigger.cloned(),
        visit: None,
        checkpoint: 1,
        at,
        event: "execution_started".into(),
        message: message.into(),
    })
}

/// What is wrong with one node that was visited.
fn of_node(
    id: &NodeId,
    node: &NodeState,
    state: &Execution,
    differs: &Differs<'_>,
    reading: &Reading,
) -> Option<(Why, String)> {
    let (old, new) = (differs.old.node(id.as_str()), differs.new.node(id.as_str()));
    let Some(new) = new else {
        return Some((Why::NodeRemoved, format!("node {id} was visited: it cannot be taken away")));
    };
    if let Some(old) = old.filter(|old| old.of.name != new.of.name) {
        let message = format!("node {id} was visited as a `{}`: its type cannot change", old.of.name);
        return Some((Why::TypeChanged, message));
    }
    match doing(node) {
        // Once the execution has ended the question is closed: a retry asks anew.
        Phase::Asking { .. } if state.end.is_some() => None,
        Phase::Asking { interaction_id } if is_about_failure(state, interaction_id) => {
            let changed = differs.policy(id.as_str()) || differs.routes(id.as_str(), "error");
            let message = format!("people are asked what becomes of the failure of node {id}: leave its `on_error`");
            changed.then_some((Why::QuestionChanged, message))
        }
        Phase::Asking { .. } => {
            let message = format!("the question of node {id} is open: answer it first, or leave its config");
            differs.config(id.as_str()).then_some((Why::QuestionChanged, message))
        }
        // The calls of an agent run by the document that they began with, and the model is asked by the new one next.
        Phase::Children if new.kind.agent().is_some() => {
            let tool = asked_about(id, state, differs, reading)?;
            let message = format!(
                "people are asked in a call of the tool {tool} of node {id}: let them answer first, or leave the tool as it is"
            );
            Some((Why::QuestionChanged, message))
        }
        Phase::Waiting { .. } | Phase::Children => {
            let message = format!("node {id} waits by its config: leave that as it is, or go back to before the node");
            differs.config(id.as_str()).then_some((Why::InUse, message))
        }
        _ => None,
    }
}

/// The tool of an agent that another document would run in another way, or not at all, though people are asked in a call of
/// it: what they are asked must be what they answer.
fn asked_about(id: &NodeId, state: &Execution, differs: &Differs<'_>, reading: &Reading) -> Option<String> {
    let kids = state.children.get(id).filter(|_| state.end.is_none())?;
    let planned = reading.value(&kids.items).as_array()?;
    let asked = kids.asking.keys().filter_map(|index| {
        let call = planned.get(*index as usize)?;
        Some((call["tool"].as_str()?, call["approved"] == true))
    });
    let differ = asked.filter(|(node, approved)| {
        let flow = |workflow: &Workflow| {
            let tools = &workflow.node(id.as_str())?.kind.agent()?.tools;
            let tool = tools.iter().find(|tool| tool.node.as_str() == *node)?;
            let flow = if *approved { tool.approved_flow.as_ref()? } else { &tool.flow };
            Some(flow.hash.clone())
        };
        flow(differs.old) != flow(differs.new)
    });
    differ.map(|(node, _)| node.to_owned()).next()
}

fn is_about_failure(state: &Execution, id: &InteractionId) -> bool {
    state.interaction(id.as_str()).is_some_and(|one| one.on_error)
}

/// What a node does, or did when the execution ended.
pub(super) fn doing(node: &NodeState) -> &Phase {
    match (&node.phase, &node.was) {
        (Phase::Dropped | Phase::Failed, Some(was)) => was,
        (phase, _) => phase,
    }
}

/// Whether a node has not come to an end: it acts, or would if the execution were taken up again.
pub(super) fn is_open(node: &NodeState) -> bool {
    node.phase.is_open() || node.phase == Phase::Failed || node.phase == Phase::Dropped && node.was.is_some()
}

/// An obstacle about the latest visit to a node, with the last turn that tells of it.
fn of_visit(led: &[&Turn], id: &NodeId, node: &NodeState, why: Why, message: String) -> Obstacle {
    let last = led.iter().rev().find_map(|turn| {
        let event = turn.events.iter().rev().find(|event| names(event, id))?;
        Some((*turn, event))
    });
    let (checkpoint, at) = last.map_or((node.activated_seq.max(1), node.activated_at), |(turn, _)| (turn.seq, turn.at));
    let event = last.map_or_else(|| "node_activated".to_owned(), |(_, event)| name(event));
    Obstacle { why, node: Some(id.clone()), visit: Some(node.visit), checkpoint, at, event, message }
}

/// The type of an event, as the journal has it.
pub(super) fn name(event: &Event) -> String {
    let tag = serde_json::to_value(event).ok();
    tag.and_then(|event| event.get("type")?.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether an event is about a node.
fn names(event: &Event, id: &NodeId) -> bool {
    match event {
        Event::NodeActivated { node, .. }
        | Event::NodeTriggered { node, .. }
        | Event::AttemptIntended { node, .. }
        | Event::NodeSucceeded { node, .. }
        | Event::AttemptFailed { node, .. }
        | Event::NodeFailed { node, .. }
        | Event::NodeRouted { node, .. }
        | Event::LoopEntered { node, .. }
        | Event::LoopIterated { node, .. }
        | Event::WaitStarted { node, .. } => node == id,
        Event::InteractionOpened { interaction, .. } => interaction.activation.node == *id,
        Event::ChildrenPlanned(planned) => planned.node == *id,
        _ => false,
    }
}
