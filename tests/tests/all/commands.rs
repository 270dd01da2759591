//! Any command at any moment: random sequences of pause, resume, cancel, retry, rollback, backtrack and unstick on random
//! workflows, with faults. Whatever is asked, the invariants hold, and everything ends.

use serde_json::{Value, json};
use stepwell_core::{
    command::{Command, Control},
    event::Unstick,
    execution::{Execution, Status},
    rollback::{Rollback, Unreachable},
};
use stepwell_tests::{
    generate::{Case, Knobs, case},
    rng::Rng,
    sim::{Faults, Run, delivers, parsed, root_id},
};

/// Gives every request of a flow, and of the bodies in it, something that undoes it; some of it never works.
fn with_compensation(flow: &mut Value, rng: &mut Rng) {
    for node in flow["nodes"].as_array_mut().into_iter().flatten() {
        if node["type"] == "http_request" && rng.percent(60) {
            let end = if rng.percent(10) { "refused" } else { "undo" };
            let config = json!({"method": "POST", "url": format!("https://x.example/{end}")});
            node["compensate"] = json!({"type": "http_request", "config": config, "retry": {"max_attempts": 2}});
        }
        if let Some(body) = node["config"].get_mut("body").filter(|body| body.is_object()) {
            with_compensation(body, rng);
        }
    }
}

fn some_case(seed: u64) -> Case {
    let knobs =
        Knobs { deterministic: true, size: 2 + (seed % 8) as usize, waits: true, children: seed.is_multiple_of(2) };
    let mut case = case(seed, knobs);
    with_compensation(&mut case.document, &mut Rng::new(seed, 11));
    case
}

fn state(run: &Run) -> Execution {
    run.host.state(&root_id()).unwrap()
}

/// Asks for something at random. Whether the state allows it is for the rules to say.
fn ask(run: &mut Run, rng: &mut Rng, case: &Case) -> String {
    let now = state(run);
    let what = rng.below(10);
    match what {
        0 => run.ask(Control::Pause),
        1 => run.ask(Control::Resume),
        2 => run.ask(Control::Cancel),
        3 | 4 => run.ask(Control::Retry),
        5..=7 => {
            let to = rng.between(0, now.seq as usize + 1) as u64;
            run.back(&Rollback { compensate: !rng.percent(20), ..Rollback::to(to) });
        }
        8 => {
            let workflow = parsed(&case.document);
            let nodes: Vec<_> = now.nodes.keys().cloned().collect();
            if !nodes.is_empty() {
                let there = engine::rollback::to_node(&workflow, &now, rng.pick(&nodes), Some(json!({"v": 3})));
                match there {
                    Ok(rollback) => run.back(&rollback),
                    Err(Unreachable::NotVisited(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
        _ => unstick(run, rng),
    }
    format!("{what} at {} ({})", now.seq, now.status())
}

fn unstick(run: &mut Run, rng: &mut Rng) {
    let action = *rng.pick(&[Unstick::Retry, Unstick::Skip, Unstick::MarkDone, Unstick::Redrive]);
    run.command(&Command::Unstick { action, node: None, output: None, reason: None });
}

/// Lets an execution come to its end whatever it stands at, as a person in charge would.
fn settle(run: &mut Run) -> Result<(), String> {
    for _ in 0..100 {
        while run.advance()? {}
        match state(run).status() {
            Status::Paused => run.ask(Control::Resume),
            Status::Stuck => {
                run.command(&Command::Unstick { action: Unstick::Skip, node: None, output: None, reason: None });
            }
            status if status.is_terminal() => return Ok(()),
            status => return Err(format!("it was left {status}")),
        }
    }
    Err("it never ends".into())
}

#[test]
fn whatever_is_asked_the_invariants_hold_and_everything_ends() {
    let (mut ends, mut epochs, mut retried) = (std::collections::BTreeMap::<Status, u32>::new(), 0, 0);
    for seed in 0..400 {
        let case = some_case(seed);
        let mut rng = Rng::new(seed, 12);
        let faults = if seed % 3 == 0 { Faults::default() } else { Faults::of(seed) };
        let mut run = Run::new(&case, seed, faults, delivers(seed % 4 < 2));
        let mut asked = Vec::new();
        let about = |asked: &[String], error: &str| format!("seed {seed}: {error}\n{asked:#?}\n{}", case.document);
        for _ in 0..rng.between(1, 8) {
            for _ in 0..rng.below(25) {
                if !run.advance().unwrap_or_else(|error| panic!("{}", about(&asked, &error))) {
                    break;
                }
            }
            asked.push(ask(&mut run, &mut rng, &case));
        }
        settle(&mut run).unwrap_or_else(|error| panic!("{}", about(&asked, &error)));
        run.fate().unwrap_or_else(|error| panic!("{}", about(&asked, &error)));
        let last = state(&run);
        *ends.entry(last.status()).or_default() += 1;
        epochs += last.epoch;
        retried += last.retried;
    }
    assert!(epochs > 300 && retried > 10, "{epochs} rollbacks, {retried} retries, {ends:?}");
}
