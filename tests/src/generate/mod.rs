//! Makes random workflows that pass every static check.
//!
//! A workflow is built region by region: the document itself, the body of each loop, the body of each map. A region
//! grows node by node. Each node is fed from outputs that exist, so that no cycle and no edge into or out of a body can
//! appear.

mod node;
mod text;

use crate::rng::Rng;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the generated workflows may contain.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    /// Leaves out what execution model §8, invariant 7, excludes, since its result depends on a race.
    pub deterministic: bool,
    /// The number of nodes in the document, about: it grows by one to so many, and some bring a body.
    pub size: usize,
    /// Whether workflows wait for people, events and time.
    pub waits: bool,
    /// Whether executions start children, by `map` and `workflow` nodes.
    pub children: bool,
}

/// A workflow with all that a run of it needs.
#[derive(Clone, Debug)]
pub struct Case {
    /// The document.
    pub document: Value,
    /// Saved documents that its `workflow` and `map` nodes start by `id`.
    pub saved: Vec<Value>,
    /// The input of the execution.
    pub input: Value,
}

/// The case that a seed stands for. The same seed and knobs give the same case.
pub fn case(seed: u64, knobs: Knobs) -> Case {
    let mut rng = Rng::new(seed, 1);
    let saved = if knobs.children {
        let small = Knobs { children: false, size: 4, ..knobs };
        vec![document(&mut rng, small, "child-a", false), document(&mut rng, small, "child-b", false)]
    } else {
        Vec::new()
    };
    let document = document(&mut rng, knobs, "root", knobs.children);
    let list: Vec<usize> = (0..rng.below(4)).collect();
    let input = json!({ "a": rng.below(10), "b": rng.below(10), "list": list, "name": "x" });
    Case { document, saved, input }
}

/// One document of up to `knobs.size` nodes; `children` says whether it may start others.
fn document(rng: &mut Rng, knobs: Knobs, id: &str, children: bool) -> Value {
    let mut draft = Draft::new(rng, Knobs { children, ..knobs });
    let trigger = draft.add(json!({ "type": "manual_trigger" }));
    let start = Out::of(&trigger, None, BTreeSet::new());
    let size = draft.rng.between(1, knobs.size);
    draft.region(vec![start], size, 0);
    let (nodes, edges) = draft.finish();
    let mut document = json!({ "id": id, "nodes": nodes, "edges": edges });
    if rng.percent(15) {
        document["output"] = json!("input.a + 1");
    }
    // Many of the conditions cannot be evaluated. Where that fails a node, the other nodes race with the end of the
    // execution, and most cases would end early.
    if knobs.deterministic || rng.percent(50) {
        document["settings"] = json!({ "on_condition_error": "default" });
    }
    document
}

/// A port of a node, from which edges may leave.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    /// The id of the node.
    pub from: String,
    /// The port; None: the default of the node's type.
    pub port: Option<String>,
    /// The node and its ancestors, which expressions of the nodes that follow may name.
    pub seen: BTreeSet<String>,
    /// Whether an edge leaves from here already.
    pub used: bool,
}

impl Out {
    pub fn of(from: &str, port: Option<&str>, mut seen: BTreeSet<String>) -> Self {
        seen.insert(from.to_owned());
        Self { from: from.to_owned(), port: port.map(str::to_owned), seen, used: false }
    }
}

/// What is around a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    /// Whether a loop is around it, so that `loop` has a meaning and a `break` may stand here.
    pub in_loop: bool,
    /// Whether a map or a `for_each` loop is around it, so that `item` and `index` have a meaning.
    pub has_item: bool,
    /// Whether each port is used once at most. The ports of a node exclude each other, so only one path is live at a
    /// time, and a `break` races with nothing.
    pub chain: bool,
    /// How many loops and maps are around it.
    pub depth: usize,
}

/// A document in the making.
pub(crate) struct Draft<'a> {
    pub rng: &'a mut Rng,
    pub knobs: Knobs,
    pub around: Around,
    nodes: Vec<Value>,
    edges: Vec<Value>,
    count: usize,
    /// What the ids of its nodes begin with.
    prefix: &'static str,
}

impl<'a> Draft<'a> {
    pub fn new(rng: &'a mut Rng, knobs: Knobs) -> Self {
        Self { rng, knobs, around: Around::default(), nodes: Vec::new(), edges: Vec::new(), count: 0, prefix: "n" }
    }

    /// The draft of the body of a map. Its nodes have ids that no node around it has.
    pub fn body(rng: &'a mut Rng, knobs: Knobs, depth: usize) -> Self {
        let prefix = ["n", "m", "k"][depth.min(2)];
        let around = Around { has_item: true, depth, ..Around::default() };
        Self { prefix, around, ..Self::new(rng, knobs) }
    }

    /// The nodes and edges in random order, since the order in the document must not matter to a run.
    pub fn finish(mut self) -> (Vec<Value>, Vec<Value>) {
        self.rng.shuffle(&mut self.nodes);
        self.rng.shuffle(&mut self.edges);
        (self.nodes, self.edges)
    }

    /// Adds a node, and returns the id that it is given.
    pub fn add(&mut self, mut node: Value) -> String {
        let id = format!("{}{}", self.prefix, self.count);
        self.count += 1;
        node["id"] = json!(id);
        self.nodes.push(node);
        id
    }

    /// Adds an edge from a port to a node.
    pub fn edge(&mut self, out: &Out, to: &str, condition: Option<String>) {
        let mut edge = Map::new();
        edge.insert("from".into(), json!(out.from));
        edge.insert("to".into(), json!(to));
        if let Some(port) = &out.port {
            edge.insert("port".into(), json!(port));
        }
        if let Some(condition) = condition {
            edge.insert("condition".into(), json!(condition));
        }
        self.edges.push(Value::Object(edge));
    }

    /// Grows a region by `size` nodes from the ports that feed it; the first `lone` of them have a single incoming
    /// edge. Returns the ports that no edge leaves from.
    pub fn region(&mut self, mut outs: Vec<Out>, size: usize, lone: usize) -> Vec<Out> {
        for step in 0..size {
            if outs.is_empty() {
                break;
            }
            let sources = if step < lone { vec![0] } else { self.sources(&outs) };
            let seen = sources.iter().fold(BTreeSet::new(), |mut seen, &ix| {
                seen.extend(outs[ix].seen.iter().cloned());
                seen
            });
            let (id, given) = self.node(&seen, sources.len());
            for &ix in &sources {
                let condition = self.rng.percent(20).then(|| self.condition(&outs[ix].seen.clone()));
                let out = outs[ix].clone();
                self.edge(&out, &id, condition);
                outs[ix].used = true;
            }
            // In a chain a port that is used is used up.
            if self.around.chain {
                outs.retain(|out| !out.used);
            }
            outs.extend(given);
        }
        outs.into_iter().filter(|out| !out.used).collect()
    }

    /// Chooses one to three ports for a node's incoming edges: mostly of different nodes, and mostly unused ones first.
    fn sources(&mut self, outs: &[Out]) -> Vec<usize> {
        let wanted = if self.around.chain { 1 } else { *self.rng.pick(&[1, 1, 1, 2, 2, 3]) };
        let mut order: Vec<usize> = (0..outs.len()).collect();
        self.rng.shuffle(&mut order);
        if self.rng.percent(70) {
            order.sort_by_key(|&ix| outs[ix].used);
        }
        let mut chosen: Vec<usize> = Vec::new();
        for ix in order {
            let again = chosen.iter().any(|&other| outs[other].from == outs[ix].from);
            if chosen.len() < wanted && (!again || self.rng.percent(20)) {
                chosen.push(ix);
            }
        }
        chosen
    }
}
