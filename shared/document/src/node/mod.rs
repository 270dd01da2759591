//! The node types: their names, their ports, and how the config of each is read from a document. What nodes do when
//! they run is in `decide` and `prepare`, and in the crate `nodes`.

mod act;
mod flow;
mod human;
mod nested;
mod read;
mod trigger;

pub(crate) use read::{ON_ERROR, on_error, read_node};

use crate::{HumanKind, NodeKind};
use serde_json::Value;

/// Every node type, by the name that documents use.
pub const TYPES: [&str; 16] = [
    "manual_trigger",
    "webhook_trigger",
    "event_trigger",
    "schedule_trigger",
    "http_request",
    "code",
    "transform",
    "branch",
    "loop",
    "map",
    "wait",
    "human",
    "workflow",
    "break",
    "succeed",
    "fail",
];

impl NodeKind {
    /// The name of the node's type, as documents have it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::ManualTrigger => "manual_trigger",
            Self::WebhookTrigger(_) => "webhook_trigger",
            Self::EventTrigger { .. } => "event_trigger",
            Self::ScheduleTrigger(_) => "schedule_trigger",
            Self::HttpRequest(_) => "http_request",
            Self::Code { .. } => "code",
            Self::Transform(_) => "transform",
            Self::Branch { .. } => "branch",
            Self::Loop(_) => "loop",
            Self::Map(_) => "map",
            Self::Wait(_) => "wait",
            Self::Human(_) => "human",
            Self::Workflow(_) => "workflow",
            Self::Break { .. } => "break",
            Self::Succeed { .. } => "succeed",
            Self::Fail { .. } => "fail",
        }
    }

    /// The node's ports. An edge without `port` follows the first one (refused for a `branch` without `default`). Empty
    /// for a node that ends a path.
    pub fn ports(&self) -> Vec<String> {
        match self {
            Self::Branch { rules, default } => {
                branch_ports(default.as_deref(), rules.iter().map(|rule| rule.port.as_str()))
            }
            Self::Human(human) => match &human.kind {
                HumanKind::Decision { options } => decision_ports(options.iter().map(|option| option.id.as_str())),
                HumanKind::Input { .. } | HumanKind::Ask => owned(&ANSWERED),
                HumanKind::Approval | HumanKind::Review { .. } | HumanKind::Authorization { .. } => owned(&VOTED),
            },
            _ => owned(fixed_ports(self.type_name()).unwrap_or_default()),
        }
    }

    /// Whether the node has the port `success`, along which it may go on after a failure. Nodes without it leave by
    /// what a person or a rule decided, so a failure has no port to take.
    pub fn may_go_on(&self) -> bool {
        fixed_ports(self.type_name()).is_some_and(|ports| ports.contains(&"success"))
    }

    /// Whether executions start at the node.
    pub fn is_trigger(&self) -> bool {
        is_trigger(self.type_name())
    }

    /// Whether the node only computes a route. Such a node is decided within a turn, and never run by a worker.
    pub fn is_routing(&self) -> bool {
        self.is_trigger()
            || matches!(
                self,
                Self::Branch { .. } | Self::Loop(_) | Self::Break { .. } | Self::Succeed { .. } | Self::Fail { .. }
            )
    }

    /// Whether a worker runs the node, as a `task::Work`.
    pub fn does_io(&self) -> bool {
        matches!(self, Self::HttpRequest(_) | Self::Code { .. })
    }

    /// Whether attempts of the node write lines, which are kept as logs.
    pub fn writes_lines(&self) -> bool {
        matches!(self, Self::Code { .. })
    }
}

/// Whether executions start at nodes of this type.
pub(crate) fn is_trigger(kind: &str) -> bool {
    kind.ends_with("_trigger")
}

/// The ports of a node by its type and its config as the document has it. None where the config is too broken to tell,
/// or the type is unknown.
pub(crate) fn ports_of(kind: &str, config: &Value) -> Option<Vec<String>> {
    match kind {
        "branch" => {
            let rules = config.get("rules").and_then(Value::as_array)?;
            let ports: Option<Vec<&str>> = rules.iter().map(|rule| rule.get("port")?.as_str()).collect();
            Some(branch_ports(config.get("default").and_then(Value::as_str), ports?.into_iter()))
        }
        "human" => match config.get("kind")?.as_str()? {
            "approval" | "review" | "authorization" => Some(owned(&VOTED)),
            "input" | "ask" => Some(owned(&ANSWERED)),
            "decision" => {
                let options = config.get("options")?.as_array()?;
                let ids: Option<Vec<&str>> =
                    options.iter().map(|option| option.as_str().or_else(|| option.get("id")?.as_str())).collect();
                Some(decision_ports(ids?.into_iter()))
            }
            _ => None,
        },
        _ => fixed_ports(kind).map(owned),
    }
}

/// Ports of interactions that are answered with data or a text.
const ANSWERED: [&str; 3] = ["answered", "timeout", "error"];
/// Ports of interactions that people vote on.
const VOTED: [&str; 4] = ["approved", "rejected", "timeout", "error"];

/// The ports of a type whose config does not change them; none for other types.
fn fixed_ports(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "manual_trigger" | "webhook_trigger" | "event_trigger" | "schedule_trigger" => &["success"],
        "http_request" | "code" | "transform" | "map" | "workflow" => &["success", "error"],
        "loop" => &["done", "loop"],
        "wait" => &["success", "timeout", "error"],
        "break" | "succeed" | "fail" => &[],
        _ => return None,
    })
}

/// The ports of a `branch`: the default's first, then those of its rules.
fn branch_ports<'a>(default: Option<&'a str>, rules: impl Iterator<Item = &'a str>) -> Vec<String> {
    unique(default.into_iter().chain(rules))
}

/// The ports of a `decision`: one for each option, and those of every interaction.
fn decision_ports<'a>(options: impl Iterator<Item = &'a str>) -> Vec<String> {
    unique(options.chain(["timeout", "error"]))
}

/// The names in order, each once.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.iter().any(|known| known == name) {
            out.push(name.to_owned());
        }
    }
    out
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
