//! Random workflows that pass every static check.
//!
//! A workflow is built region by region: the document itself, the body of each loop, the body of each map. A region
//! grows node by node, each fed from outputs that exist, so that no circle and no edge across a body can appear.

mod node;
mod text;

use crate::rng::Rng;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What may be generated.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    /// Leaves out what execution model §8.7 excludes: what depends on a race.
    pub deterministic: bool,
    /// Nodes of the document, about.
    pub size: usize,
    /// Whether people and events are waited for.
    pub waits: bool,
    /// Whether executions have children.
    pub children: bool,
}

/// A workflow with all that a run of it needs.
#[derive(Clone, Debug)]
pub struct Case {
    /// The document.
    pub document: Value,
    /// Documents that its `workflow` nodes and maps start, by their `id`.
    pub saved: Vec<Value>,
    /// The execution's input.
    pub input: Value,
}

/// The case of a seed.
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
    document
}

/// An output of a node that edges may leave from.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    pub from: String,
    pub port: Option<String>,
    /// The node and all before it: what may be named by whatever follows.
    pub seen: BTreeSet<String>,
    pub used: bool,
}

impl Out {
    pub fn of(from: &str, port: Option<&str>, mut seen: BTreeSet<String>) -> Self {
        seen.insert(from.to_owned());
        Self { from: from.to_owned(), port: port.map(str::to_owned), seen, used: false }
    }
}

/// Where a region lies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub in_loop: bool,
    pub has_item: bool,
    /// A map's or a loop's body: everything in it is a tree of exclusive ports, so that a `break` races with nothing.
    pub chain: bool,
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
    prefix: &'static str,
}

impl<'a> Draft<'a> {
    pub fn new(rng: &'a mut Rng, knobs: Knobs) -> Self {
        Self { rng, knobs, around: Around::default(), nodes: Vec::new(), edges: Vec::new(), count: 0, prefix: "n" }
    }

    /// The draft of a map's body, whose nodes bear other names than the document's.
    pub fn body(rng: &'a mut Rng, knobs: Knobs, depth: usize) -> Self {
        let prefix = ["n", "m", "k"][depth.min(2)];
        let around = Around { has_item: true, depth, ..Around::default() };
        Self { prefix, around, ..Self::new(rng, knobs) }
    }

    /// The nodes and edges, in an order of their own: the document's order must not matter to a run.
    pub fn finish(mut self) -> (Vec<Value>, Vec<Value>) {
        self.rng.shuffle(&mut self.nodes);
        self.rng.shuffle(&mut self.edges);
        (self.nodes, self.edges)
    }

    /// Adds a node and names it.
    pub fn add(&mut self, mut node: Value) -> String {
        let id = format!("{}{}", self.prefix, self.count);
        self.count += 1;
        node["id"] = json!(id);
        self.nodes.push(node);
        id
    }

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

    /// Grows a region from what feeds it. Returns what its nodes give and nothing took yet.
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
            if self.around.chain {
                outs.retain(|out| !out.used);
            }
            outs.extend(given);
        }
        outs.into_iter().filter(|out| !out.used).collect()
    }

    /// One to three outputs, no node twice, those that nothing took first.
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
