//! `loop`: repeats its body while a condition holds, or once for each item of a list.

use super::{
    config::{Config, Subject},
    node_type::{Mode, NodeType, Ports, Role, Shape},
    setting::Setting,
};
use crate::{
    describe::{cel, exactly_one, integer, object, setting},
    limits,
    reading::{At, Cx, Fields, Place, object_of},
};
use expression::Expr;
use serde_json::{Map, Value};

/// The type. Its port `loop` enters the body.
pub static TYPE: NodeType = NodeType {
    also: &["for", "foreach", "for_each", "while", "repeat", "iterate"],
    about: "Repeats its body, which its port `loop` leads to, and goes on by `done`.",
    config,
    role: Role::Loop,
    ports: Ports::Fixed(&["done", "loop", "error"]),
    shape: Shape::Choice,
    output: |_| Some(object_of(&["iterations", "last", "items"])),
    ..NodeType::new("loop", Mode::Route)
};

/// Config of a `loop`.
#[derive(Debug)]
pub struct Loop {
    /// What decides whether another iteration begins.
    pub over: Over,
    /// Iterations after which the loop fails the execution; `settings.max_loop_iterations` where absent.
    pub max_iterations: Option<Setting<u64>>,
}

/// What a loop iterates over.
#[derive(Debug)]
pub enum Over {
    /// A condition: another iteration begins while it is true.
    While(Expr),
    /// A list: there is one iteration per item.
    ForEach(Expr),
}

/// What editors are told of the config of a `loop`.
fn config() -> Value {
    let most = "Iterations after which the execution fails: `settings.max_loop_iterations` where absent.";
    let members = [
        ("while", cel("The loop goes on while it is true; `output` is the body's last output.")),
        ("for_each", cel("The list for whose items the body runs, one after the other.")),
        ("max_iterations", setting(integer(most, 1, limits::MOST_ITERATIONS))),
    ];
    exactly_one(object(&[], members), &["while", "for_each"])
}

/// Reads the config of a `loop`: `while` or `for_each`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Loop> {
    let f = Fields::new(cx, config, at, "invalid_config", &["while", "for_each", "max_iterations"]);
    let max_iterations = cx.setting(&f, "max_iterations", (1, limits::MOST_ITERATIONS), place);
    if f.get("while").is_some() == f.get("for_each").is_some() {
        let message = "a loop has one of `while` and `for_each`";
        cx.error("invalid_config", at, message, "Give a condition as `while`, or a list as `for_each`.");
        return None;
    }
    let over = match cx.expr(&f, "while", place.without_input()) {
        Some(condition) => Over::While(condition),
        None => Over::ForEach(cx.expr(&f, "for_each", place)?),
    };
    Some(Loop { over, max_iterations })
}

impl Config for Loop {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        match &self.over {
            Over::While(expr) | Over::ForEach(expr) => all.push(expr),
        }
        self.max_iterations.iter().for_each(|it| it.expressions(all));
    }

    /// Reports a loop with `while: true` that neither a bound nor a `break` ends. Unlike the checks of other types,
    /// this one finds an error.
    fn check(&self, cx: &mut Cx<'_>, subject: &Subject<'_>) {
        let Over::While(condition) = &self.over else { return };
        let literal = condition.source().trim().trim_start_matches("{{").trim_end_matches("}}").trim() == "true";
        let frame = subject.frame;
        let ends_it = |node: usize| frame.has_role(node, Role::Break) && frame.graph.around[node] == Some(subject.ix);
        let breaks = frame.graph.body[subject.ix].iter().any(|&node| ends_it(node));
        if literal && self.max_iterations.is_none() && !breaks {
            let hint = "Give `max_iterations`, a condition that ends, or a `break` node in the body.";
            let config = subject.at.key("config");
            cx.error("unbounded_loop", &config.key("while"), "nothing ever ends this loop", hint);
        }
    }

    /// A loop without a body is a mistake, whatever else leads out of it.
    fn needs_edges(&self, _: &Subject<'_>) -> Vec<String> {
        vec!["loop".to_owned()]
    }

    fn surely_takes(&self, port: &str, leads: &dyn Fn(&str) -> bool) -> bool {
        port == "done" && !leads("error")
    }
}
