//! Patches of random executions at random moments: what is accepted has a past that the new workflow leads to, and what is
//! refused has none.

mod essence;
mod histories;
mod refused;
mod rest;
mod state;
mod tiny;

use document::{Workflow, parse, time::Time};
use rest::with_values;
use serde_json::{Value, json};
use state::Patched;
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{
    command::{Asked, Command, Control},
    decide::{decide, stands_in_the_way},
    documents::Documents,
    error::Rejection,
    event::{Event, Turn},
    evolve::fold,
    execution::{Execution, Phase},
    invariant,
    patch::{Obstacle, Why, prove},
    reading::Reading,
    replay::{Recorded, Visited, compare, replay},
    rollback::Rollback,
};
use stepwell_tests::{
    generate::{Knobs, case},
    rng::Rng,
    sim::{Faults, Run, World, delivers, root_id},
};

/// A change to a document, of a few kinds; the document may be refused then.
fn changed(rng: &mut Rng, document: &Value) -> Value {
    let mut changed = document.clone();
    for _ in 0..rng.between(1, 2) {
        change(rng, &mut changed);
    }
    changed
}

fn change(rng: &mut Rng, document: &mut Value) {
    let nodes = document["nodes"].as_array().unwrap().clone();
    let edges = document["edges"].as_array().unwrap().len();
    let at = rng.below(nodes.len());
    let (id, kind) = (nodes[at]["id"].clone(), nodes[at]["type"].as_str().unwrap().to_owned());
    let edge = rng.below(edges);
    match rng.below(11) {
        0 => document["nodes"][at]["name"] = json!("Another name"),
        1 | 2 => {
            let new = format!("new{}", nodes.len());
            let port = [None, Some("error"), Some("done"), Some("success")][rng.below(4)];
            let mut way = json!({"from": id, "to": new});
            if let Some(port) = port {
                way["port"] = json!(port);
            }
            let node = json!({"id": new, "type": "transform", "config": {"expression": "1"}});
            document["nodes"].as_array_mut().unwrap().push(node);
            document["edges"].as_array_mut().unwrap().push(way);
        }
        3 => {
            document["nodes"].as_array_mut().unwrap().remove(at);
            document["edges"].as_array_mut().unwrap().retain(|edge| edge["from"] != id && edge["to"] != id);
        }
        4 if edges > 0 => {
            let conditions = [json!("false"), json!("true"), json!("1 < 2"), json!("input.n > 3"), Value::Null];
            match conditions[rng.below(5)].clone() {
                Value::Null => drop(document["edges"][edge].as_object_mut().unwrap().shift_remove("condition")),
                condition => document["edges"][edge]["condition"] = condition,
            }
        }
        5 if edges > 0 => drop(document["edges"].as_array_mut().unwrap().remove(edge)),
        6 => {
            let to = nodes[rng.below(nodes.len())]["id"].clone();
            document["edges"].as_array_mut().unwrap().push(json!({"from": id, "to": to}));
        }
        7 => document["nodes"][at]["retry"]["max_attempts"] = json!(rng.between(1, 4)),
        8 => document["nodes"][at]["join"] = [json!("all"), json!("any"), json!({"at_least": 2})][rng.below(3)].clone(),
        9 if kind == "transform" => document["nodes"][at]["config"] = json!({"expression": "[1, 'x'][1]"}),
        10 if kind == "loop" => document["nodes"][at]["config"]["max_iterations"] = json!(rng.between(1, 9)),
        _ => document["nodes"][at]["on_error"] = json!(["fail", "continue"][rng.below(2)]),
    }
}

/// How often what was seen.
#[derive(Default, Debug)]
struct Seen {
    accepted: usize,
    /// Accepted, and the state was compared with that of a replay.
    compared: usize,
    refused: BTreeMap<Why, usize>,
    /// Refused although a replay shows no difference.
    without_difference: usize,
}

struct At<'a> {
    world: &'a World,
    old: &'a Arc<Workflow>,
    new: &'a Arc<Workflow>,
    turns: &'a [Turn],
    state: &'a Execution,
}

impl At<'_> {
    fn tries(&self, seen: &mut Seen) -> Result<(), String> {
        let documents = Documents::from(self.old);
        let proof = || Reading::of(|reading| prove(documents, self.turns, self.state, self.new, reading));
        match with_values(self.world, proof) {
            Ok(patched) => {
                seen.accepted += 1;
                let command = Command::Patch { patched: Box::new(patched), seq: self.state.seq };
                let after = self.goes_on(command)?;
                if let Some(differing) = self.differs().filter(|differing| !differing.is_empty()) {
                    return Err(format!("accepted, and a replay differs at {differing:?}"));
                }
                let Some(after) = after else { return Ok(()) };
                let (world, old, new) = (self.world, self.old, self.new);
                seen.compared += 1;
                Patched { world, old, new, turns: self.turns, before: self.state, after: &after }.is_as_replayed()
            }
            Err(obstacles) => {
                refused::leaves_no_trace(self.world, self.old, self.new, self.turns)?;
                for one in &obstacles {
                    *seen.refused.entry(one.why).or_default() += 1;
                }
                // A replay shows ways alone: no outputs, iterations and attempts, and nothing of what has not come to an end.
                let by_choice = |one: &Obstacle| match one.why {
                    Why::NodeRemoved | Why::RouteChanged => {
                        let node = one.node.as_ref().and_then(|node| self.state.node(node));
                        node.is_some_and(|node| node.phase.is_open())
                    }
                    Why::NotStartable => false,
                    // A replay tells nothing of when a node was reached.
                    Why::NotVisited
                    | Why::TypeChanged
                    | Why::OutputChanged
                    | Why::FailureHandled
                    | Why::InUse
                    | Why::QuestionChanged
                    | Why::IterationChanged
                    | Why::CannotTell => true,
                };
                if !obstacles.iter().any(by_choice) && self.differs().is_some_and(|all| all.is_empty()) {
                    seen.without_difference += 1;
                    return Err(format!("refused, and a replay does not differ: {obstacles:#?}"));
                }
                Ok(())
            }
        }
    }

    /// The patch is taken by the rules, and what it makes is an execution as any other. None where the workflow is the same.
    fn goes_on(&self, command: Command) -> Result<Option<Execution>, String> {
        let others = [self.new.clone()];
        let documents = Documents::new(self.old, &others);
        let asked = Asked::from(command);
        let decided = with_values(self.world, || match decide(documents, Some(self.state), asked.clone(), Time(1)) {
            Err(Rejection::Needs(missing)) => Err(missing),
            decided => Ok(decided),
        });
        let decided = decided.map_err(|rejection| rejection.to_string())?;
        // The same workflow is no patch.
        let Some(turn) = decided.turn else { return Ok(None) };
        let mut turns = self.turns.to_vec();
        turns.push(turn);
        self.world.fetch(turns.iter().flat_map(Turn::payloads));
        match invariant::check(documents, &turns, &decided.state).as_slice() {
            [] => Ok(Some(decided.state)),
            broken => Err(format!("{broken:#?}")),
        }
    }

    /// The visits that have come to an end and do so otherwise where what was recorded is replayed on the new workflow. None
    /// where the replay tells nothing: what was not recorded yet and needs nobody is computed first, and ended it.
    fn differs(&self) -> Option<Vec<Visited>> {
        let Some(Event::ExecutionStarted(started)) = self.turns[0].events.first() else { return None };
        let recorded = Recorded::of(self.old, self.turns);
        let at = self.turns[0].at;
        let Some(replayed) = with_values(self.world, || replay(self.new, started, at, &recorded)) else {
            return Some(vec![Visited { node: "start".into(), visit: 1 }]);
        };
        if replayed.state.end.is_some() && self.state.end.is_none() {
            return None;
        }
        let compared = with_values(self.world, || compare(self.new, self.state.status(), &recorded, &replayed));
        let open = |visited: &Visited| {
            let node = self.state.node(&visited.node);
            node.is_none_or(|node| {
                let ended = matches!(node.phase, Phase::Finished | Phase::Skipped | Phase::Idle);
                !ended && recorded.visits_of(&visited.node) == visited.visit as usize
            })
        };
        let changed = compared.route_changes.into_iter().map(|change| change.visited);
        let mut all: Vec<Visited> = changed.chain(compared.no_longer_run).filter(|visited| !open(visited)).collect();
        // The input of what was visited last came from elsewhere.
        for (id, node) in self.state.nodes.iter().filter(|(_, node)| node.visit > 0) {
            let visits = recorded.visits_of(id);
            let from = |workflow: &Workflow, via: &[usize]| {
                let mut from: Vec<_> = via.iter().map(|&edge| workflow.edges[edge].from.clone()).collect();
                from.sort();
                from
            };
            let now = replayed.state.node(id).filter(|now| now.visit as usize == visits);
            if now.is_some_and(|now| from(self.new, &now.via) != from(self.old, &node.via)) {
                all.push(Visited { node: id.clone(), visit: visits as u32 });
            }
        }
        Some(all)
    }
}

/// What people do to some of the executions on their way.
fn disturbed(run: &mut Run, seed: u64) {
    let mut rng = Rng::new(seed, 78);
    let mut some_rounds = |run: &mut Run| {
        for _ in 0..rng.below(8) {
            run.advance().unwrap();
        }
    };
    some_rounds(run);
    match seed % 5 {
        0 => {
            run.ask(Control::Pause);
            some_rounds(run);
            run.ask(Control::Resume);
        }
        1 => run.back_to(&root_id(), &Rollback::to(1 + seed % 3)),
        2 => {
            run.ask(Control::Cancel);
            some_rounds(run);
            run.retry();
        }
        _ => {}
    }
}

#[test]
fn what_is_accepted_has_a_past_of_the_new_workflow_and_what_is_refused_has_none() {
    let seeds = std::env::var("SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let (mut seen, mut wrong) = (Seen::default(), Vec::new());
    for seed in 0..seeds {
        let knobs = Knobs { deterministic: true, size: 3 + (seed as usize % 10), waits: true, children: seed % 3 == 0 };
        let case = case(seed, knobs);
        let mut run = Run::new(&case, seed, Faults::default(), delivers(seed % 2 == 0));
        disturbed(&mut run, seed);
        run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let world = run.host.world();
        let (turns, old) = (&world.journals[&root_id()], world.workflow_of(&root_id()).unwrap());
        let mut rng = Rng::new(seed, 77);
        for _ in 0..8 {
            let turns = &turns[..rng.between(1, turns.len())];
            let Ok(parsed) = parse(&changed(&mut rng, &old.document)) else { continue };
            let state = with_values(&world, || match fold(&old, None, turns) {
                Err(stepwell_core::evolve::FoldError::Needs(missing)) => Err(missing),
                folded => Ok(folded.unwrap()),
            });
            if stands_in_the_way(state.status(), state.rolling.is_some()).is_some() {
                continue;
            }
            let at = At { world: &world, old: &old, new: &parsed.workflow, turns, state: &state };
            if let Err(why) = at.tries(&mut seen) {
                let (old, new) = (&old.document, &parsed.workflow.document);
                wrong.push(format!("seed {seed} after turn {}: {why}\n{old}\n{new}", state.seq));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong, such as {}", wrong.len(), wrong[..wrong.len().min(3)].join("\n\n"));
    let refused: usize = seen.refused.values().sum();
    assert!(seen.accepted > 100 && seen.compared > 100 && refused > 100, "the test lost its point: {seen:#?}");
}
