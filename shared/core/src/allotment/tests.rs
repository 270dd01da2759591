#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::{
    children::{Family, Runs},
    command::Command,
    decide::decide,
    effect::{ChildControl, Effect, Work},
    event::Started,
    execution::{Phase, Status},
    id::ExecutionId,
    limits,
    reading::Reading,
    task::Outcome,
};
use document::{parse, time::Time};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// Whole trees of executions, whose messages are handled one at a time in a random order.
struct Trees {
    saved: HashMap<String, Arc<Workflow>>,
    executions: HashMap<ExecutionId, (Arc<Workflow>, Execution)>,
    queue: Vec<(ExecutionId, Work)>,
    seed: u64,
    /// How many descendants of the root are alive, and how many were at most.
    alive: (u32, u32),
}

fn below(seed: &mut u64, bound: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % bound
}

impl Trees {
    /// Runs a document with a budget to its end. Returns the root and the most descendants that were alive at once.
    fn run(documents: &[Value], budget: u32, seed: u64) -> (Execution, u32) {
        let parsed = documents.iter().map(|document| parse(document).unwrap_or_else(|wrong| panic!("{wrong:?}")));
        let saved: HashMap<_, _> = parsed.map(|it| (it.workflow.id.to_string(), it.workflow)).collect();
        let root = saved[documents[0]["id"].as_str().unwrap()].clone();
        let mut trees = Self { saved, executions: HashMap::new(), queue: Vec::new(), seed, alive: (0, 0) };
        let started = Started { descendants: budget, ..Started::new("root".into(), &root, json!({}), Time(0)) };
        trees.decide(&root, &"root".into(), Command::Start(Box::new(started)));
        while !trees.queue.is_empty() {
            let chosen = below(&mut trees.seed, trees.queue.len() as u64) as usize;
            let (id, work) = trees.queue.swap_remove(chosen);
            trees.handle(&id, work);
        }
        (trees.executions[&ExecutionId::from("root")].1.clone(), trees.alive.1)
    }

    fn decide(&mut self, workflow: &Arc<Workflow>, id: &ExecutionId, command: Command) {
        let before = self.executions.get(id).map(|(_, state)| state);
        let was_alive = before.is_some_and(|state| state.end.is_none());
        let decided = decide(workflow, before, command.into(), Time(0)).unwrap();
        let is_alive = decided.state.end.is_none();
        if decided.state.started.parent.is_some() {
            self.alive.0 = self.alive.0 + u32::from(is_alive) - u32::from(was_alive);
            self.alive.1 = self.alive.1.max(self.alive.0);
        }
        for effect in decided.effects {
            if let Effect::Send { message, .. } = effect {
                self.queue.push((message.execution, message.work));
            }
        }
        self.executions.insert(id.clone(), (workflow.clone(), decided.state));
    }

    fn handle(&mut self, id: &ExecutionId, work: Work) {
        let (workflow, state) = self.executions[id].clone();
        let command = match work {
            Work::Step { activation, attempt, .. } => {
                let node = state.node(&activation.node).unwrap();
                assert!(matches!(node.phase, Phase::Due { .. }), "each step comes once");
                let kind = &workflow.node(activation.node.as_str()).unwrap().kind;
                let planned = state.children.contains_key(&activation.node);
                match kind {
                    NodeKind::Children(_) if !planned => Command::Open { activation },
                    _ => {
                        let outcome = Outcome::Succeeded { port: "success".into(), output: Value::Null.into() };
                        Command::Report { activation, attempt, outcome, duration_ms: None }
                    }
                }
            }
            Work::StartChildren { activation, attempt, from, to } => {
                for index in from..to {
                    let family = Family::of(&workflow, &state, &activation, attempt).unwrap();
                    let (runs, started) =
                        match Reading::of(|reading| family.runs(index, reading)).unwrap().unwrap().unwrap() {
                            Runs::Body(body) => (body.clone(), family.start_of_body(index, body, Time(0)).unwrap()),
                            Runs::Saved(saved) => {
                                let saved = self.saved[saved.as_str()].clone();
                                (saved.clone(), family.start_of_saved(index, 1, &saved, Time(0)).unwrap().unwrap())
                            }
                        };
                    self.decide(&runs, &family.id(index), Command::Start(Box::new(started)));
                }
                return;
            }
            Work::ChildEnded { activation, attempt, index, error } => {
                Command::ChildrenEnded { activation, attempt, reopened: 0, ends: vec![(index, error)] }
            }
            other => panic!("{other:?}"),
        };
        self.decide(&workflow, id, command);
    }
}

/// A random flow of maps, `depth` levels of them, with at most about `most` executions below it. Maps run beside each
/// other, or one after the other.
fn flow(seed: &mut u64, depth: u32, most: u64) -> Value {
    if depth == 0 {
        return json!({ "nodes": [{ "id": "t", "type": "transform", "config": { "expression": "1" } }], "edges": [] });
    }
    let maps = 1 + below(seed, 3);
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for map in 0..maps {
        let width = 1 + below(seed, (most / maps).clamp(1, 30));
        let below_it = below(seed, u64::from(depth)) as u32;
        let body = flow(seed, below_it, most / maps / width);
        nodes.push(json!({ "id": format!("m{map}"), "type": "map", "config": {
            "items": format!("[{}]", vec!["0"; width as usize].join(",")), "body": body,
            "max_concurrency": 1 + below(seed, 30) } }));
        if map > 0 && below(seed, 2) == 0 {
            edges.push(json!({ "from": format!("m{}", map - 1), "to": format!("m{map}") }));
        }
    }
    json!({ "nodes": nodes, "edges": edges })
}

fn rooted(id: &str, mut flow: Value) -> Value {
    let inner = flow["edges"].as_array().unwrap().clone();
    let targets: Vec<Value> = inner.iter().map(|edge| edge["to"].clone()).collect();
    let firsts: Vec<Value> = flow["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    let firsts = firsts.into_iter().filter(|id| !targets.contains(id));
    let edges: Vec<Value> = firsts.map(|to| json!({ "from": "go", "to": to })).collect();
    flow["edges"].as_array_mut().unwrap().extend(edges);
    flow["nodes"].as_array_mut().unwrap().push(json!({ "id": "go", "type": "manual_trigger" }));
    flow["id"] = json!(id);
    flow
}

#[test]
fn an_operator_names_a_number_within_bounds_or_none() {
    assert_eq!((budget_of_root(" "), budget_of_root("16")), (Ok(limits::DESCENDANTS), Ok(16)));
    for wrong in ["15", "1000001", "-1", "many", "99999999999"] {
        assert!(budget_of_root(wrong).unwrap_err().contains("from 16 to 1000000"), "{wrong}");
    }
}

#[test]
fn random_trees_of_maps_stay_within_their_budget_and_complete() {
    for round in 0..48 {
        let mut seed = round * 7_919 + 1;
        let document = rooted("w", flow(&mut seed, 1 + (round % 4) as u32, 600));
        for budget in [4, 7, 20, 100] {
            let (root, most) = Trees::run(std::slice::from_ref(&document), budget, round);
            assert_eq!(root.end, Some(Status::Completed), "{document}");
            assert!(most <= budget, "round {round}: {most} of {budget} were alive: {document}");
        }
    }
}

#[test]
fn saved_workflows_deeper_than_their_budget_go_on_one_at_a_time() {
    let runs = |id: &str, below: &str| {
        let config = json!({ "workflow_id": [below, below], "mode": "parallel" });
        let node = |n: u32| json!({ "id": format!("n{n}"), "type": "workflow", "config": config });
        rooted(id, json!({ "nodes": [node(0), node(1)], "edges": [] }))
    };
    let leaf = rooted("s0", flow(&mut 1, 0, 0));
    let documents = [runs("s4", "s3"), runs("s3", "s2"), runs("s2", "s1"), runs("s1", "s0"), leaf];
    for budget in [0, 1, 3, 5, 20, 64] {
        let (root, most) = Trees::run(&documents, budget, u64::from(budget));
        assert_eq!(root.end, Some(Status::Completed));
        // Four levels: below whoever has used up its budget, one execution of each level is alive.
        assert!(most <= budget.max(1) * 4, "{most} of {budget} were alive");
    }
}

/// The state of an execution whose node `all` has planned `width` children.
fn planned(width: u32, asked: u32, body: &Value, budget: u32) -> (Arc<Workflow>, Execution) {
    let all = json!({ "id": "all", "type": "map",
        "config": { "items": "input", "body": body, "max_concurrency": asked } });
    let workflow = parse(&rooted("w", json!({ "nodes": [all], "edges": [] }))).unwrap().workflow;
    let input = json!(vec![0; width as usize]);
    let started = Started { descendants: budget, ..Started::new("e".into(), &workflow, input, Time(0)) };
    let state = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
    let open = Command::Open { activation: state.activation(&"all".into()) };
    (workflow.clone(), decide(&workflow, Some(&state), open.into(), Time(0)).unwrap().state)
}

#[test]
fn wide_and_deep_maps_use_nearly_all_of_the_default_budget() {
    let leaf = flow(&mut 1, 0, 0);
    let map = |width: u32, body: &Value| json!({ "nodes": [{ "id": "m", "type": "map", "config": { "items": "[1]", "body": body, "max_concurrency": width } }], "edges": [] });
    let shape = |(workflow, state): (Arc<Workflow>, Execution)| {
        let ix = workflow.graph.index["all"];
        (state.children["all"].started, budget_of_child(&workflow, &state, ix))
    };
    let all = limits::DESCENDANTS;
    assert_eq!(shape(planned(1_000, 1_000, &map(1_000, &leaf), all)), (1_000, 9), "1,000 and 9 below each");
    let thousands = map(10_000, &map(10_000, &leaf));
    assert_eq!(shape(planned(10_000, 10_000, &thousands, all)), (3_333, 2), "3,333 and 2 below each");
    assert_eq!(shape(planned(10_000, 10_000, &leaf, all)), (10_000, 0));
    // A narrow map leaves what it does not take to the maps in its body.
    assert_eq!(shape(planned(10, 10_000, &map(10_000, &leaf), all)), (10, 999));
}

#[test]
fn many_children_are_told_in_slices_and_each_of_them_is() {
    let (workflow, state) = planned(1_000, 1_000, &flow(&mut 1, 0, 0), limits::DESCENDANTS);
    let cancel = Command::Control { control: crate::command::Control::Cancel, reason: None };
    let decided = decide(&workflow, Some(&state), cancel.into(), Time(0)).unwrap();
    let mut waiting: Vec<Effect> = decided.effects;
    waiting.retain(|effect| !matches!(effect, Effect::Admit { .. }));
    assert_eq!(waiting.len(), 1, "the root's end is one small commit: {waiting:?}");
    let (mut told, mut slices) = (std::collections::HashSet::new(), 0);
    while let Some(Effect::Send { message, .. }) = waiting.pop() {
        match message.work {
            Work::TellChildren { activation, attempt, control, from, to } => {
                let slice = crate::below::tell_slice(&decided.state, &activation, attempt, control, from..to);
                assert!(slice.len() <= limits::CHILDREN_IN_A_SLICE as usize + 1);
                slices += 1;
                waiting.extend(slice);
            }
            Work::Control { control } => {
                assert_eq!(control, ChildControl::Cancel);
                assert!(told.insert(message.execution));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((told.len(), slices), (1_000, 4));
}
