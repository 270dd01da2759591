//! `branch`: takes the port of the first rule that is true.

use super::{
    config::{Config, Subject},
    node_type::{Mode, NodeType, Ports, Shape, unique},
    port::port,
};
use crate::{
    describe::{cel, list, object, port as port_name},
    limits,
    reading::{At, Cx, Fields, Place},
};
use expression::Expr;
use serde_json::{Map, Value};

/// The type. Its ports are those of its rules, after that of `default` and before `error`.
pub static TYPE: NodeType = NodeType {
    also: &["if", "switch", "condition", "conditional", "choice", "decision", "router", "gateway", "case"],
    about: "Takes the port of the first rule that is true. Its output is its input.",
    config,
    ports: Ports::OfConfig { read: ports, has_default: |config| config.get("default").is_some_and(Value::is_string) },
    shape: Shape::Choice,
    passes_input: true,
    ..NodeType::new("branch", Mode::Route)
};

/// Config of a `branch`.
#[derive(Debug)]
pub struct Branch {
    /// The rules, in the order in which they are tried.
    pub rules: Vec<Rule>,
    /// The port that is taken where no rule is true. Without one the node fails.
    pub default: Option<String>,
}

/// One rule of a `branch`.
#[derive(Debug)]
pub struct Rule {
    /// The condition. Of all rules, the first whose condition is true decides.
    pub when: Expr,
    /// Name of the port that the rule takes.
    pub port: String,
}

/// The ports by the raw config; none where a rule has no port.
fn ports(config: &Value) -> Option<Vec<String>> {
    let rules = config.get("rules").and_then(Value::as_array)?;
    let ports: Option<Vec<&str>> = rules.iter().map(|rule| rule.get("port")?.as_str()).collect();
    Some(unique(config.get("default").and_then(Value::as_str).into_iter().chain(ports?).chain(["error"])))
}

/// What editors are told of the config of a `branch`.
fn config() -> Value {
    let rule =
        object(&["when", "port"], [("when", cel("The condition.")), ("port", port_name("The port that it takes."))]);
    let rules = list("The rules, of which the first that is true decides.", rule, 0, limits::RULES);
    let default = port_name("The port where no rule is true. Without it the node fails then.");
    object(&["rules"], [("rules", rules), ("default", default)])
}

/// Reads the config of a `branch`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Branch> {
    let f = Fields::new(cx, config, at, "invalid_config", &["rules", "default"]);
    let default = port(cx, &f, "default");
    if f.get("rules").is_none() {
        f.missing(cx, "rules", "Give a list of {\"when\": CEL, \"port\": name}.");
    }
    let list = f.list(cx, "rules", limits::RULES)?;
    let rules_at = at.key("rules");
    let mut rules = Vec::with_capacity(list.len());
    for (ix, rule) in list.iter().enumerate() {
        let at = rules_at.item(ix);
        // A rule with a mistake is left out, and the ones after it are checked all the same.
        let Value::Object(rule) = rule else {
            cx.error("invalid_config", &at, "a rule is an object", "Give {\"when\": CEL, \"port\": name}.");
            continue;
        };
        let f = Fields::new(cx, rule, &at, "invalid_config", &["when", "port"]);
        for key in ["when", "port"] {
            if f.get(key).is_none() {
                f.missing(cx, key, "Give {\"when\": CEL, \"port\": name}.");
            }
        }
        let (when, port) = (cx.expr(&f, "when", place), port(cx, &f, "port"));
        if let (Some(when), Some(port)) = (when, port) {
            rules.push(Rule { when, port });
        }
    }
    Some(Branch { rules, default })
}

impl Config for Branch {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        all.extend(self.rules.iter().map(|rule| &rule.when));
    }

    fn needs_edges(&self, subject: &Subject<'_>) -> Vec<String> {
        subject.ports.iter().filter(|port| self.names(port)).cloned().collect()
    }

    /// Only a branch whose rules and default all name one port surely takes it, unless a failure has a way of its own.
    fn surely_takes(&self, port: &str, leads: &dyn Fn(&str) -> bool) -> bool {
        let named = self.default.as_deref().into_iter().chain(self.rules.iter().map(|rule| rule.port.as_str()));
        unique(named) == [port] && (port == "error" || !leads("error"))
    }
}

impl Branch {
    /// Whether a rule or the default takes a port.
    fn names(&self, port: &str) -> bool {
        self.default.as_deref() == Some(port) || self.rules.iter().any(|rule| rule.port == port)
    }
}
