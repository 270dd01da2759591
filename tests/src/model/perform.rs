//! Does what a script says, on any stage.

use super::{
    patching::operations,
    script::{Script, Step, What},
    stage::{Asked, Stage},
};
use crate::sim::{answer, parsed};
use engine::fork::ForkRequest;
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    effect::Undoing,
    event::Unstick,
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    rollback::{Rollback, Unreachable, to_node},
    task::Outcome,
};

/// Executions that are forked in one script at most: each fork may be forked again.
const FORKS: usize = 4;
/// Messages that are handled at most between two looks at what executions wait for.
const MESSAGES: usize = 5_000;
/// How often people look after executions until all have ended.
const VISITS: usize = 200;
/// The event that generated workflows wait for.
const EVENT: &str = "go";

/// Plays a script to its end: all of its steps, and then whatever it takes until every execution has ended.
///
/// # Errors
/// Says what is not as it should be.
pub async fn perform(stage: &mut dyn Stage, script: &Script) -> Result<(), String> {
    for (number, step) in script.steps.iter().enumerate() {
        take(stage, script, step).await.map_err(|error| format!("step {number}, {step:?}: {error}"))?;
        hears_late(stage).await.map_err(|error| format!("after step {number}, {step:?}: {error}"))?;
    }
    settle(stage).await.map_err(|error| format!("after the last step: {error}"))
}

/// Has another copy end of each attempt to undo something that waits for a person, and that succeeds. Messages are handled
/// one after the other here, and an address always answers the same, so that no copy does so by itself.
async fn hears_late(stage: &mut dyn Stage) -> Result<(), String> {
    for state in states(stage).await? {
        let Some(rolling) = state.rolling.as_ref().filter(|_| state.stuck.is_some()) else { continue };
        let undoing = Undoing { epoch: state.epoch, number: rolling.next, attempt: rolling.attempt };
        let outcome = Outcome::Succeeded { port: "success".into(), output: json!({}).into() };
        let late = Command::Undone { undoing, outcome, again: None };
        stage.ask(state.id(), Asked::Command(Box::new(late))).await?;
        if stage.state(state.id()).await?.seq != state.seq {
            return Err(format!("{} is stuck, and records what came of {undoing:?} nevertheless", state.id()));
        }
    }
    Ok(())
}

fn control(control: Control) -> Asked {
    Asked::Command(Box::new(Command::Control { control, reason: None }))
}

fn unstick(action: Unstick) -> Asked {
    Asked::Command(Box::new(Command::Unstick { action, node: None, output: None, reason: None }))
}

fn signal() -> Asked {
    Asked::Command(Box::new(Command::Signal { name: EVENT.into(), data: json!({ "v": 7 }).into() }))
}

async fn take(stage: &mut dyn Stage, script: &Script, step: &Step) -> Result<(), String> {
    let roots = stage.roots();
    let of = &roots[step.of % roots.len()];
    let asked = match step.what {
        What::Go(most) => return stage.go(most).await.map(drop),
        What::Crash(death) => return stage.crash(death).await,
        What::Answer(number) => return answered(stage, of, number).await,
        What::Fork { .. } if roots.len() > FORKS => return Ok(()),
        What::Signal => signal(),
        What::Pause => control(Control::Pause),
        What::Resume => control(Control::Resume),
        What::Cancel => control(Control::Cancel),
        What::Retry => control(Control::Retry),
        What::Unstick(action) => unstick(action),
        What::RollBack { to, compensate } => {
            Asked::Back(Box::new(Rollback { compensate, ..Rollback::to(checkpoint(stage, of, to).await?) }))
        }
        What::Patch(number) => Asked::Patch(operations(&script.case.document, number)),
        What::Backtrack(number) => {
            let state = stage.state(of).await?;
            let Some(node) = state.nodes.keys().nth(number % state.nodes.len().max(1)) else { return Ok(()) };
            let workflow = parsed(&script.case.document);
            let wanted = |input| to_node(&workflow, &state, node, input);
            let found = wanted(Some(json!({ "v": 3 }))).or_else(|why| match why {
                Unreachable::DecidedAtOnce(_) => wanted(None),
                other => Err(other),
            });
            match found {
                Ok(rollback) => Asked::Back(Box::new(rollback)),
                Err(Unreachable::NotVisited(_) | Unreachable::Shared { .. }) => return Ok(()),
                Err(other) => return Err(other.to_string()),
            }
        }
        What::Fork { at, other_input } => {
            let input = other_input.then(|| json!({ "a": 6, "b": 1, "list": [1, 2], "name": "y" }));
            // The key makes a new execution of each step, however often a caller that hears nothing asks.
            let key = (format!("fork {}", roots.len()), format!("{step:?}"));
            let checkpoint = checkpoint(stage, of, at).await?;
            Asked::Fork(ForkRequest { checkpoint, input, workflow: None, by: None, idempotency: Some(key) })
        }
    };
    stage.ask(of, asked).await
}

/// A checkpoint of an execution, at times one that there is not.
async fn checkpoint(stage: &dyn Stage, of: &ExecutionId, number: usize) -> Result<u64, String> {
    let seq = stage.state(of).await?.seq;
    Ok(number as u64 % (seq + 2))
}

/// Answers an open question of an execution or of one below it.
async fn answered(stage: &mut dyn Stage, of: &ExecutionId, number: usize) -> Result<(), String> {
    let mut below = vec![of.clone()];
    let mut open = Vec::new();
    let mut all = states(stage).await?;
    while let Some(id) = below.pop() {
        for state in all.extract_if(.., |state| is_below(state, &id)) {
            open.extend(questions(&state));
            below.push(state.id().clone());
        }
    }
    match open.len() {
        0 => Ok(()),
        several => {
            let (id, asked) = open.swap_remove(number % several);
            stage.ask(&id, asked).await
        }
    }
}

fn is_below(state: &Execution, id: &ExecutionId) -> bool {
    state.id() == id || state.started.parent.as_ref().is_some_and(|parent| parent.execution_id == *id)
}

/// The answer to each open question of an execution.
fn questions(state: &Execution) -> Vec<(ExecutionId, Asked)> {
    let asked = state.open_interactions().map(|one| {
        let command = Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(answer(one)) };
        (state.id().clone(), Asked::Command(Box::new(command)))
    });
    asked.collect()
}

async fn states(stage: &dyn Stage) -> Result<Vec<Arc<Execution>>, String> {
    let mut states = Vec::new();
    for id in stage.all() {
        states.push(stage.state(&id).await?);
    }
    Ok(states)
}

/// Lets every execution come to its end whatever it stands at, as people in charge would: they resume, find a way out,
/// answer and signal. Whatever waits for none of this and has not ended is an error.
async fn settle(stage: &mut dyn Stage) -> Result<(), String> {
    for _ in 0..VISITS {
        if stage.go(MESSAGES).await? {
            return Err(format!("it goes nowhere in {MESSAGES} messages"));
        }
        let states = states(stage).await?;
        let alive: Vec<_> = states.iter().filter(|state| state.end.is_none()).collect();
        if alive.is_empty() {
            return Ok(());
        }
        let mut asked: Vec<_> = alive.iter().flat_map(|state| wanted(state)).collect();
        if asked.is_empty() {
            // A child that its parent left as it was when it could not be undone is stuck for good.
            let left = alive.iter().filter(|state| state.status() == Status::Stuck);
            asked.extend(left.map(|state| (state.id().clone(), unstick(Unstick::Skip))));
        }
        if asked.is_empty() {
            return Err(format!("nothing moves and nobody is asked, but {}", told(&alive)));
        }
        for (id, asked) in asked {
            stage.ask(&id, asked).await?;
        }
    }
    Err(format!("people look after it {VISITS} times, and it has not ended"))
}

/// Where executions stand.
fn told(states: &[&Arc<Execution>]) -> String {
    let one = |state: &&Arc<Execution>| {
        let phases = state.nodes.iter().map(|(id, node)| format!("{id}: {:?}", node.phase)).collect::<Vec<_>>();
        format!("{} is {}, in {}", state.id(), state.status(), phases.join(", "))
    };
    states.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What an execution that stands still needs of people. A child is resumed and unstuck by its parent.
fn wanted(state: &Execution) -> Vec<(ExecutionId, Asked)> {
    let is_root = state.started.parent.is_none();
    let asks = |asked| vec![(state.id().clone(), asked)];
    match state.status() {
        Status::Paused if is_root => asks(control(Control::Resume)),
        Status::Stuck if is_root => asks(unstick(Unstick::Skip)),
        _ => {
            let mut phases = state.nodes.values().map(|node| &node.phase);
            let awaits = phases.any(|phase| matches!(phase, Phase::Waiting { event: Some(_), .. }));
            let mut wanted = questions(state);
            wanted.extend(awaits.then(|| (state.id().clone(), signal())));
            wanted
        }
    }
}
