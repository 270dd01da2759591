//! What a step message asks of its handler: to run one node, whose config is rendered here, or something else.

use crate::limits;
use document::{
    Delivery, Node, NodeKind, Workflow,
    graph::NodeIx,
    node::agent::{Agent, Head},
    time::Time,
};
use expression::{ExprError, Secrets};
use serde_json::Value;
use stepwell_core::{
    agent,
    effect::Effect,
    execution::{Execution, Phase},
    id::Activation,
    owed::{Since, owed},
    reading::{Missing, Reading},
    sight::Sight,
    task::{Failure, Outcome, Task, UsedSecret, Work},
};

/// What a handler does for one step message.
#[derive(Debug)]
pub enum Prepared {
    /// Run the task, then report its outcome.
    Run(Box<Task>),
    /// Commit an intent with this deadline first, then run the task, then report its outcome (`at_most_once`).
    Intend(Box<Task>, Time),
    /// Run a task again that was begun before and whose outcome is not recorded, unless it still runs; after this time it does
    /// not.
    RunAgain(Box<Task>, Time),
    /// Report this outcome: the node only computes, or its config could not be rendered.
    Report(Outcome),
    /// Let the rules open what the node waits for, or go on with a continuation (`Command::Open`).
    Open,
    /// All children of the node ended: collect their outputs, then report.
    Collect,
    /// Ask an agent's model, then report its answer with what it was told first.
    Ask(Box<Task>, Box<Head>),
    /// Look for what an agent remembers and which tools its servers have, then report that.
    OpenAgent,
    /// Run nothing. Deliver these effects again, then acknowledge the message.
    Nothing(Vec<Effect>),
    /// The message came before its time: hand it out again at this time.
    Later(Time),
    /// The state does not know the activation yet: return the message to the queue.
    Unknown,
}

/// Says what a step message asks for (execution model, §2, points 2 and 3). `now` is the host's clock, and `secrets`
/// are the credentials that the node's templates place.
///
/// # Errors
/// Where the node's config reads values that are offloaded: fetch them, and ask again.
pub fn prepare(
    workflow: &Workflow,
    state: &Execution,
    activation: &Activation,
    attempt: u32,
    now: Time,
    secrets: &dyn SecretSource,
) -> Result<Prepared, Missing> {
    Reading::of(|reading| prepared(workflow, state, activation, attempt, now, secrets, reading))
}

fn prepared(
    workflow: &Workflow,
    state: &Execution,
    activation: &Activation,
    attempt: u32,
    now: Time,
    secrets: &dyn SecretSource,
    reading: &Reading,
) -> Prepared {
    // An execution that has ended runs nothing. Its effects may have been lost, so they are delivered again.
    if state.end.is_some() {
        return Prepared::Nothing(owed(workflow, state, Since::Ever));
    }
    if activation.epoch < state.epoch {
        return Prepared::Nothing(Vec::new());
    }
    // Nothing starts while the execution is paused: resuming enqueues what is due.
    if state.stands_still() {
        return Prepared::Nothing(owed(workflow, state, Since::Of(activation)));
    }
    let Some(&ix) = workflow.graph.index.get(&activation.node) else { return Prepared::Nothing(Vec::new()) };
    let Some(found) = state.node(&activation.node) else { return Prepared::Unknown };
    if activation.epoch > state.epoch || activation.visit > found.visit {
        return Prepared::Unknown;
    }
    // The node was visited again since: the later visit has messages of its own.
    if activation.visit < found.visit {
        return Prepared::Nothing(Vec::new());
    }
    match &found.phase {
        Phase::Due { at } if attempt == found.attempt => match at {
            Some(at) if *at > now => Prepared::Later(*at),
            _ => work(workflow, state, ix, activation, now, secrets, reading),
        },
        // Such an attempt may run twice. Its intent only says that it was begun, for the sake of a rollback.
        Phase::Intended { .. } if attempt == found.attempt && workflow.nodes[ix].delivery == Delivery::AtLeastOnce => {
            work(workflow, state, ix, activation, now, secrets, reading)
        }
        Phase::Intended { deadline } if attempt == found.attempt => {
            // Another worker may still run the attempt. After the deadline nobody knows how it ended.
            if *deadline > now {
                return Prepared::Later(*deadline);
            }
            let message = "the attempt was begun and nobody knows how it ended: it is not run again (`at_most_once`)";
            Prepared::Report(Outcome::Unknown(Failure::new("outcome_unknown", message)))
        }
        Phase::Looping => Prepared::Open,
        Phase::Due { .. } | Phase::Intended { .. } if attempt > found.attempt => Prepared::Unknown,
        _ => Prepared::Nothing(owed(workflow, state, Since::Of(activation))),
    }
}

/// The stored credentials that a node places.
pub trait SecretSource: Secrets {
    /// All of them.
    fn used(&self) -> Vec<UsedSecret>;
}

/// What a node that is due asks for, by its type.
fn work(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    activation: &Activation,
    now: Time,
    secrets: &dyn SecretSource,
    reading: &Reading,
) -> Prepared {
    let node = &workflow.nodes[ix];
    let sight = Sight::of_config(workflow, state, ix, reading);
    let rendered = match &node.kind {
        NodeKind::Compute(config) => return Prepared::Report(computed(config.compute(&sight.scope()))),
        NodeKind::Run(config) => config.render(&sight.scope(), secrets),
        NodeKind::Agent(_) if agent::collects(state, activation) => return Prepared::Collect,
        NodeKind::Agent(agent) => return asks(workflow, state, ix, agent, activation, secrets, reading),
        NodeKind::Lend(_) => return Prepared::Nothing(Vec::new()),
        NodeKind::Children(_) if collects(state, node) => return Prepared::Collect,
        NodeKind::Children(_) | NodeKind::Wait(_) | NodeKind::Route(_) => return Prepared::Open,
    };
    let work = match rendered {
        Ok(work) => work,
        Err(error) => return Prepared::Report(computed(Err(error))),
    };
    let timeout_seconds = node.timeout_seconds.unwrap_or(limits::NODE_SECONDS);
    let task = Box::new(task(state, node, activation, work, secrets));
    // What can be undone commits its start first, so that a start without an outcome is known.
    let begun = state.node(&node.id).and_then(|found| match found.phase {
        Phase::Intended { deadline } => Some(deadline),
        _ => None,
    });
    if (node.delivery == Delivery::AtMostOnce || node.compensate.is_some()) && begun.is_none() {
        return Prepared::Intend(task, now.after_seconds(timeout_seconds + limits::GRACE_SECONDS));
    }
    match begun {
        Some(deadline) => Prepared::RunAgain(task, deadline),
        None => Prepared::Run(task),
    }
}

/// A task of a node.
pub(crate) fn task(
    state: &Execution,
    node: &Node,
    activation: &Activation,
    work: Work,
    secrets: &dyn SecretSource,
) -> Task {
    // The key is derived from the activation alone, so that every attempt has the same one.
    let idempotency_key = stepwell_core::id::derive(&["step", state.id().as_str(), &activation.to_string()]);
    let timeout_seconds = node.timeout_seconds.unwrap_or(limits::NODE_SECONDS);
    Task { owner: state.started.owner.clone(), idempotency_key, timeout_seconds, work, secrets: secrets.used() }
}

/// The next call of an agent's model.
fn asks(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    agent: &Agent,
    activation: &Activation,
    secrets: &dyn SecretSource,
    reading: &Reading,
) -> Prepared {
    if agent::opens(agent, agent::talk(state, activation)) {
        return Prepared::OpenAgent;
    }
    match agent::ask(workflow, state, ix, secrets, reading) {
        Ok(Some((call, head))) => {
            let work = Work::Model(Box::new(call));
            Prepared::Ask(Box::new(task(state, &workflow.nodes[ix], activation, work, secrets)), Box::new(head))
        }
        Ok(None) => Prepared::Nothing(Vec::new()),
        Err(error) => Prepared::Report(computed(Err(error))),
    }
}

/// Whether all children of the node's present attempt have ended.
fn collects(state: &Execution, node: &Node) -> bool {
    let of = state.node(&node.id).map_or((0, 1), |found| (found.visit, found.attempt.max(1)));
    state.children.get(&node.id).is_some_and(|kids| (kids.visit, kids.attempt) == of && kids.ended.len() == kids.count)
}

/// The outcome of a node whose output is computed, or could not be.
fn computed(value: Result<Value, ExprError>) -> Outcome {
    match value {
        Ok(output) => Outcome::Succeeded { port: "success".into(), output },
        Err(error) => Outcome::Failed(Failure::new(error.code, error.message)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use document::parse;
    use serde_json::json;
    use stepwell_core::{command::Command, decide::decide, error::Rejection, event::Started, execution::Status};

    struct NoSecrets;

    impl expression::Secrets for NoSecrets {
        fn secret(&self, _: &str) -> Option<String> {
            None
        }
    }

    impl SecretSource for NoSecrets {
        fn used(&self) -> Vec<UsedSecret> {
            Vec::new()
        }
    }

    #[test]
    fn an_attempt_that_may_run_only_once_is_left_alone_until_its_deadline_and_is_unknown_after_it() {
        let document = json!({
            "id": "once",
            "nodes": [
                { "id": "start", "type": "manual_trigger" },
                { "id": "pay", "type": "code", "delivery": "at_most_once", "retry": { "max_attempts": 3 },
                  "config": { "code": "return 1" } },
            ],
            "edges": [{ "from": "start", "to": "pay" }],
        });
        let workflow = parse(&document).unwrap().workflow;
        let started = Started::new("e".into(), &workflow, json!({}), Time(0));
        let mut state = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
        let activation = state.activation(&"pay".into());
        let again = |state: &Execution, now| prepare(&workflow, state, &activation, 1, now, &NoSecrets).unwrap();
        let Prepared::Intend(_, deadline) = again(&state, Time(0)) else { panic!("it runs without an intent") };
        let intend = Command::Intend { activation: activation.clone(), attempt: 1, deadline };
        state = decide(&workflow, Some(&state), intend.clone().into(), Time(0)).unwrap().state;
        let second = decide(&workflow, Some(&state), intend.into(), Time(0));
        assert!(matches!(second, Err(Rejection::Stale(_))), "two may not run it");
        let Prepared::Later(at) = again(&state, Time(deadline.0 - 1)) else { panic!("it is run again") };
        assert_eq!(at, deadline);
        let Prepared::Report(outcome) = again(&state, deadline) else { panic!("it is run again") };
        let report =
            Command::Report { activation: activation.clone(), attempt: 1, outcome: outcome.into(), duration_ms: None };
        state = decide(&workflow, Some(&state), report.into(), deadline).unwrap().state;
        assert_eq!(state.status(), Status::Failed);
        assert_eq!(state.error.map(|error| error.code).as_deref(), Some("outcome_unknown"));
    }
}
