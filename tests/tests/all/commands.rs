//! Any command at any moment: random sequences of everything that can be asked of an execution, with crashes, on random
//! workflows with children, maps, loops and people. Whatever is asked, the invariants hold and everything ends; and every
//! store keeps the same.

use std::collections::BTreeMap;
use stepwell_core::{
    event::{Event, Unstick},
    execution::Status,
};
use stepwell_tests::{
    model::{Death, InMemory, OnDisk, Played, Script, Step, What, agrees, hold, play, replay, shrink, simulate},
    sim::{Faults, root_id},
};

/// Seeds of the simulated host and of the store in memory. Those on other stores are the first of them: as many as the
/// disk takes in ten seconds, and DynamoDB in half a minute.
const SEEDS: u64 = 400;
const ON_DISK: u64 = 100;

#[tokio::test]
async fn whatever_is_asked_the_invariants_hold_and_everything_ends() {
    let (mut ends, mut epochs, mut retried) = (BTreeMap::<Status, u32>::new(), 0, 0);
    let (mut forks, mut patched) = (0, 0);
    for seed in Script::seeds(SEEDS) {
        let faults = if seed % 3 == 0 { Faults::default() } else { Faults::of(seed) };
        let plays = async |script: &Script| simulate(script, faults);
        let (_, run) = hold(&Script::of(seed), "the simulated host", plays).await;
        let last = run.host.state(&root_id()).unwrap();
        *ends.entry(last.status()).or_default() += 1;
        epochs += last.epoch;
        retried += last.retried;
        let world = run.host.world();
        for state in world.journals.keys().filter_map(|id| world.fold(id)) {
            forks += u32::from(state.started.forked.is_some());
            patched += u32::from(state.patched.is_some());
        }
    }
    let seen = format!("{epochs} rollbacks, {retried} retries, {forks} forks, {patched} patched, {ends:?}");
    assert!(epochs > 250 && retried > 10 && forks > 50 && patched > 10, "{seen}");
}

#[tokio::test]
async fn the_store_in_memory_holds_every_script() {
    let mut seen = Seen::default();
    for seed in Script::seeds(SEEDS) {
        let plays = async |script: &Script| play(&mut InMemory::empty(), script).await;
        seen.count(&hold(&Script::of(seed), "the store in memory", plays).await);
    }
    seen.is_enough();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_disk_keeps_what_memory_keeps() {
    let plays = async |script: &Script| agrees(&mut OnDisk::empty(), &mut InMemory::empty(), script).await;
    for seed in Script::seeds(ON_DISK) {
        hold(&Script::of(seed), "the store on disk", plays).await;
    }
}

/// How often what is rare has happened, so that a test which has lost its point is noticed.
#[derive(Debug, Default)]
struct Seen {
    children: u32,
    rollbacks: u32,
    retries: u32,
    forks: u32,
    answers: u32,
    stuck: u32,
    unstuck: u32,
    cancelled: u32,
    failed: u32,
}

impl Seen {
    fn count(&mut self, played: &Played) {
        for event in played.journals.values().flatten().flat_map(|turn| &turn.events) {
            match event {
                Event::ExecutionStarted(started) => {
                    self.children += u32::from(started.parent.is_some());
                    self.forks += u32::from(started.forked.is_some());
                }
                Event::RollbackBegun { .. } => self.rollbacks += 1,
                Event::ExecutionRetried { .. } => self.retries += 1,
                Event::InteractionClosed(_) => self.answers += 1,
                Event::ExecutionStuck { .. } => self.stuck += 1,
                Event::ExecutionUnstuck { .. } => self.unstuck += 1,
                Event::ExecutionCancelled { .. } => self.cancelled += 1,
                Event::ExecutionFailed { .. } => self.failed += 1,
                _ => {}
            }
        }
    }

    fn is_enough(&self) {
        let Self { children, rollbacks, retries, forks, answers, stuck, unstuck, cancelled, failed } = *self;
        let rare = [children, rollbacks, retries, forks, answers, stuck, unstuck, cancelled, failed];
        assert!(rare.iter().all(|often| *often >= 5), "{self:?}");
    }
}

/// Which steps would make a play fail if there were this mistake: a cancel that comes after a pause and after at least
/// three messages.
async fn planted(steps: &[Step]) -> bool {
    let (mut messages, mut paused) = (0, false);
    for step in steps {
        match step.what {
            What::Go(most) if paused => messages += most,
            What::Pause => paused = true,
            What::Cancel if paused && messages >= 3 => return true,
            _ => {}
        }
    }
    false
}

#[tokio::test]
async fn a_planted_mistake_is_shown_by_the_fewest_steps() {
    let step = |what| Step { of: 0, what };
    let noise = [What::Resume, What::Go(7), What::Signal, What::Retry, What::Unstick(Unstick::Skip), What::Answer(1)];
    let mut steps: Vec<Step> = noise.map(step).to_vec();
    steps.push(step(What::Pause));
    steps.extend(noise.map(step));
    steps.push(step(What::Cancel));
    steps.extend(noise.map(step));
    assert!(planted(&steps).await);
    let short = shrink(steps, planted).await;
    assert_eq!(short, [What::Pause, What::Go(3), What::Cancel].map(step));
    assert_eq!(shrink(short.clone(), planted).await, short, "nothing more can be left out");
    assert_eq!(shrink(vec![step(What::Pause)], async |_: &[Step]| true).await, [], "where any script fails");
}

#[tokio::test]
async fn a_script_that_fails_is_told_as_code() {
    let mut script = Script::of(3);
    script.steps = vec![
        Step { of: 1, what: What::Unstick(Unstick::MarkDone) },
        Step { of: 0, what: What::Crash(Death::BeforeCommit) },
        Step { of: 2, what: What::RollBack { to: 5, compensate: true } },
    ];
    let told = replay(&script);
    for part in [
        "seed: 3,",
        &format!("delivers: Delivers::{:?},", script.delivers),
        &format!("document: json!({}),", script.case.document),
        "Step { of: 1, what: What::Unstick(Unstick::MarkDone) },",
        "Step { of: 0, what: What::Crash(Death::BeforeCommit) },",
        "Step { of: 2, what: What::RollBack { to: 5, compensate: true } },",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[tokio::test]
#[should_panic(expected = "steps: vec![\n        Step { of: 0, what: What::Pause },\n    ],")]
async fn a_play_that_fails_ends_with_the_shortest_script_that_does() {
    let seed = (0..SEEDS).find(|seed| Script::of(*seed).steps.iter().any(|step| step.what == What::Pause)).unwrap();
    let plays = async |script: &Script| {
        let pauses = script.steps.iter().filter(|step| step.what == What::Pause).count();
        if pauses > 0 { Err::<(), _>(format!("it pauses {pauses} times")) } else { Ok(()) }
    };
    let mut script = Script::of(seed);
    script.steps.iter_mut().for_each(|step| step.of = 0);
    hold(&script, "nothing", plays).await;
}
