//! The journal as people read it, one sentence for each turn.

use crate::{
    event::{Closed, Event, TriedToTell, Turn, Unstick},
    execution::CallStatus,
    id::ExecutionId,
    interaction::{InteractionStatus, delivery::Told},
    payload::Payload,
    rollback::{After, Plan, Rollback},
};
use document::id::NodeId;
use std::fmt::Display;

/// The first node that a turn finished; none where it finished no node.
pub fn finished_node(turn: &Turn) -> Option<&NodeId> {
    turn.events.iter().find_map(|event| match event {
        Event::NodeSucceeded { node, .. } | Event::NodeFailed { node, .. } | Event::NodeTriggered { node, .. } => {
            Some(node)
        }
        _ => None,
    })
}

/// What a turn did, in one sentence: what it was about, and what that led to. Nodes stand in it by their ids.
pub fn sentence(turn: &Turn) -> String {
    sentence_with(turn, &NodeId::to_string)
}

/// What nodes are called in a sentence.
type Name<'a> = &'a dyn Fn(&NodeId) -> String;

/// The same sentence with what `name` says in the place of the ids of nodes.
pub fn sentence_with(turn: &Turn, name: Name<'_>) -> String {
    // Of several events that say most the first one counts, since the later ones followed from it. `max_by_key` takes
    // the last, so it looks at them in reverse.
    let Some(about) = turn.events.iter().rev().max_by_key(|event| weight(event)) else {
        return "Nothing happened.".into();
    };
    let mut sentence = clause(about, turn.by.as_deref(), name);
    let led_to = turn.events.iter().rev().find(|event| ends(event) && !std::ptr::eq(*event, about));
    if let Some(end) = led_to {
        sentence.push_str("; ");
        sentence.push_str(&lower(&clause(end, None, name)));
    } else {
        let rest = turn.events.iter().filter(|event| !std::ptr::eq(*event, about));
        let next: Vec<String> = rest.filter_map(|event| follows(event, name)).collect();
        if !next.is_empty() {
            sentence.push_str("; next: ");
            sentence.push_str(&next.join(", "));
        }
    }
    let warnings = turn.events.iter().filter(|event| matches!(event, Event::Warning { .. }));
    for warning in warnings.filter(|warning| !std::ptr::eq(*warning, about)).take(TOLD_WARNINGS) {
        sentence.push_str("; ");
        sentence.push_str(&lower(&clause(warning, None, name)));
    }
    // A question, or an error's message, may end the sentence itself.
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}

/// Warnings that one sentence tells. The turn's events have all of them.
const TOLD_WARNINGS: usize = 3;

/// How much an event says about the reason for its turn, from 0.
fn weight(event: &Event) -> u8 {
    match event {
        Event::ExecutionStarted(_) => 9,
        Event::ExecutionPaused { .. } | Event::ExecutionResumed { .. } | Event::ExecutionCancelled { .. } => 8,
        Event::ExecutionRetried { .. } | Event::RollbackBegun { .. } | Event::ExecutionUnstuck { .. } => 8,
        Event::ExecutionImported | Event::WorkflowPatched(_) => 8,
        Event::RollbackAsked { .. } => 7,
        Event::CompensationFailed(_) | Event::Compensated { .. } | Event::AwaitedEnded { .. } => 6,
        Event::RolledBack { .. } => 5,
        Event::CompensationIntended { .. } => 4,
        Event::InteractionClosed(_) | Event::InteractionVoted { .. } => 7,
        Event::InteractionEscalated { .. } | Event::SignalReceived { .. } => 7,
        Event::InteractionReassigned(_) | Event::InteractionToldAgain(_) => 7,
        Event::InteractionTold(_) | Event::InteractionReminded(_) => 5,
        Event::NodeSucceeded { .. } | Event::NodeFailed { .. } | Event::AttemptFailed { .. } => 6,
        Event::AgentAnswered(_) => 6,
        Event::AgentOpened(_) | Event::AgentToolEnded(_) => 5,
        Event::InteractionOpened { .. } | Event::WaitStarted { .. } | Event::ChildrenPlanned(_) => 5,
        Event::ChildrenEnded { .. } | Event::ExecutionStuck { .. } | Event::ExecutionAdmitted => 5,
        Event::LoopBroken { .. } | Event::LoopEntered { .. } | Event::AttemptIntended { .. } => 4,
        Event::ChildrenAsked { .. } | Event::AnswerPassedOn { .. } => 4,
        Event::ExecutionCompleted { .. } | Event::ExecutionFailed { .. } => 3,
        Event::LoopIterated { .. } | Event::ChildrenStarted { .. } | Event::SignalConsumed { .. } => 2,
        Event::NodeRouted { .. } | Event::NodesSkipped { .. } | Event::NodeTriggered { .. } => 1,
        Event::NodeActivated { .. } | Event::Warning { .. } => 0,
    }
}

/// Whether an event ends the execution.
fn ends(event: &Event) -> bool {
    matches!(event, Event::ExecutionCompleted { .. } | Event::ExecutionFailed { .. } | Event::ExecutionCancelled { .. })
}

/// What is to run next because of an event: a node, or an iteration of a loop.
fn follows(event: &Event, name: Name<'_>) -> Option<String> {
    match event {
        Event::NodeActivated { node, .. } => Some(name(node)),
        Event::LoopIterated { node, iteration, .. } if *iteration > 0 => {
            Some(format!("iteration {iteration} of {}", name(node)))
        }
        _ => None,
    }
}

/// How a try to send a message ended. The receiver's name stands in the question, not in the event.
fn told(tried: &TriedToTell) -> String {
    let number = tried.delivery + 1;
    match &tried.told {
        Told::Sent { .. } => format!("Message {number} about a question sent"),
        Told::Members(members) => format!("A group of {} is told about a question", members.len()),
        Told::Failed { error, .. } if tried.again_at.is_some() => {
            format!("Message {number} about a question failed and will be tried again: {error}")
        }
        Told::Failed { error, .. } | Told::Refused { error } => {
            format!("Message {number} about a question failed: {error}")
        }
        Told::Dropped => format!("Message {number} about a question is no longer needed"),
        Told::Bounced { error, .. } => format!("Message {number} about a question came back: {error}"),
    }
}

/// One event as a clause without a full stop; `by` is the subject that asked for the turn.
fn clause(event: &Event, by: Option<&str>, name: Name<'_>) -> String {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let why = |reason: &Option<String>| reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let with = |above: &Option<ExecutionId>, reason: &Option<String>| {
        let above = above.as_ref().map(|above| format!(" with execution {above}")).unwrap_or_default();
        format!("{above}{}", why(reason))
    };
    match event {
        Event::ExecutionStarted(started) => match &started.skipped {
            Some(reason) => format!("Start of workflow {} refused: {reason}", started.workflow_id),
            None => match &started.forked {
                Some(fork) => format!("Forked from {} at checkpoint {}{by}", fork.execution_id, fork.point.seq),
                None => format!("Workflow {} started{by}", started.workflow_id),
            },
        },
        Event::ExecutionAdmitted => "Execution admitted".into(),
        Event::NodeActivated { node, .. } => format!("Node {} is to run", name(node)),
        Event::NodeTriggered { node, .. } => format!("Started at node {}", name(node)),
        Event::AttemptIntended { node, attempt, .. } => format!("Attempt {attempt} of node {} begins", name(node)),
        Event::NodeSucceeded { node, port, .. } if port == "success" => format!("Node {} succeeded", name(node)),
        Event::NodeSucceeded { node, port, .. } => format!("Node {} took the port {port}", name(node)),
        Event::AttemptFailed { node, attempt, error, .. } => {
            format!("Attempt {attempt} of node {} failed ({}) and will be retried", name(node), error.code)
        }
        Event::NodeFailed { node, error, .. } => {
            format!("Node {} failed: {} ({})", name(node), error.message, error.code)
        }
        Event::NodeRouted { node, port, .. } => format!("Node {} goes on by the port {port}", name(node)),
        Event::NodesSkipped { nodes } => {
            format!("Skipped {}", super::list(&nodes.iter().map(name).collect::<Vec<_>>()))
        }
        Event::Warning { node, message, .. } => format!("Warning at node {}: {message}", name(node)),
        Event::LoopEntered { node, .. } => format!("Loop {} entered", name(node)),
        Event::LoopIterated { node, iteration: 0, .. } => format!("Loop {} began an iteration", name(node)),
        Event::LoopIterated { node, iteration, .. } => format!("Loop {} began iteration {iteration}", name(node)),
        Event::LoopBroken { node, by } => format!("Loop {} ended by {}", name(node), name(by)),
        Event::WaitStarted { node, until, event, .. } => match (event, until) {
            (Some(event), _) => format!("Node {} waits for the event {event}", name(node)),
            (None, Some(until)) => format!("Node {} waits until {until}", name(node)),
            (None, None) => format!("Node {} waits", name(node)),
        },
        Event::SignalReceived { name, .. } => format!("Event {name} received{by}"),
        Event::SignalConsumed { name: event, node } => format!("Event {event} handed to node {}", name(node)),
        Event::InteractionOpened { interaction, .. } => match interaction.assignees.as_slice() {
            [] => format!("Node {} asks: {}", name(&interaction.activation.node), interaction.question),
            people => {
                format!(
                    "Node {} asks {}: {}",
                    name(&interaction.activation.node),
                    people.join(", "),
                    interaction.question
                )
            }
        },
        Event::InteractionClosed(closed) => {
            let Closed { status, decision, response, .. } = &**closed;
            let who = response.as_ref().map(|response| format!(" by {}", response.by)).unwrap_or_default();
            let how = decision.as_ref().map(|port| format!(": {port}")).unwrap_or_default();
            match status {
                InteractionStatus::Answered => format!("Question answered{who}{how}"),
                InteractionStatus::TimedOut => format!("Question timed out{how}"),
                InteractionStatus::Pending | InteractionStatus::Cancelled => "Question closed, no longer needed".into(),
            }
        }
        Event::InteractionVoted { response, .. } => {
            format!("{} voted {}; more votes are needed", response.by, response.decision)
        }
        Event::InteractionEscalated { assignees, .. } => format!("Question escalated to {}", assignees.join(", ")),
        Event::InteractionTold(tried) => told(tried),
        Event::InteractionReminded(_) => "Reminder sent to those who have not answered".into(),
        Event::InteractionReassigned(it) => {
            format!("Question put to {}{by}{}", it.assignees.join(", "), why(&it.reason))
        }
        Event::InteractionToldAgain(again) => match &again.to {
            Some(to) => format!("Message to {to} sent again{by}"),
            None => format!("Messages sent again{by}"),
        },
        Event::AgentOpened(opened) => {
            format!("Agent {} looked for what it remembers and which tools it has", name(&opened.node))
        }
        Event::AgentAnswered(answered) => match (&answered.again, asked_for(&answered.answer, name)) {
            (None, None) => format!("The model of agent {} answered", name(&answered.node)),
            (None, Some(tools)) => format!("The model of agent {} answered and asks for {tools}", name(&answered.node)),
            (Some(why), _) => {
                format!("The model of agent {} answered, and is asked again: {why}", name(&answered.node))
            }
        },
        Event::AgentToolEnded(ended) => {
            let tool = match &ended.tool {
                Some(tool) => format!("Tool {}", name(&tool.as_str().into())),
                None => format!("Tool call {}", ended.index + 1),
            };
            format!("{tool} of agent {} {}", name(&ended.node), ended_as(ended.end.status))
        }
        Event::ChildrenPlanned(planned) => format!("Node {} plans {}", name(&planned.node), children(planned.count)),
        Event::ChildrenStarted { node, to, .. } => format!("Node {} has started {}", name(node), children(*to)),
        Event::ChildrenEnded { node, completed, failed, .. } => {
            let of = |count: usize| format!("{} of node {}", children(count), name(node));
            ended(completed.len(), failed.len(), &of)
        }
        Event::ChildrenAsked { node, asking, ceased, .. } => {
            wait_below(asking.len(), ceased.len(), &|count| format!("{} of node {}", children(count), name(node)))
        }
        Event::AnswerPassedOn { execution_id, .. } => format!("Answer{by} passed on to execution {execution_id}"),
        Event::ExecutionPaused(said) => format!("Paused{by}{}", with(&said.above, &said.reason)),
        Event::ExecutionResumed(said) => format!("Resumed{by}{}", with(&said.above, &said.reason)),
        Event::ExecutionRetried { reason, above, .. } => format!("Retried{by}{}", with(above, reason)),
        Event::WorkflowPatched(patched) => format!("Workflow changed{by}{}", why(&patched.description)),
        Event::RollbackAsked { rollback } => format!("To be rolled back to checkpoint {}", rollback.to),
        Event::RollbackBegun { rollback, plan, .. } => began(rollback, plan, &by, name),
        Event::AwaitedEnded { node, .. } => format!("The attempt of node {} that still ran has ended", name(node)),
        Event::CompensationIntended { .. } => "Undoing the next thing begins".into(),
        Event::CompensationFailed(failed) => {
            let then = if failed.retry_at.is_some() { " and will be tried again" } else { "" };
            format!("Undoing node {} failed ({}){then}", name(&failed.node), failed.error.code)
        }
        Event::Compensated { node, skipped: true, .. } => format!("Node {} is left as it is", name(node)),
        Event::Compensated { node, index: Some(index), .. } => format!("Child {index} of node {} undone", name(node)),
        Event::Compensated { node, .. } => format!("Node {} undone", name(node)),
        Event::RolledBack { .. } => "Rolled back".into(),
        Event::ExecutionUnstuck { action, said, below } => {
            let place = if below.is_some() { ", in a child" } else { "" };
            format!("Unstuck{by}{}{place}, {}{}", with(&said.above, &None), unstuck_as(*action), why(&said.reason))
        }
        Event::ExecutionImported => format!("Imported from another host{by}"),
        Event::ExecutionStuck { error } => format!("Execution stuck: {} ({})", error.message, error.code),
        Event::ExecutionCompleted { .. } => "Execution completed".into(),
        Event::ExecutionFailed { error } => match &error.node {
            Some(node) => format!("Execution failed at node {}: {} ({})", name(node), error.message, error.code),
            None => format!("Execution failed: {} ({})", error.message, error.code),
        },
        Event::ExecutionCancelled(said) => format!("Cancelled{by}{}", with(&said.above, &said.reason)),
    }
}

/// The tools that an answer asks for, the first few of many; none where it asks for none, or lies elsewhere.
fn asked_for(answer: &Payload, name: Name<'_>) -> Option<String> {
    let calls = answer.value()?.get("tool_calls")?.as_array()?;
    let mut asked: Vec<(&str, usize)> = Vec::new();
    for tool in calls.iter().filter_map(|call| call["name"].as_str()) {
        match asked.iter_mut().find(|(one, _)| *one == tool) {
            Some((_, times)) => *times += 1,
            None => asked.push((tool, 1)),
        }
    }
    // A tool is called as its node, unless its node gives it a name of its own.
    let told = |(tool, times): &(&str, usize)| match times {
        1 => name(&(*tool).into()),
        times => format!("{} ({times} times)", name(&(*tool).into())),
    };
    let names: Vec<String> = asked.iter().map(told).collect();
    match names.as_slice() {
        [] => None,
        few if few.len() <= TOLD_TOOLS => Some(super::list(few)),
        many => Some(format!("{} and {} more", many[..TOLD_TOOLS].join(", "), many.len() - TOLD_TOOLS)),
    }
}

/// Tools that one sentence names. The event has all of them.
const TOLD_TOOLS: usize = 4;

/// The way out that was taken, as the rest of a sentence.
fn unstuck_as(action: Unstick) -> &'static str {
    match action {
        Unstick::Retry => "to try it again",
        Unstick::Skip => "to go on without it",
        Unstick::MarkDone => "since it was done by hand",
        Unstick::Redrive => "to send its messages again",
    }
}

/// How a tool call ended, as the rest of a sentence about the tool.
fn ended_as(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Succeeded => "succeeded",
        CallStatus::Failed => "failed",
        CallStatus::Refused => "was not run",
        CallStatus::Rejected => "was refused by a person",
        CallStatus::Expired => "was not approved in time",
        CallStatus::Answered => "was answered by a person",
    }
}

/// What a rollback begins with, as a clause.
fn began(rollback: &Rollback, plan: &Plan, by: &str, name: Name<'_>) -> String {
    let why = rollback.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let undoes = match plan.undo.len() {
        0 => String::new(),
        1 => ", 1 thing to undo".into(),
        many => format!(", {many} things to undo"),
    };
    match (&rollback.after, &rollback.node) {
        (After::Cancel { .. }, _) => {
            let above = rollback.above.as_ref().map(|above| format!(" with execution {above}")).unwrap_or_default();
            format!("To be undone whole{by}{above}{undoes}{why}")
        }
        (After::Fail { .. } | After::GoOn, Some(node)) => {
            format!("Went back to node {}{by}{undoes}{why}", name(node))
        }
        (After::Fail { .. } | After::GoOn, None) => {
            format!("Went back to checkpoint {}{by}{undoes}{why}", rollback.to)
        }
    }
}

/// A text with its first letter in lower case, to stand within a sentence.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A count of children in words.
fn children<N: Display + PartialEq + From<u8>>(count: N) -> String {
    if count == N::from(1) { "1 child".to_owned() } else { format!("{count} children") }
}

/// How children ended, of whom so many completed and so many did not. What is none is not told.
fn ended(completed: usize, others: usize, of: &dyn Fn(usize) -> String) -> String {
    match (completed, others) {
        (completed, 0) => format!("{} completed", of(completed)),
        (0, others) => format!("{} did not complete", of(others)),
        (completed, others) => format!("{} ended: {completed} completed, {others} did not", of(completed + others)),
    }
}

/// How many children began to wait for people, and how many no longer do. What is none is not told.
fn wait_below(asking: usize, ceased: usize, of: &dyn Fn(usize) -> String) -> String {
    let one = |count: usize, singular: &'static str, plural: &'static str| if count == 1 { singular } else { plural };
    let begins = format!("{} {} for people", of(asking), one(asking, "waits", "wait"));
    match (asking, ceased) {
        (_, 0) => begins,
        (0, ceased) => format!("{} no longer {} for people", of(ceased), one(ceased, "waits", "wait")),
        (_, ceased) => format!("{begins}, and {ceased} no longer {}", one(ceased, "does", "do")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_that_wait_for_people_are_counted_in_a_sentence() {
        let of = |count| format!("{} of node letters", children(count));
        for (asking, ceased, told) in [
            (1, 0, "1 child of node letters waits for people"),
            (2, 0, "2 children of node letters wait for people"),
            (0, 1, "1 child of node letters no longer waits for people"),
            (0, 3, "3 children of node letters no longer wait for people"),
            (2, 1, "2 children of node letters wait for people, and 1 no longer does"),
        ] {
            assert_eq!(wait_below(asking, ceased, &of), told);
        }
    }

    #[test]
    fn sums_of_children_go_by_their_numbers() {
        let of = |count| format!("{} of node letters", children(count));
        for (completed, others, told) in [
            (1, 0, "1 child of node letters completed"),
            (3, 0, "3 children of node letters completed"),
            (0, 1, "1 child of node letters did not complete"),
            (2, 1, "3 children of node letters ended: 2 completed, 1 did not"),
        ] {
            assert_eq!(ended(completed, others, &of), told);
        }
    }
}
