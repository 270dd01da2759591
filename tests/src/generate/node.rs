//! Makes one random node, with what belongs to it: the body of a loop or a map. Each maker returns the node and its
//! ports as [`Out`] has them.

use super::{Around, Draft, Out};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Draft<'_> {
    /// Adds a node that `sources` edges will enter, and whose expressions may name the nodes in `seen`. Returns its id
    /// and its ports.
    pub fn node(&mut self, seen: &BTreeSet<String>, sources: usize) -> (String, Vec<Out>) {
        // No body is made within two others, so that documents stay small.
        let deep = self.around.depth >= 2;
        let kind = match self.rng.below(100) {
            0..30 => "transform",
            30..45 => "http_request",
            45..60 => "branch",
            60..72 if !deep => "loop",
            72..80 if self.knobs.children && !deep => "map",
            80..84 if self.knobs.children && self.around.depth == 0 => "workflow",
            84..91 if self.knobs.waits => "wait",
            91..96 if self.knobs.waits => "human",
            96..98 if !self.knobs.deterministic || self.around.chain => "end",
            _ => "transform",
        };
        let (mut node, ports) = match kind {
            "transform" => self.transform(seen),
            "http_request" => self.http(seen),
            "branch" => self.branch(seen),
            "loop" => return self.repeat(seen, sources),
            "map" => self.map(seen),
            "workflow" => self.workflow(seen),
            "wait" => self.wait(),
            "human" => self.human(),
            _ => self.end(seen),
        };
        self.join(&mut node, sources);
        let id = self.add(node);
        let given = ports.iter().map(|port| Out::of(&id, port.as_deref(), seen.clone())).collect();
        (id, given)
    }

    /// Gives a node with several incoming edges a `join` at times. Joins other than `all` race.
    fn join(&mut self, node: &mut Value, sources: usize) {
        if !self.knobs.deterministic && sources > 1 && self.rng.percent(50) {
            node["join"] = if self.rng.percent(50) { json!("any") } else { json!({ "at_least": sources.min(2) }) };
        }
    }

    /// Gives a node a retry policy at times.
    fn retry(&mut self, node: &mut Value) {
        if self.rng.percent(25) {
            node["retry"] = json!({ "max_attempts": self.rng.between(2, 3), "initial_seconds": 1 });
        }
    }

    /// Gives a node a timeout at times, which races with what the node waits for.
    fn bound(&mut self, node: &mut Value) {
        if !self.knobs.deterministic && self.rng.percent(20) {
            node["timeout_seconds"] = json!(self.rng.between(1, 4));
            self.retry(node);
        }
    }

    /// Lets a failure of the node go on as an output, leave through the port `error`, or fail the execution.
    fn on_error(&mut self, node: &mut Value, ports: &mut Vec<Option<String>>) {
        match self.rng.below(10) {
            0..5 => node["on_error"] = json!("continue"),
            5..8 => ports.push(Some("error".into())),
            _ => {}
        }
    }

    fn transform(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let config = match self.rng.below(10) {
            0 => json!({ "expression": self.number(seen) }),
            1 => json!({ "expression": "output" }),
            _ => json!({ "set": self.value(seen) }),
        };
        let mut node = json!({ "type": "transform", "config": config });
        let mut ports = vec![None];
        self.on_error(&mut node, &mut ports);
        (node, ports)
    }

    /// A request to the simulated outside world, which answers by the path: `/flaky/k` fails k times and then returns
    /// the body, `/refused` fails without a retry, `/dead` fails at each attempt.
    fn http(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let path = match self.rng.below(10) {
            0..4 => "flaky/0",
            4..6 => "flaky/1",
            6..8 => "flaky/2",
            8 => "refused",
            _ => "dead",
        };
        let config =
            json!({ "method": "POST", "url": format!("https://sim.example/{path}"), "body": self.value(seen) });
        let mut node = json!({ "type": "http_request", "config": config });
        if self.rng.percent(30) {
            node["retry"] = json!({ "max_attempts": self.rng.between(3, 4), "initial_seconds": 2, "jitter": true });
        }
        if !self.knobs.deterministic && self.rng.percent(20) {
            node["delivery"] = json!("at_most_once");
        }
        let mut ports = vec![None];
        self.on_error(&mut node, &mut ports);
        (node, ports)
    }

    fn branch(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let (one, two) = (self.condition(seen), self.condition(seen));
        let rules = json!([{ "when": one, "port": "left" }, { "when": two, "port": "right" }]);
        let config = json!({ "rules": rules, "default": "otherwise" });
        let ports = vec![Some("left".into()), Some("right".into()), None];
        (json!({ "type": "branch", "config": config }), ports)
    }

    fn map(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let mut knobs = self.knobs;
        knobs.size = 3;
        let body = if self.rng.percent(20) && self.around.depth == 0 {
            json!("child-a")
        } else {
            let depth = self.around.depth + 1;
            let mut body = Draft::body(self.rng, knobs, depth);
            // The body of a map needs no trigger: its first node has no incoming edge.
            let (_, given) = body.node(seen, 0);
            let size = body.rng.between(0, 3);
            body.region(given, size, 0);
            let (nodes, edges) = body.finish();
            json!({ "nodes": nodes, "edges": edges })
        };
        let mut config = json!({ "items": self.list(), "body": body });
        if self.rng.percent(40) {
            config["max_concurrency"] = json!(self.rng.between(1, 2));
        }
        if self.rng.percent(50) {
            config["tolerated_failures"] = json!("{{ 5 + 5 }}");
        }
        let mut node = json!({ "type": "map", "config": config });
        self.retry(&mut node);
        self.bound(&mut node);
        let mut ports = vec![None];
        self.on_error(&mut node, &mut ports);
        (node, ports)
    }

    fn workflow(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let mut config =
            json!({ "input": { "a": 1, "b": format!("{{{{ {} }}}}", self.number(seen)), "list": [1, 2] } });
        if self.rng.percent(50) {
            config["workflow_id"] = json!("child-a");
        } else {
            config["workflow_id"] = json!(["child-a", "child-b", "child-a"]);
            config["mode"] = json!(*self.rng.pick(&["sequence", "parallel"]));
            config["stop_on_failure"] = json!(self.rng.percent(40));
        }
        let mut node = json!({ "type": "workflow", "config": config });
        self.retry(&mut node);
        self.bound(&mut node);
        let mut ports = vec![None];
        self.on_error(&mut node, &mut ports);
        (node, ports)
    }

    /// A node that waits for time or for an event, which the driver signals whenever it is awaited.
    fn wait(&mut self) -> (Value, Vec<Option<String>>) {
        let mut config = match self.rng.below(3) {
            0 => json!({ "event": "go" }),
            _ => json!({ "seconds": self.rng.between(0, 5) }),
        };
        if !self.knobs.deterministic && config.get("event").is_some() && self.rng.percent(50) {
            config["timeout_seconds"] = json!(3);
        }
        let mut node = json!({ "type": "wait", "config": config });
        if self.rng.percent(20) && node["config"].get("event").is_none() {
            node["timeout_seconds"] = json!(2);
            node["on_error"] = json!(*self.rng.pick(&["continue", "fail"]));
            self.retry(&mut node);
        }
        self.bound(&mut node);
        (node, vec![None, Some("timeout".into())])
    }

    /// A question to people. The driver answers what the question says.
    fn human(&mut self) -> (Value, Vec<Option<String>>) {
        let answer = *self.rng.pick(&["yes", "no"]);
        let mut config = json!({ "kind": "approval", "question": format!("answer {answer}") });
        if self.rng.percent(30) {
            config["condition"] = json!("input.a > 4");
        }
        if !self.knobs.deterministic && self.rng.percent(40) {
            config["timeout_seconds"] = json!(5);
            config["timeout_action"] = json!(*self.rng.pick(&["timeout", "auto_approve", "auto_reject", "fail"]));
        }
        // Drawn aside, so that what else is drawn stays as it was.
        let mut aside = self.rng.clone();
        if aside.percent(30) {
            config["channels"] =
                json!([{ "type": "email", "to": ["ops@example.com"] }, { "type": "slack", "channel": "#ops" }]);
            if aside.percent(30) {
                config["remind_every_seconds"] = json!(2);
            }
        }
        if aside.percent(50) {
            config["wait_by"] = json!("states");
        }
        let mut node = json!({ "type": "human", "config": config });
        self.bound(&mut node);
        (node, vec![Some("approved".into()), Some("rejected".into())])
    }

    /// A node that ends the execution or the loop. Ends of an execution race with parallel work.
    fn end(&mut self, seen: &BTreeSet<String>) -> (Value, Vec<Option<String>>) {
        let node = match self.rng.below(3) {
            0 if !self.knobs.deterministic => json!({ "type": "succeed", "config": { "output": self.value(seen) } }),
            1 if !self.knobs.deterministic => {
                json!({ "type": "fail", "config": { "code": "told_to", "message": "no" } })
            }
            _ if self.around.in_loop => json!({ "type": "break", "config": { "output": self.value(seen) } }),
            _ => return self.transform(seen),
        };
        (node, Vec::new())
    }

    /// Adds a loop with its body. Half of the bodies are chains, in which a `break` may stand.
    fn repeat(&mut self, seen: &BTreeSet<String>, sources: usize) -> (String, Vec<Out>) {
        let each = self.rng.percent(50);
        let config = if each {
            json!({ "for_each": self.list() })
        } else {
            let bound = self.rng.between(0, 3);
            match self.rng.below(4) {
                0 => json!({ "while": format!("loop.iteration < {bound} && has(output.v)") }),
                1 => json!({ "while": "output.v < 5", "max_iterations": "{{ 10 * 3 }}" }),
                _ => json!({ "while": format!("loop.iteration < {bound}") }),
            }
        };
        let mut node = json!({ "type": "loop", "config": config });
        self.join(&mut node, sources);
        let id = self.add(node);
        let outer = self.around.clone();
        let chain = self.rng.percent(50);
        self.around = Around { in_loop: true, has_item: outer.has_item || each, chain, depth: outer.depth + 1 };
        let entry = Out::of(&id, Some("loop"), seen.clone());
        let size = self.rng.between(1, 4);
        let left = self.region(vec![entry], size, 1);
        // Most paths lead back to the loop. One that does not ends its path within the iteration.
        for out in left.iter().filter(|out| out.from != id) {
            if self.rng.percent(85) {
                let condition = self.rng.percent(20).then(|| self.condition(&out.seen.clone()));
                self.edge(out, &id, condition);
            }
        }
        self.around = outer;
        (id.clone(), vec![Out::of(&id, None, seen.clone())])
    }
}
