//! Evaluates the nodes of a document, or of the body of a loop or a map, in topological order.

use super::{Around, Stop, View, World};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Nodes, and the edges among them.
pub(crate) struct Region<'a> {
    pub nodes: Vec<&'a Value>,
    pub edges: Vec<&'a Value>,
    /// The ids in topological order, without nodes in bodies of loops: those run with their loop.
    order: Vec<&'a str>,
}

/// What became of the nodes of a region in one run.
#[derive(Default)]
struct Run {
    /// The port that each node took. A node without one did not run.
    ports: HashMap<String, String>,
    /// The positions of the edges that are live.
    live: HashSet<usize>,
}

/// A text in an object; empty where it is missing.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl<'a> Region<'a> {
    /// The region of these JSON lists.
    pub fn of(nodes: &'a Value, edges: &'a Value) -> Self {
        let nodes: Vec<&Value> = nodes.as_array().expect("nodes").iter().collect();
        let edges: Vec<&Value> = edges.as_array().expect("edges").iter().collect();
        let mut region = Self { nodes, edges, order: Vec::new() };
        let inside: BTreeSet<&str> = region.loops().into_iter().flat_map(|id| region.body(id)).collect();
        let own = region.nodes.iter().map(|node| text(node, "id")).filter(|id| !inside.contains(id)).collect();
        region.order = region.sorted(own);
        region
    }

    fn node(&self, id: &str) -> &'a Value {
        self.nodes.iter().find(|node| text(node, "id") == id).expect("a node of that id")
    }

    fn loops(&self) -> Vec<&'a str> {
        self.nodes.iter().filter(|node| text(node, "type") == "loop").map(|node| text(node, "id")).collect()
    }

    /// The port of an edge; where it names none, the default of the type of node that it leaves.
    fn port(&self, edge: &Value) -> String {
        let from = self.node(text(edge, "from"));
        match edge.get("port").and_then(Value::as_str) {
            Some(port) => port.to_owned(),
            None => match text(from, "type") {
                "loop" => "done".into(),
                "branch" => text(&from["config"], "default").into(),
                "human" => "approved".into(),
                _ => "success".into(),
            },
        }
    }

    /// Every node reachable from a loop's port `loop` without passing the loop.
    fn body(&self, id: &str) -> BTreeSet<&'a str> {
        let mut body = BTreeSet::new();
        let first = |edge: &&&'a Value| text(edge, "from") == id && self.port(edge) == "loop";
        let mut open: Vec<&'a str> = self.edges.iter().filter(first).map(|edge| text(edge, "to")).collect();
        while let Some(next) = open.pop() {
            if next != id && body.insert(next) {
                open.extend(self.edges.iter().filter(|edge| text(edge, "from") == next).map(|edge| text(edge, "to")));
            }
        }
        body
    }

    /// Some nodes in topological order. A loop stands for its whole body, so the edges back to it do not count.
    fn sorted(&self, mut left: Vec<&'a str>) -> Vec<&'a str> {
        let mut order = Vec::new();
        while !left.is_empty() {
            let ready = left.iter().position(|id| {
                let body = self.body_if_loop(id);
                !self.edges.iter().any(|edge| {
                    text(edge, "to") == *id && left.contains(&text(edge, "from")) && !body.contains(text(edge, "from"))
                })
            });
            order.push(left.remove(ready.expect("no circle")));
        }
        order
    }

    /// The body of a loop; nothing for other nodes.
    fn body_if_loop(&self, id: &str) -> BTreeSet<&'a str> {
        if text(self.node(id), "type") == "loop" { self.body(id) } else { BTreeSet::new() }
    }

    /// Runs the region; `seed` is the input of nodes without incoming edges. Returns the output of the one node that
    /// ended its path, or an object with those of several (workflow format, §1).
    pub fn run(&self, world: &mut World<'_>, around: &Around, seed: &Value) -> Result<Value, Stop> {
        let mut run = Run::default();
        for id in &self.order {
            let incoming: Vec<usize> = self.into(id);
            if incoming.is_empty() {
                self.visit(id, seed.clone(), world, around, &mut run)?;
            } else if incoming.iter().any(|edge| run.live.contains(edge)) {
                let input = self.along(&incoming, world, &run);
                self.visit(id, input, world, around, &mut run)?;
            }
        }
        // A node ends its path where no live edge leads from it to a node that ran; the port into a loop's body does
        // not count.
        let ran = |id: &str| run.ports.contains_key(id);
        let ends = self.nodes.iter().map(|node| text(node, "id")).filter(|id| {
            let goes_on = |(ix, edge): (usize, &&Value)| {
                text(edge, "from") == *id
                    && run.live.contains(&ix)
                    && self.port(edge) != "loop"
                    && ran(text(edge, "to"))
            };
            self.order.contains(id) && ran(id) && !self.edges.iter().enumerate().any(goes_on)
        });
        let outputs: Vec<(&str, Value)> = ends.map(|id| (id, world.outputs[id].clone())).collect();
        Ok(match outputs.as_slice() {
            [] => Value::Null,
            [(_, only)] => only.clone(),
            several => Value::Object(several.iter().map(|(id, output)| ((*id).to_owned(), output.clone())).collect()),
        })
    }

    /// The positions of the edges that a node's join counts. A loop's join leaves out the edges from its own body.
    fn into(&self, id: &str) -> Vec<usize> {
        let body = self.body_if_loop(id);
        let counts = |edge: &Value| text(edge, "to") == id && !body.contains(text(edge, "from"));
        (0..self.edges.len()).filter(|&ix| counts(self.edges[ix])).collect()
    }

    /// The input that the live ones of some edges give: the outputs along them, merged (workflow format, §3).
    fn along(&self, edges: &[usize], world: &World<'_>, run: &Run) -> Value {
        let live = edges.iter().filter(|edge| run.live.contains(edge)).map(|&edge| text(self.edges[edge], "from"));
        let values: Vec<(&str, Value)> = live.map(|from| (from, world.outputs[from].clone())).collect();
        if let [(_, only)] = values.as_slice() {
            return only.clone();
        }
        let mut merged = Map::new();
        let objects = values.iter().all(|(_, value)| value.is_object());
        for (from, value) in values {
            match value {
                Value::Object(fields) if objects => merged.extend(fields),
                value => drop(merged.insert(from.to_owned(), value)),
            }
        }
        Value::Object(merged)
    }

    /// Runs one node with an input, and resolves the edges out of it.
    fn visit(&self, id: &str, input: Value, world: &mut World<'_>, around: &Around, run: &mut Run) -> Result<(), Stop> {
        let node = self.node(id);
        let (port, output) = if text(node, "type") == "loop" {
            ("done".to_owned(), self.repeat(node, &input, world, around, run)?)
        } else {
            match super::node::run(node, &input, world, around)? {
                Ok((port, output)) => (port, output),
                Err(error) => self.handle(node, error, &input, world, around)?,
            }
        };
        self.finish(id, &port, output, &input, world, around, run);
        Ok(())
    }

    /// What becomes of a node that failed: it takes the port `error` where a live edge leaves it, goes on with the
    /// error as its output under `on_error: continue`, and fails the execution otherwise.
    fn handle(
        &self,
        node: &Value,
        error: Value,
        input: &Value,
        world: &mut World<'_>,
        around: &Around,
    ) -> Result<(String, Value), Stop> {
        let (id, output) = (text(node, "id"), json!({ "error": error }));
        // Conditions on the edges out of `error` read the error as the node's output. If nothing handles the failure,
        // an earlier output of the node counts again.
        let before = world.outputs.insert(id.to_owned(), output.clone());
        let live = self.edges.iter().any(|edge| {
            text(edge, "from") == id && self.port(edge) == "error" && self.is_live(edge, &output, input, world, around)
        });
        if live {
            return Ok(("error".into(), output));
        }
        if text(node, "on_error") == "continue" {
            return Ok(("success".into(), output));
        }
        if let Some(before) = before {
            world.outputs.insert(id.to_owned(), before);
        }
        Err(Stop::failed(text(&output["error"], "code")))
    }

    /// Whether the condition of an edge holds; an edge without one is live.
    fn is_live(&self, edge: &Value, output: &Value, input: &Value, world: &World<'_>, around: &Around) -> bool {
        let view = View { world, output: Some(output), node_input: Some(input), around };
        edge.get("condition").and_then(Value::as_str).is_none_or(|condition| view.holds(condition))
    }

    /// Keeps port and output of a node that ran, and finds out which edges out of it are live.
    #[allow(clippy::too_many_arguments, reason = "one place that says what finishing a node depends on")]
    fn finish(
        &self,
        id: &str,
        port: &str,
        output: Value,
        input: &Value,
        world: &mut World<'_>,
        around: &Around,
        run: &mut Run,
    ) {
        world.outputs.insert(id.to_owned(), output.clone());
        run.ports.insert(id.to_owned(), port.to_owned());
        for (ix, edge) in self.edges.iter().enumerate().filter(|(_, edge)| text(edge, "from") == id) {
            if self.port(edge) == port && self.is_live(edge, &output, input, world, around) {
                run.live.insert(ix);
            }
        }
    }

    /// Runs a loop to its end, and returns its output on `done`.
    fn repeat(
        &self,
        node: &Value,
        input: &Value,
        world: &mut World<'_>,
        around: &Around,
        _: &mut Run,
    ) -> Result<Value, Stop> {
        let (id, config) = (text(node, "id"), &node["config"]);
        let list = config.get("for_each").and_then(Value::as_str).map(|source| {
            let view = View { world, output: Some(input), node_input: Some(input), around };
            view.eval(source).ok().and_then(|list| list.as_array().cloned()).unwrap_or_default()
        });
        let view = View { world, output: Some(input), node_input: Some(input), around };
        let bound = super::node::whole(config, "max_iterations", &view).unwrap_or(1000);
        let (mut items, mut broken) = (Vec::<Value>::new(), false);
        while !broken {
            let begun = items.len() as u64;
            let last = items.last().cloned().unwrap_or_default();
            // A `while` reads the last output of the body; before the first iteration that is the loop's input.
            let turn = if begun == 0 { input.clone() } else { last.clone() };
            let goes_on = match &list {
                Some(list) => items.len() < list.len(),
                None => {
                    let around = Around { iteration: Some((begun, last.clone())), ..around.clone() };
                    let view = View { world, output: Some(&turn), node_input: Some(input), around: &around };
                    view.holds(text(config, "while"))
                }
            };
            if !goes_on {
                break;
            }
            if begun >= bound {
                return Err(Stop::failed("loop_limit_exceeded"));
            }
            let item = list.as_ref().map_or(turn, |list| list[items.len()].clone());
            // While the body runs, the output of the loop is what it gives on its port `loop`.
            let inner = Around {
                iteration: Some((begun, last)),
                item: list.as_ref().map(|_| (begun, item.clone())).or_else(|| around.item.clone()),
            };
            world.outputs.insert(id.to_owned(), item.clone());
            match self.iterate(id, input, &item, world, &inner) {
                Ok(value) => items.push(value),
                Err(Stop::Broke(value)) => {
                    items.push(value);
                    broken = true;
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(json!({ "iterations": items.len(), "last": items.last().cloned().unwrap_or_default(), "items": items }))
    }

    /// Runs the body of a loop once. Within the iteration a node of the body has no output but one of this iteration;
    /// after it the latest output counts.
    fn iterate(
        &self,
        id: &str,
        input: &Value,
        item: &Value,
        world: &mut World<'_>,
        inner: &Around,
    ) -> Result<Value, Stop> {
        let members = self.body(id);
        let before: Vec<_> = members.iter().filter_map(|node| world.outputs.remove_entry(*node)).collect();
        let value = self.run_body(id, &members, input, item, world, inner);
        for (node, output) in before {
            world.outputs.entry(node).or_insert(output);
        }
        value
    }

    /// Runs the nodes of a loop's body. Returns what came along the edges back to the loop; null where nothing did.
    fn run_body(
        &self,
        id: &str,
        members: &BTreeSet<&'a str>,
        input: &Value,
        item: &Value,
        world: &mut World<'_>,
        inner: &Around,
    ) -> Result<Value, Stop> {
        let mut run = Run::default();
        for (ix, edge) in self.edges.iter().enumerate() {
            if text(edge, "from") == id && self.port(edge) == "loop" && self.is_live(edge, item, input, world, inner) {
                run.live.insert(ix);
            }
        }
        // The bodies of loops within this body run with those loops.
        let deeper: BTreeSet<&str> = members
            .iter()
            .filter(|node| text(self.node(node), "type") == "loop")
            .flat_map(|node| self.body(node))
            .filter(|node| members.contains(node))
            .collect();
        for next in self.sorted(members.iter().copied().filter(|node| !deeper.contains(node)).collect()) {
            let incoming = self.into(next);
            if incoming.iter().any(|edge| run.live.contains(edge)) {
                let input = self.along(&incoming, world, &run);
                self.visit(next, input, world, inner, &mut run)?;
            }
        }
        let back: Vec<usize> = (0..self.edges.len())
            .filter(|&ix| text(self.edges[ix], "to") == id && members.contains(text(self.edges[ix], "from")))
            .collect();
        let came = back.iter().any(|edge| run.live.contains(edge));
        Ok(if came { self.along(&back, world, &run) } else { Value::Null })
    }
}
