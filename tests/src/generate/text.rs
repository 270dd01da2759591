//! Makes random expressions and templates. Most are safe; some fail where a node was skipped or a key is missing.

use super::Draft;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Draft<'_> {
    /// An expression for an integer; it may fail.
    pub fn number(&mut self, seen: &BTreeSet<String>) -> String {
        let n = self.rng.below(9);
        let other = self.someone(seen);
        match self.rng.below(12) {
            0 | 1 => n.to_string(),
            2 => format!("input.a + {n}"),
            3 => format!("input.b * {n}"),
            4 if self.around.in_loop => "loop.iteration * 10".into(),
            5 if self.around.has_item => "index + 100".into(),
            6 => format!("has(output.v) ? output.v + {n} : {n}"),
            7 if self.rng.percent(30) => "output.v + 1".into(),
            8 => format!("has(ctx.{other}.output.v) ? ctx.{other}.output.v : {n}"),
            9 if self.rng.percent(20) => format!("ctx.{other}.output.v"),
            10 => "a + b".into(),
            _ => format!("{n} + size(input.list)"),
        }
    }

    /// An expression for a condition; it may fail or be no boolean.
    pub fn condition(&mut self, seen: &BTreeSet<String>) -> String {
        let n = self.rng.below(9);
        let other = self.someone(seen);
        match self.rng.below(8) {
            0 => format!("input.a > {n}"),
            1 => format!("has(output.v) && output.v % 2 == {}", n % 2),
            2 => "output.v > 3".into(),
            3 => format!("has(ctx.{other}.output)"),
            4 if self.around.in_loop => format!("loop.iteration < {}", n % 3),
            5 => "has(output.error)".into(),
            _ => "true".into(),
        }
    }

    /// An expression for a list; it may fail or be no list.
    pub fn list(&mut self) -> String {
        match self.rng.below(10) {
            0 => "[]".into(),
            1..=4 => "input.list".into(),
            5 => "[input.a, input.b]".into(),
            6 => "[1, {\"v\": 2}, \"three\"]".into(),
            7 if self.rng.percent(30) => "input.a".into(),
            8 if self.rng.percent(30) => "nothing.here".into(),
            _ => "[1, 2, 3]".into(),
        }
    }

    /// An object of templates.
    pub fn value(&mut self, seen: &BTreeSet<String>) -> Value {
        let (v, w) = (self.number(seen), self.number(seen));
        match self.rng.below(6) {
            0 => json!({ "v": format!("{{{{ {v} }}}}"), "text": format!("<{{{{ {w} }}}}>") }),
            1 if self.around.has_item => json!({ "v": format!("{{{{ {v} }}}}"), "it": "{{ item }}" }),
            _ => json!({ "v": format!("{{{{ {v} }}}}"), (format!("k{}", self.rng.below(3))): self.rng.below(5) }),
        }
    }

    /// One of the nodes that may be named.
    fn someone(&mut self, seen: &BTreeSet<String>) -> String {
        let all: Vec<&String> = seen.iter().collect();
        if all.is_empty() { "nobody".into() } else { (*self.rng.pick(&all)).clone() }
    }
}
