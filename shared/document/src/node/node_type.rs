//! What is known of a node type before any config of it is read: plain facts, which checks, pictures and the rules ask
//! for instead of comparing names.

use crate::describe;
use serde_json::Value;

/// Who does the work of a node, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The rules decide the node within the turn that activates it: it only chooses what comes next.
    Route,
    /// The step function computes the output from what the node sees, without any I/O.
    Compute,
    /// A worker of ours does I/O: its task is rendered, run, and its outcome reported.
    Run,
    /// The node waits for a time, a signal or a person.
    Wait,
    /// The node starts executions of its own and waits for their ends.
    Children,
    /// A worker of ours asks a model, and the node starts executions for the tools that the model asks for.
    Agent,
    /// The node never runs: agents use it.
    Lend,
}

impl Mode {
    /// Whether the node stands open without anybody working on it. Such a node has no bound on time of its own.
    pub const fn waits(self) -> bool {
        match self {
            Self::Wait | Self::Children => true,
            Self::Route | Self::Compute | Self::Run | Self::Agent | Self::Lend => false,
        }
    }

    /// Whether a node of this mode can stand under `compensate`: it does one thing and ends.
    pub const fn can_undo(self) -> bool {
        match self {
            Self::Compute | Self::Run => true,
            Self::Route | Self::Wait | Self::Children | Self::Agent | Self::Lend => false,
        }
    }

    /// Whether an agent may use a node of this mode as a tool: it does something, and does not only choose what comes next.
    pub const fn can_be_tool(self) -> bool {
        match self {
            Self::Compute | Self::Run | Self::Wait | Self::Children | Self::Agent => true,
            Self::Route | Self::Lend => false,
        }
    }

    /// Whether a step of such a node sends a request or runs code of the document.
    pub const fn does_io(self) -> bool {
        match self {
            Self::Run | Self::Agent => true,
            Self::Route | Self::Compute | Self::Wait | Self::Children | Self::Lend => false,
        }
    }
}

/// What a type means for the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Executions start at the node.
    Trigger,
    /// The node repeats a body, which its port `loop` enters.
    Loop,
    /// The node ends the loop around it.
    Break,
    /// The node is one step among others.
    Step,
}

/// The form in which a picture draws a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Where executions start.
    Start,
    /// Work that goes on by itself.
    Work,
    /// A choice between ways.
    Choice,
    /// A question to people.
    Person,
    /// The end of a path.
    End,
}

/// The ports of a type. An edge without `port` follows the first.
#[derive(Clone, Copy, Debug)]
pub enum Ports {
    /// The same for every node of the type; empty where nothing comes after the node.
    Fixed(&'static [&'static str]),
    /// Named by the config.
    OfConfig {
        /// The ports by the raw config; none where it is too broken to tell.
        read: fn(&Value) -> Option<Vec<String>>,
        /// Whether an edge without `port` may leave the node, by the raw config.
        has_default: fn(&Value) -> bool,
    },
}

/// A node type. Every module of this folder that is named after a type holds one as `TYPE`.
#[derive(Clone, Copy, Debug)]
pub struct NodeType {
    /// The name that documents use.
    pub name: &'static str,
    /// What others call such a type, in lower case, for those who write that.
    pub also: &'static [&'static str],
    /// What a node of the type does, in a sentence that editors show.
    pub about: &'static str,
    /// The JSON Schema of its config, made of the pieces of [`crate::describe`].
    pub config: fn() -> Value,
    /// Who does the work.
    pub mode: Mode,
    /// What the type means for the graph.
    pub role: Role,
    /// The ports.
    pub ports: Ports,
    /// The form in pictures.
    pub shape: Shape,
    /// Attempts of a node whose `retry` names no number, where its effects may happen more than once.
    pub attempts: u32,
    /// Where in its config secrets may be placed, in words for hints; none for a type that takes no secrets. Which
    /// template takes them is said where it is read.
    pub secrets_in: Option<&'static str>,
    /// Whether attempts write lines, which are kept as logs.
    pub writes_lines: bool,
    /// Whether the output is the input, unchanged.
    pub passes_input: bool,
    /// The JSON Schema of what a node puts out where it succeeds, by the raw config; none where nothing is known of it.
    pub output: fn(&Value) -> Option<Value>,
}

impl NodeType {
    /// A type that says nothing special: one attempt, the port `success`, no secrets.
    pub const fn new(name: &'static str, mode: Mode) -> Self {
        Self {
            name,
            also: &[],
            about: "",
            config: unknown_config,
            mode,
            role: Role::Step,
            ports: Ports::Fixed(&["success", "error"]),
            shape: Shape::Work,
            attempts: 1,
            secrets_in: None,
            writes_lines: false,
            passes_input: false,
            output: |_| None,
        }
    }

    /// A type at which executions start.
    pub const fn trigger(name: &'static str) -> Self {
        Self {
            role: Role::Trigger,
            ports: Ports::Fixed(&["success"]),
            shape: Shape::Start,
            ..Self::new(name, Mode::Route)
        }
    }

    /// A type after which nothing comes.
    pub const fn end(name: &'static str) -> Self {
        Self { ports: Ports::Fixed(&[]), shape: Shape::End, ..Self::new(name, Mode::Route) }
    }

    /// The ports of a node by its raw config; none where the config is too broken to tell.
    pub fn ports_of(&self, config: &Value) -> Option<Vec<String>> {
        match self.ports {
            Ports::Fixed(names) => Some(names.iter().map(|name| (*name).to_owned()).collect()),
            Ports::OfConfig { read, .. } => read(config),
        }
    }

    /// Whether an edge without `port` may leave a node with this raw config.
    pub fn has_default_port(&self, config: &Value) -> bool {
        match self.ports {
            Ports::Fixed(_) => true,
            Ports::OfConfig { has_default, .. } => has_default(config),
        }
    }

    /// Whether a node may go on by its port `success` after a failure. A node whose ports its config names leaves by
    /// what a rule or a person decided, so a failure has no port to take.
    pub fn may_go_on(&self) -> bool {
        match self.ports {
            Ports::Fixed(names) => names.contains(&"success"),
            Ports::OfConfig { .. } => false,
        }
    }
}

/// The config of a type that does not describe it.
fn unknown_config() -> Value {
    describe::free("What the type is told.")
}

/// Names, each once, in order.
pub(super) fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.iter().any(|known| known == name) {
            out.push(name.to_owned());
        }
    }
    out
}
