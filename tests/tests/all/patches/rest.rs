//! Brings an execution to where nothing is due in it that the rules and the workflow alone decide, as a replay ends.

use document::{NodeKind, Workflow, time::Time};
use stepwell_core::{
    command::{Command, Control},
    decide::decide,
    effect::Purpose,
    error::Rejection,
    execution::{Execution, Phase},
    id::Activation,
    payload::Payload,
    reading::{Missing, Reading},
    sight::Sight,
    task::{Failure, Outcome},
};
use stepwell_tests::sim::World;

/// Computes something from values, of which the host has those that were offloaded.
pub fn with_values<T>(world: &World, mut compute: impl FnMut() -> Result<T, Missing>) -> T {
    loop {
        match compute() {
            Ok(computed) => return computed,
            Err(missing) => world.fetch(missing.payloads().into_iter()),
        }
    }
}

/// An execution that is taken up where it stands still, and goes on as far as it needs nobody. None where the rules do not
/// take it up. `before` is what it had recorded: of visits that begin later time passes by itself, as in a replay.
pub fn at_rest(world: &World, workflow: &Workflow, state: &Execution, before: &Execution) -> Option<Execution> {
    let does_at = |state: &Execution, command: Command, at: Time| {
        with_values(world, || match decide(workflow, Some(state), command.clone().into(), at) {
            Err(Rejection::Needs(missing)) => Err(missing),
            decided => Ok(decided.ok().map(|decided| decided.state)),
        })
    };
    let does = |state: &Execution, command: Command| does_at(state, command, state.updated_at);
    let control = |state: &Execution, control| does(state, Command::Control { control, reason: None });
    let mut state = if state.end.is_some() { control(state, Control::Retry)? } else { state.clone() };
    // What came from outside and nobody has taken is no outcome of a node: a replay does not know it.
    state.signals.clear();
    if state.paused {
        state = control(&state, Control::Resume)?;
    }
    while state.end.is_none() {
        let Some(next) = (0..workflow.nodes.len()).find_map(|ix| {
            let command = goes_on(world, workflow, &state, ix);
            let goes_on = command.and_then(|command| does(&state, command));
            goes_on.or_else(|| {
                let (timer, at) = passes(workflow, &state, before, ix)?;
                does_at(&state, timer, at)
            })
        }) else {
            break;
        };
        state = next;
    }
    Some(state)
}

/// What a node does next that needs nobody; none where it does nothing by itself.
fn goes_on(world: &World, workflow: &Workflow, state: &Execution, ix: usize) -> Option<Command> {
    let node = &workflow.nodes[ix];
    let found = state.node(&node.id)?;
    let activation = state.activation(&node.id);
    match (&node.kind, &found.phase) {
        (NodeKind::Route(_), Phase::Due { .. }) => Some(Command::Open { activation }),
        (NodeKind::Route(_), Phase::Looping) => {
            let open = |inner: &usize| state.node(&workflow.nodes[*inner].id).is_some_and(|node| node.phase.is_open());
            (!workflow.graph.body[ix].iter().any(open)).then_some(Command::Open { activation })
        }
        (NodeKind::Compute(_), Phase::Due { .. }) => Some(computes(world, workflow, state, ix, activation)),
        (NodeKind::Wait(_) | NodeKind::Children(_), Phase::Due { .. }) => Some(Command::Open { activation }),
        (
            NodeKind::Route(_)
            | NodeKind::Compute(_)
            | NodeKind::Run(_)
            | NodeKind::Wait(_)
            | NodeKind::Children(_)
            | NodeKind::Agent(_)
            | NodeKind::Lend(_),
            _,
        ) => None,
    }
}

/// The timer of a wait for a time that was not recorded, and when it fires.
fn passes(workflow: &Workflow, state: &Execution, before: &Execution, ix: usize) -> Option<(Command, Time)> {
    let id = &workflow.nodes[ix].id;
    let found = state.node(id)?;
    let Phase::Waiting { until: Some(until), event: None, .. } = found.phase else { return None };
    let is_new = before.node(id).is_none_or(|then| then.visit < found.visit);
    let timer = Command::Timer { activation: state.activation(id), purpose: Purpose::Wait };
    is_new.then(|| (timer, until.max(state.updated_at)))
}

fn computes(world: &World, workflow: &Workflow, state: &Execution, ix: usize, activation: Activation) -> Command {
    let NodeKind::Compute(config) = &workflow.nodes[ix].kind else { panic!("it computes nothing") };
    let computed = with_values(world, || {
        Reading::of(|reading| config.compute(&Sight::of_config(workflow, state, ix, reading).scope()))
    });
    let outcome = match computed {
        Ok(output) => Outcome::Succeeded { port: "success".into(), output: Payload::new(output) },
        Err(error) => Outcome::Failed(Failure::new(error.code, error.message)),
    };
    let attempt = state.node(&activation.node).map_or(1, |found| found.attempt.max(1));
    Command::Report { activation, attempt, outcome, duration_ms: None }
}
