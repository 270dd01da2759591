//! Injects faults: every call of AWS fails once before it takes effect and once after it, every process dies once
//! between any two calls, and every message comes twice. Executions end as they do without faults, and the supervisor
//! cleans up what the faults leave.

use crate::docs::root;
use document::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use stepwell_tests::{
    aws_world::{Fault, Run, Scenario, World},
    generate::{Case, Knobs, case},
    sim::sample,
};

const NOW: Time = Time(1_800_000_000_000);
/// The number of a scenario's calls that can meet every fault. Where a scenario makes more, so many are chosen evenly.
const CALLS: u64 = 40;

fn scenarios() -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = crate::docs::files(&root().join("examples"), ".json")
        .into_iter()
        .map(|path| {
            let document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let input = document.get("input_schema").map_or_else(|| json!({}), sample);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Scenario::new(&name, Case { document, saved: Vec::new(), input })
        })
        .collect();
    assert!(scenarios.len() >= 3, "the examples were not found");
    let knobs = Knobs { deterministic: true, size: 6, waits: true, children: true };
    scenarios.extend((0..6).map(|seed| Scenario::new(&format!("seed {seed}"), case(seed, knobs))));
    scenarios
}

/// The numbers of the calls, from 1, that meet a fault.
fn chosen(calls: u64) -> BTreeSet<u64> {
    if calls <= CALLS { (1..=calls).collect() } else { (0..CALLS).map(|n| 1 + n * (calls - 1) / (CALLS - 1)).collect() }
}

/// Those of the chosen calls of a scenario that are swept: every second, since each takes a run of the scenario for each
/// fault. `SWEEP=chosen` sweeps them all, and `SWEEP='document-review.json 75'` replays that call alone.
fn wanted(name: &str, calls: u64) -> Vec<u64> {
    let chosen = chosen(calls).into_iter();
    match std::env::var("SWEEP") {
        Err(_) => chosen.step_by(2).collect(),
        Ok(wanted) if wanted == "chosen" => chosen.collect(),
        Ok(wanted) => (1..=calls).filter(|call| wanted == format!("{name} {call}")).collect(),
    }
}

/// Sweeps every second scenario, from `part` on, each with a world of its own.
async fn sweep(part: usize) {
    let mut number = 0;
    for scenario in scenarios().iter().skip(part).step_by(2) {
        let world = World::new(Some(NOW)).await;
        world.wire.plan(None);
        let expected = Run::of(&world, scenario, number).await.unwrap_or_else(|error| panic!("{error}"));
        let calls = world.wire.calls();
        let wanted = wanted(&scenario.name, calls);
        println!("{}: {} of {calls} calls meet each of {} faults", scenario.name, wanted.len(), Fault::ALL.len());
        for call in wanted {
            for fault in Fault::ALL {
                number += 1;
                world.wire.plan(Some((call, fault)));
                let about = || format!("{}, call {call}, {fault:?}", scenario.name);
                let fate = Run::of(&world, scenario, number).await;
                let fate = fate.unwrap_or_else(|error| {
                    panic!("{}: {error}\n{}", about(), world.wire.around(call));
                });
                assert_eq!(fate, expected, "{}", about());
                assert_eq!(world.wire.injected(), 1, "{}: the call never came", about());
            }
        }
    }
}

#[tokio::test]
async fn every_call_fails_once_and_nothing_changes() {
    sweep(0).await;
}

#[tokio::test]
async fn every_call_fails_once_and_nothing_changes_for_the_others() {
    sweep(1).await;
}

/// Every so many calls of a scenario one meets each fault where clocks differ or steps go ahead: all are swept without that.
const EVERY: usize = 25;

/// No fault, and then each fault for some of the calls that the world has seen since the last plan.
fn plans(world: &World, every: usize) -> Vec<Option<(u64, Fault)>> {
    let chosen = chosen(world.wire.calls()).into_iter().step_by(every);
    let faults = chosen.flat_map(|call| Fault::ALL.map(|fault| Some((call, fault))));
    std::iter::once(None).chain(faults).collect()
}

/// A scenario whose people have days to answer, where the document takes their time from the input.
fn patient(mut scenario: Scenario) -> Scenario {
    for (name, value) in scenario.case.input.as_object_mut().into_iter().flatten() {
        if name.ends_with("_seconds") {
            *value = json!(259_200);
        }
    }
    scenario
}

#[tokio::test]
async fn clocks_that_are_a_minute_off_change_nothing() {
    let mut number = 0;
    for (at, scenario) in scenarios().into_iter().map(patient).enumerate() {
        let world = World::new(Some(NOW)).await;
        world.wire.plan(None);
        let expected = Run::of(&world, &scenario, number).await.unwrap_or_else(|error| panic!("{error}"));
        let plans = plans(&world, EVERY);
        let (requests, messages) = if at % 2 == 0 { (-60.0, 60.0) } else { (60.0, -60.0) };
        world.set_clocks(requests, messages);
        for plan in plans {
            number += 1;
            world.wire.plan(plan);
            let fate = Run::of(&world, &scenario, number).await;
            let fate = fate.unwrap_or_else(|error| panic!("{plan:?}, requests {requests} s: {error}"));
            assert_eq!(fate, expected, "{}, {plan:?}, requests {requests} s", scenario.name);
        }
    }
}

/// Where people have less time than clocks differ by, it is up to the clock that is asked whether an answer comes in time.
/// Whatever it says, the question ends: what one clock refuses as too late, the other ends once it says so too.
#[tokio::test]
async fn a_question_ends_however_short_its_time_is_and_whatever_clocks_say() {
    let asks = |scenario: &Scenario| scenario.case.document.to_string().contains(r#""type":"human""#);
    let asking: Vec<Scenario> = scenarios().into_iter().filter(asks).collect();
    assert!(
        asking.iter().any(|scenario| scenario.name == "two-person-approval.json"),
        "it gives a second, by its input"
    );
    for (requests, messages) in [(-60.0, 60.0), (60.0, -60.0)] {
        let world = World::new(Some(NOW)).await;
        world.set_clocks(requests, messages);
        for (number, scenario) in (0u64..).zip(&asking) {
            world.wire.plan(None);
            let fate = Run::of(&world, scenario, number).await;
            let fate = fate.unwrap_or_else(|error| panic!("requests {requests} s: {error}"));
            assert!(fate.status.is_terminal(), "{}, requests {requests} s: {fate:?}", scenario.name);
        }
    }
}

#[tokio::test]
async fn steps_that_go_ahead_change_nothing() {
    let mut number = 0;
    for scenario in scenarios() {
        let world = World::new(Some(NOW)).await;
        let expected = Run::of(&world, &scenario, number).await.unwrap_or_else(|error| panic!("{error}"));
        world.go_ahead(true);
        world.wire.plan(None);
        number += 1;
        let fate = Run::of(&world, &scenario, number).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(fate, expected, "{}", scenario.name);
        for plan in plans(&world, EVERY / 5) {
            number += 1;
            world.wire.plan(plan);
            let fate = Run::of(&world, &scenario, number).await;
            let fate = fate.unwrap_or_else(|error| panic!("{plan:?}: {error}"));
            assert_eq!(fate, expected, "{}, {plan:?}", scenario.name);
        }
    }
}

#[tokio::test]
async fn every_message_comes_twice_and_nothing_changes() {
    let world = World::new(Some(NOW)).await;
    for (number, scenario) in (0u64..).zip(scenarios()) {
        world.services.send_twice(false);
        let expected = Run::of(&world, &scenario, number * 2).await.unwrap_or_else(|error| panic!("{error}"));
        world.services.send_twice(true);
        let fate = Run::of(&world, &scenario, number * 2 + 1).await.unwrap_or_else(|error| panic!("twice: {error}"));
        assert_eq!(fate, expected, "{}", scenario.name);
    }
}
