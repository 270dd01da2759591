//! Random workflows under random faults.

use engine::{limits::CHILDREN_AT_ONCE, port::Delivers};
use serde_json::{Value, json};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};
use stepwell_core::execution::Status;
use stepwell_tests::{
    generate::{Case, Knobs, case},
    sim::{self, Faults, Run},
};

fn simulate(seed: u64) -> Result<u64, String> {
    let deterministic = seed % 4 != 3;
    let knobs = Knobs {
        deterministic,
        size: 2 + (seed as usize / 4 % 10),
        waits: !seed.is_multiple_of(3),
        children: seed % 5 < 2,
    };
    let case = case(seed, knobs);
    let delivers = sim::delivers(seed.is_multiple_of(2));
    // Among those that deliver after the commit, every second seed.
    let ahead = seed % 4 == 1;
    let about = |error: String| format!("{error}\ninput {}\n{}", case.input, case.document);
    let mut quiet = Run::new(&case, seed, Faults::default(), delivers);
    let calm = quiet.finish().map_err(about)?;
    quiet.told_once().map_err(about)?;
    let mut run = Run::new(&case, seed, Faults::of(seed), delivers).going_ahead(ahead);
    let fate = run.finish().map_err(about)?;
    if deterministic && (fate.status != calm.status || fate.output != calm.output) {
        return Err(about(format!("{fate:?} under faults, {calm:?} without")));
    }
    Ok(run.host.world().faults_injected)
}

/// `SIM_SEEDS` (a count) and `SIM_SEED` (one seed) change what is run.
fn seeds() -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SIM_SEEDS").unwrap_or(10_000)).collect(),
    }
}

#[test]
fn faults_change_nothing_about_how_random_workflows_end() {
    let seeds = seeds();
    let (next, injected, failures) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let ended = std::panic::catch_unwind(|| simulate(seed)).unwrap_or_else(|_| Err("a panic".into()));
                    match ended {
                        Ok(faults) => drop(injected.fetch_add(faults, Ordering::Relaxed)),
                        Err(error) => failures.lock().unwrap().push((seed, error)),
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    if let Some((seed, error)) = failures.first() {
        let (all, few): (usize, Vec<u64>) = (failures.len(), failures.iter().map(|(seed, _)| *seed).take(20).collect());
        let replay = format!("SIM_SEED={seed} cargo test -p stepwell-tests --test all simulation");
        panic!("{error}\n{all} of {} seeds fail, such as {few:?}; replay: {replay}", seeds.len());
    }
    let injected = injected.into_inner();
    let enough = seeds.len() < 100 || injected > seeds.len() as u64;
    assert!(enough, "only {injected} faults in {} runs: they test little", seeds.len());
}

#[test]
fn a_large_map_asks_for_some_children_at_a_time() {
    let count = 20 * CHILDREN_AT_ONCE;
    let items: Vec<usize> = (0..count).collect();
    let body =
        json!({"nodes": [{"id": "twice", "type": "transform", "config": {"expression": "item * 2"}}], "edges": []});
    let document = json!({"id": "wide", "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": "input.items", "max_concurrency": 10_000, "body": body}}],
        "edges": [{"from": "go", "to": "all"}]});
    let case = Case { document, saved: Vec::new(), input: json!({"items": items}) };
    let mut run = Run::new(&case, 0, Faults::default(), Delivers::AfterCommit);
    let fate = run.finish().unwrap();
    let doubled: Vec<Value> = (0..count).map(|item| json!(item * 2)).collect();
    assert_eq!((fate.status, fate.output), (Status::Completed, Value::Array(doubled)));
    let most = run.host.world().under_way.1;
    assert!((CHILDREN_AT_ONCE..10 * CHILDREN_AT_ONCE).contains(&most), "{most} at once");
}
