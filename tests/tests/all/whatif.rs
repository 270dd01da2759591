//! What-if over random executions: on the workflow that they ran, nothing differs.

use stepwell_core::{
    children::body_of,
    event::{Event, Turn},
    evolve::fold,
    reading::Missing,
    replay::{Difference, Recorded, compare, replay},
};
use stepwell_tests::{
    generate::{Knobs, case},
    sim::{Faults, Run, World, delivers},
};

/// Computes something from values, of which the host has those that were offloaded.
fn with_values<T>(world: &World, mut compute: impl FnMut() -> Result<T, Missing>) -> T {
    loop {
        match compute() {
            Ok(computed) => return computed,
            Err(missing) => {
                for payload in missing.payloads() {
                    let blob = payload.missing().expect("it lacks nothing");
                    payload.fetched(world.blobs[&blob.sha256].clone());
                }
            }
        }
    }
}

/// Replays one execution on its own workflow, and says what differs. False where it had no node to be recalled.
pub fn replayed(world: &World, turns: &[Turn]) -> Result<bool, String> {
    let Some(Event::ExecutionStarted(started)) = turns[0].events.first() else { return Err("no start".into()) };
    let workflow = body_of(world.workflows[&started.workflow_hash].clone(), &started.body).map_err(|_| "no body")?;
    let recorded = Recorded::of(&workflow, turns);
    let state = world.fold(&started.execution_id).ok_or("no state")?;
    let replayed = with_values(world, || replay(&workflow, started, turns[0].at, &recorded)).ok_or("not startable")?;
    let compared = with_values(world, || compare(&workflow, state.status(), &recorded, &replayed));
    if compared.outcome != Difference::Same || compared.steps_was != compared.steps_now {
        let events: Vec<_> = turns.iter().flat_map(|turn| &turn.events).collect();
        let now: Vec<_> = replayed.turns.iter().flat_map(|turn| &turn.events).collect();
        return Err(format!("{compared:#?}\nwas {events:#?}\nnow {now:#?}"));
    }
    // What was made anew is a journal as any other.
    fold(&workflow, None, &replayed.turns).map_err(|error| error.to_string())?;
    Ok(!replayed.asks.is_empty())
}

#[test]
fn an_unchanged_workflow_changes_nothing_in_three_hundred_random_executions_and_their_children() {
    let (mut executions, mut asked) = (0, 0);
    for seed in 0..300 {
        let knobs = Knobs { deterministic: true, size: 3 + (seed as usize % 14), waits: true, children: seed % 3 == 0 };
        let case = case(seed, knobs);
        let faults = if seed % 4 == 1 { Faults::of(seed) } else { Faults::default() };
        let mut run = Run::new(&case, seed, faults, delivers(seed % 2 == 0));
        run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let world = run.host.world();
        for (id, turns) in &world.journals {
            let replayed = replayed(&world, turns);
            let is_asked =
                replayed.unwrap_or_else(|why| panic!("seed {seed}, execution {id}: {why}\n{}", case.document));
            asked += usize::from(is_asked);
            executions += 1;
        }
    }
    assert!(
        executions > 300 && asked > 30,
        "only {executions} executions, of which {asked} ask: the test lost its point"
    );
}
