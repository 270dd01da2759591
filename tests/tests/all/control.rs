//! Pause and cancel, at any moment.

use engine::port::Delivers;
use stepwell_core::{
    command::Control,
    event::{Event, Turn},
    execution::Status,
};
use stepwell_tests::{
    generate::{Case, Knobs, case},
    rng::Rng,
    sim::{Faults, Run, delivers, root_id},
};

fn some_case(seed: u64) -> Case {
    case(
        seed,
        Knobs { deterministic: true, size: 2 + (seed % 9) as usize, waits: true, children: seed.is_multiple_of(3) },
    )
}

fn faults(seed: u64) -> Faults {
    if seed.is_multiple_of(2) { Faults::default() } else { Faults::of(seed) }
}

/// A run some rounds after its start.
fn begun(case: &Case, seed: u64) -> Run {
    let mut run = Run::new(case, seed, faults(seed), delivers(seed % 4 < 2));
    for _ in 0..Rng::new(seed, 9).below(10) {
        if !run.advance().unwrap_or_else(|error| panic!("seed {seed}: {error}")) {
            break;
        }
    }
    run
}

/// What starts something, recorded while the execution was paused.
fn started_while_paused(turns: &[Turn]) -> Vec<&Event> {
    let (mut paused, mut found) = (false, Vec::new());
    for event in turns.iter().flat_map(|turn| &turn.events) {
        match event {
            Event::ExecutionPaused { .. } => paused = true,
            Event::ExecutionResumed { .. } => paused = false,
            Event::NodeActivated { .. }
            | Event::NodeRouted { .. }
            | Event::NodesSkipped { .. }
            | Event::LoopEntered { .. }
            | Event::LoopIterated { .. }
            | Event::WaitStarted { .. }
            | Event::InteractionOpened { .. }
            | Event::ChildrenPlanned(_)
            | Event::ChildrenStarted { .. }
                if paused =>
            {
                found.push(event);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_thousand_pauses_start_no_node_and_change_no_result() {
    let mut held = 0;
    for seed in 0..1000 {
        let case = some_case(seed);
        let calm = Run::new(&case, seed, Faults::default(), Delivers::InCommit).finish().unwrap();
        let mut run = begun(&case, seed);
        run.ask(Control::Pause);
        let about = format!("seed {seed}, input {}\n{}", case.input, case.document);
        run.pass(100.0).unwrap_or_else(|error| panic!("{error}\n{about}"));
        let status = run.host.state(&root_id()).unwrap().status();
        held += u64::from(status == Status::Paused);
        run.ask(Control::Resume);
        let fate = run.finish().unwrap_or_else(|error| panic!("{error}\n{about}"));
        assert_eq!((fate.status, &fate.output), (calm.status, &calm.output), "{about}");
        for turns in run.host.world().journals.values() {
            assert_eq!(started_while_paused(turns), Vec::<&Event>::new(), "{about}");
        }
    }
    assert!(held > 300, "only {held} of 1000 were held by their pause");
}

#[test]
fn a_cancel_at_any_moment_leaves_nothing_open() {
    let mut statuses = std::collections::BTreeMap::<Status, u64>::new();
    for seed in 0..1000 {
        let case = some_case(seed);
        let mut run = begun(&case, seed);
        if seed % 5 == 0 {
            run.ask(Control::Pause);
        }
        let before = run.host.state(&root_id()).unwrap().status();
        *statuses.entry(before).or_default() += 1;
        run.ask(Control::Cancel);
        let fate = run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.document));
        let expected = if before.is_terminal() { before } else { Status::Cancelled };
        assert_eq!(fate.status, expected, "seed {seed}");
        assert!(run.host.world().timers.is_empty(), "seed {seed}: a timer outlives its execution");
    }
    for status in [Status::Running, Status::Paused, Status::Waiting, Status::WaitingHuman] {
        assert!(statuses.get(&status).is_some_and(|count| *count > 0), "{status} was hardly met: {statuses:?}");
    }
}
