//! All histories that a tiny workflow could have had with recorded outcomes: an evaluator of its own, which knows nothing of
//! the rules. It knows triggers, `transform` of a number, `branch` on a literal, and `http_request`.

use serde_json::Value;
use std::collections::BTreeMap;

/// One thing that an execution did, as far as the workflow chose it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The node, its type, and what came of it: the port, the output of what computes, or that it is tried again.
    pub did: (String, String, String),
    /// Where it led, in order.
    pub to: Vec<String>,
    /// The nodes that were due from then on, each with its type and the beginnings of its live edges.
    pub begun: Vec<(String, String, Vec<String>)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Open,
    Live,
    Dead,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Idle,
    Due(usize),
    Over,
}

/// A workflow on its way.
#[derive(Clone)]
struct Way<'a> {
    nodes: &'a [Value],
    edges: &'a [Value],
    /// Whether each attempt of each node succeeded.
    outcomes: &'a BTreeMap<String, Vec<bool>>,
    phases: Vec<Phase>,
    states: Vec<Edge>,
    history: Vec<Step>,
}

/// Every history of `length` steps, in whatever order what is due runs.
pub fn histories(document: &Value, outcomes: &BTreeMap<String, Vec<bool>>, length: usize) -> Vec<Vec<Step>> {
    let (nodes, edges) = (document["nodes"].as_array().unwrap(), document["edges"].as_array().unwrap());
    let mut way = Way {
        nodes,
        edges,
        outcomes,
        phases: vec![Phase::Idle; nodes.len()],
        states: vec![Edge::Open; edges.len()],
        history: Vec::new(),
    };
    let start = nodes.iter().position(|node| node["type"] == "manual_trigger").unwrap();
    way.phases[start] = Phase::Due(1);
    let (mut open, mut whole) = (vec![way], Vec::new());
    while let Some(way) = open.pop() {
        if way.history.len() == length {
            whole.push(way.history);
            continue;
        }
        for node in 0..nodes.len() {
            let mut next = way.clone();
            if matches!(way.phases[node], Phase::Due(_)) && next.runs(node) {
                open.push(next);
            }
        }
    }
    whole
}

impl Way<'_> {
    fn name(&self, node: usize) -> &str {
        self.nodes[node]["id"].as_str().unwrap()
    }

    fn kind(&self, node: usize) -> &str {
        self.nodes[node]["type"].as_str().unwrap()
    }

    /// Runs a node that is due. False where nothing was recorded of it, or its failure ends the execution.
    fn runs(&mut self, node: usize) -> bool {
        let Phase::Due(attempt) = self.phases[node] else { return false };
        let (port, said) = match self.kind(node) {
            "manual_trigger" => ("success", "success".to_owned()),
            "transform" => {
                ("success", format!("success {}", self.nodes[node]["config"]["expression"].as_str().unwrap()))
            }
            "branch" => {
                let config = &self.nodes[node]["config"];
                let taken = if config["rules"][0]["when"] == "true" { "x" } else { "y" };
                (taken, taken.to_owned())
            }
            _ => match self.outcomes.get(self.name(node)).and_then(|all| all.get(attempt - 1)) {
                None => return false,
                Some(true) => ("success", "success".to_owned()),
                Some(false) if attempt < self.most(node) => {
                    self.phases[node] = Phase::Due(attempt + 1);
                    self.note(node, "again".into(), Vec::new(), Vec::new());
                    return true;
                }
                Some(false) if !self.along(node, "error").is_empty() => ("error", "error after a failure".into()),
                Some(false) if self.nodes[node]["on_error"] == "continue" => {
                    ("success", "success after a failure".into())
                }
                Some(false) => return false,
            },
        };
        let live = self.along(node, port);
        self.phases[node] = Phase::Over;
        self.resolves(node, &live);
        let mut to: Vec<String> =
            live.iter().map(|&edge| self.edges[edge]["to"].as_str().unwrap().to_owned()).collect();
        to.sort();
        let begun = self.settles();
        self.note(node, said, to, begun);
        true
    }

    fn note(&mut self, node: usize, said: String, to: Vec<String>, begun: Vec<(String, String, Vec<String>)>) {
        let did = (self.name(node).to_owned(), self.kind(node).to_owned(), said);
        self.history.push(Step { did, to, begun });
    }

    fn most(&self, node: usize) -> usize {
        self.nodes[node]["retry"]["max_attempts"].as_u64().unwrap_or(1) as usize
    }

    /// The edges out of a node by a port whose condition is true.
    fn along(&self, node: usize, port: &str) -> Vec<usize> {
        let leads = |edge: &Value| {
            let by = edge["port"].as_str().unwrap_or("success");
            edge["from"] == self.nodes[node]["id"] && by == port && edge["condition"] != "false"
        };
        (0..self.edges.len()).filter(|&edge| leads(&self.edges[edge])).collect()
    }

    fn resolves(&mut self, node: usize, live: &[usize]) {
        for edge in 0..self.edges.len() {
            if self.edges[edge]["from"] == self.nodes[node]["id"] {
                self.states[edge] = if live.contains(&edge) { Edge::Live } else { Edge::Dead };
            }
        }
    }

    /// Begins what its join allows, and passes over what none can reach any more. Gives what has begun.
    fn settles(&mut self) -> Vec<(String, String, Vec<String>)> {
        let mut begun = Vec::new();
        loop {
            let before = self.phases.iter().filter(|phase| **phase == Phase::Idle).count();
            for node in 0..self.nodes.len() {
                let into: Vec<usize> =
                    (0..self.edges.len()).filter(|&edge| self.edges[edge]["to"] == self.nodes[node]["id"]).collect();
                if self.phases[node] != Phase::Idle || into.is_empty() {
                    continue;
                }
                let count = |state: Edge| into.iter().filter(|&&edge| self.states[edge] == state).count();
                let (live, open) = (count(Edge::Live), count(Edge::Open));
                let join = &self.nodes[node]["join"];
                let waits_for_all = join.is_null() || join == "all";
                let needed = join["at_least"].as_u64().unwrap_or(1) as usize;
                if live >= needed && !(waits_for_all && open > 0) {
                    self.phases[node] = Phase::Due(1);
                    begun.push((self.name(node).to_owned(), self.kind(node).to_owned(), self.beginnings(&into)));
                } else if live + open < needed {
                    self.phases[node] = Phase::Over;
                    self.resolves(node, &[]);
                }
            }
            if self.phases.iter().filter(|phase| **phase == Phase::Idle).count() == before {
                begun.sort();
                return begun;
            }
        }
    }

    /// The beginnings of the live edges into a node.
    fn beginnings(&self, into: &[usize]) -> Vec<String> {
        let live = into.iter().filter(|&&edge| self.states[edge] == Edge::Live);
        let mut from: Vec<String> = live
            .map(|&edge| {
                let edge = &self.edges[edge];
                format!("{} {}", edge["from"].as_str().unwrap(), edge["port"].as_str().unwrap_or("success"))
            })
            .collect();
        from.sort();
        from
    }
}
