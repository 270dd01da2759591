//! Random executions move to another host at a random moment, some while they are read, and come to the end that they
//! come to where they began.

use engine::{
    moving::{Piece, export},
    port::Journal,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use stepwell_core::{command::Control, execution::Status, id::ExecutionId, rollback::Rollback};
use stepwell_tests::{
    generate::{Case, Knobs, case},
    rng::Rng,
    sim::{Fate, Faults, Run, SimHost, delivers, root_id},
};

/// What a future gives on a host whose calls are done when they are asked for again.
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// The parts of one execution as it is now.
fn parts(host: &SimHost, id: &ExecutionId, room: usize) -> Vec<Piece> {
    let of = host.state(id).unwrap().seq;
    let (mut found, mut after) = (Vec::new(), 0);
    while after < of {
        let piece = done(export(host, id, after, of, room)).unwrap();
        after = piece.to();
        found.push(piece);
    }
    found
}

/// All that is exported of the root and those below it. `meanwhile` is what happens before each child is read.
pub fn exported(run: &mut Run, room: usize, meanwhile: &mut dyn FnMut(&mut Run)) -> Vec<Piece> {
    let mut open = VecDeque::from([root_id()]);
    let (mut all, mut ends) = (Vec::new(), Vec::new());
    while let Some(id) = open.pop_front() {
        let own = parts(&run.host, &id, room);
        let of = own[0].of;
        ends.push(
            serde_json::from_value(json!({"execution_id": id, "of": of, "after": of, "complete": true})).unwrap(),
        );
        all.extend(own);
        meanwhile(run);
        let ids: Vec<ExecutionId> = run.host.world().journals.keys().cloned().collect();
        let below = |one: &ExecutionId| {
            run.host
                .state(one)
                .and_then(|state| state.started.parent.clone())
                .is_some_and(|parent| parent.execution_id == id)
        };
        open.extend(ids.into_iter().filter(below));
    }
    all.extend::<Vec<Piece>>(ends);
    // As they travel: as text.
    all.iter().map(|piece| serde_json::from_str(&serde_json::to_string(piece).unwrap()).unwrap()).collect()
}

/// The one seed that is asked for, or as many as usual, or more.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let said = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match said("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..said("SIM_SEEDS").unwrap_or(usual).max(usual),
    }
}

/// A case with a `map` whose items run one after the other: what one of them does not tell stops all of it.
fn one_after_the_other(seed: u64) -> Case {
    let mut case = (0..1_000).map(|number| some_case(seed * 1_000 + number)).find(|case| maps(&case.document) > 0);
    let case = case.as_mut().expect("one in some cases has a map");
    limited(&mut case.document);
    case.saved.iter_mut().for_each(limited);
    case.clone()
}

/// How many `map` nodes a document has at its top.
fn maps(document: &Value) -> usize {
    document["nodes"].as_array().unwrap().iter().filter(|node| node["type"] == "map").count()
}

fn limited(document: &mut Value) {
    match document {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|kind| kind == "map") {
                fields["config"]["max_concurrency"] = json!(1);
            }
            fields.values_mut().for_each(limited);
        }
        Value::Array(items) => items.iter_mut().for_each(limited),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn some_case(seed: u64) -> Case {
    let knobs =
        Knobs { deterministic: true, size: 2 + (seed % 9) as usize, waits: true, children: !seed.is_multiple_of(3) };
    case(seed, knobs)
}

/// Lets an execution come to its end, as a person in charge would.
fn settled(run: &mut Run) -> Result<Fate, String> {
    for _ in 0..100 {
        run.pass(100.0)?;
        match run.host.state(&root_id()).unwrap().status() {
            Status::Paused => run.ask(Control::Resume),
            status if status.is_terminal() => return run.finish(),
            _ => {}
        }
    }
    Err("it never ends".into())
}

/// Lets some rounds pass.
fn some_rounds(run: &mut Run, rounds: usize) {
    for _ in 0..rounds {
        if !run.advance().unwrap() {
            break;
        }
    }
}

/// One move of a case at a random moment, after something was asked of it at times.
struct Moving {
    seed: u64,
    case: Case,
}

/// What a move has seen.
struct Seen {
    ended: bool,
    children: usize,
}

impl Moving {
    fn new(seed: u64, case: Case) -> Self {
        Self { seed, case }
    }

    fn moves(&self) -> Seen {
        let (seed, case) = (self.seed, &self.case);
        let mut rng = Rng::new(seed, 21);
        let mut there = Run::new(case, seed, Faults::default(), delivers(seed % 2 == 0));
        some_rounds(&mut there, rng.below(10));
        let (is_torn, what) = (seed % 4 == 0, seed % 7);
        match what {
            0 => there.ask(Control::Pause),
            1 => there.back_to(&root_id(), &Rollback::to(rng.below(3) as u64)),
            2 => there.ask(Control::Cancel),
            _ => {}
        }
        some_rounds(&mut there, rng.below(4));
        let mut draws = Rng::new(seed, 22);
        let mut meanwhile = |run: &mut Run| {
            if is_torn {
                some_rounds(run, draws.below(6))
            }
        };
        let room = if rng.percent(50) { 1 } else { 100_000 };
        let all = exported(&mut there, room, &mut meanwhile);
        let state = there.host.state(&root_id()).unwrap();
        let seen = Seen { ended: state.end.is_some(), children: there.host.world().journals.len() - 1 };
        let faults = if seed % 3 == 0 { Faults::of(seed) } else { Faults::default() };
        let mut here = Run::arrived(&case.saved, (seed, faults), delivers(seed % 4 < 2), &there, &all);
        let about = |error: &str| format!("seed {seed}: {error}\n{}", case.document);
        let came = settled(&mut here).unwrap_or_else(|error| panic!("{}", about(&error)));
        let stayed = settled(&mut there).unwrap_or_else(|error| panic!("{}", about(&error)));
        assert_eq!(came, stayed, "{}", about("another end"));
        // It may go back there as well, from the first turn to the last.
        if seed % 5 == 0 && came.status == Status::Completed {
            here.back_to(&root_id(), &Rollback::to(1));
            settled(&mut here).unwrap_or_else(|error| panic!("{}", about(&error)));
        }
        seen
    }
}

#[test]
fn whenever_an_execution_moves_it_comes_to_the_same_end() {
    let (mut ended, mut children, mut moved) = (0, 0, 0);
    for seed in seeds(600) {
        let seen = Moving::new(seed, some_case(seed)).moves();
        ended += u32::from(seen.ended);
        children += seen.children;
        moved += 1;
    }
    assert!(moved - ended > 150 && children > 150 || moved == 1, "{ended} of {moved} had ended, {children} children");
}

#[test]
fn a_map_whose_items_run_one_after_the_other_goes_on_wherever_it_moves() {
    for seed in seeds(300) {
        Moving::new(seed, one_after_the_other(seed)).moves();
    }
}

/// While parts are missing, nothing but the import touches it: no message, no timer, no person.
#[test]
fn half_of_an_execution_never_moves() {
    for seed in 0..100 {
        let case = some_case(seed);
        let mut there = Run::new(&case, seed, Faults::default(), delivers(true));
        some_rounds(&mut there, 2 + Rng::new(seed, 21).below(8));
        let all = exported(&mut there, 1, &mut |_| {});
        let half = &all[..all.len() - 1];
        let mut here = Run::arrived(&case.saved, (seed, Faults::default()), delivers(seed % 2 == 0), &there, half);
        let executions: Vec<ExecutionId> = here.host.world().journals.keys().cloned().collect();
        let last = all.last().unwrap().execution_id.clone();
        let before = done(here.host.turns(&last, 0, 100_000)).unwrap();
        for _ in 0..50 {
            if !here.advance().unwrap() {
                break;
            }
        }
        assert_eq!(done(here.host.turns(&last, 0, 100_000)).unwrap(), before, "seed {seed}, of {}", executions.len());
        assert!(here.host.state(&last).unwrap().arrives());
    }
}
