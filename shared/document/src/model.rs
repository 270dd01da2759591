//! A workflow as the rules see it: parsed, normalized, its expressions compiled.

use super::{graph::Graph, human::Human};
use crate::{
    id::{NodeId, WorkflowId},
    limits,
};
use expression::{Expr, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A parsed workflow: what `parse` gives for a document that passes every static check.
#[derive(Debug)]
pub struct Workflow {
    /// The document's id.
    pub id: WorkflowId,
    /// For people; the id where the document has none.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// JSON Schema 2020-12 of the input.
    pub input_schema: Option<InputSchema>,
    /// In the document's order.
    pub nodes: Vec<Node>,
    /// In the document's order, typed connections too.
    pub edges: Vec<Edge>,
    /// The execution's result, where the document says it.
    pub output: Option<Expr>,
    /// Bounds and policies.
    pub settings: Settings,
    /// What the edges say about the nodes: neighbours, loops, ancestors.
    pub graph: Graph,
    /// The normalized document: what is stored, shown and hashed.
    pub document: Arc<Value>,
    /// Hexadecimal SHA-256 of the normalized document's [`canonical_text`](crate::canonical_text).
    pub hash: String,
}

/// A compiled input schema beside its source.
pub struct InputSchema {
    /// As in the document.
    pub source: Value,
    /// Compiled once.
    pub validator: jsonschema::Validator,
}

impl std::fmt::Debug for InputSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}

/// `settings` of a document.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Iterations after which a loop without a bound of its own fails.
    pub max_loop_iterations: u64,
    /// The whole execution's bound, in seconds.
    pub timeout_seconds: f64,
    /// The policy of nodes that say none.
    pub on_error: OnError,
    /// What a start does while another execution lives.
    pub overlap: Overlap,
    /// Executions of the workflow that run at once; none is no bound.
    pub max_concurrency: Option<u64>,
    /// Days for which ended executions are kept; 0 for ever.
    pub retention_days: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_loop_iterations: limits::LOOP_ITERATIONS,
            timeout_seconds: limits::EXECUTION_SECONDS,
            on_error: OnError::Fail,
            overlap: Overlap::Allow,
            max_concurrency: None,
            retention_days: limits::RETENTION_DAYS,
        }
    }
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// Unique in the document.
    pub id: NodeId,
    /// For people; the id where the document has none.
    pub name: String,
    /// Its type and configuration.
    pub kind: NodeKind,
    /// The policy of retries, with the type's defaults filled in.
    pub retry: Retry,
    /// Seconds per attempt. None for a `wait`, `human`, `map` or `workflow` that names none: no bound.
    pub timeout_seconds: Option<f64>,
    /// What happens after the last attempt; `settings.on_error` where the node says nothing.
    pub on_error: OnError,
    /// How many incoming edges activate it.
    pub join: Join,
    /// How often the outside may feel it.
    pub delivery: Delivery,
    /// The node that undoes this one.
    pub compensate: Option<Box<Node>>,
}

/// A node's type with its configuration.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants are the types of the workflow format")]
pub enum NodeKind {
    ManualTrigger,
    WebhookTrigger(WebhookTrigger),
    EventTrigger { pattern: Option<Value> },
    ScheduleTrigger(ScheduleTrigger),
    HttpRequest(HttpRequest),
    Code { code: String },
    Transform(Transform),
    Branch { rules: Vec<Rule>, default: Option<String> },
    Loop(Loop),
    Map(Map),
    Wait(Wait),
    Human(Box<Human>),
    Workflow(Children),
    Break { output: Option<Template> },
    Succeed { output: Option<Template> },
    Fail { code: Option<Template>, message: Option<Template> },
}

/// `webhook_trigger`.
#[derive(Debug)]
pub struct WebhookTrigger {
    /// The last part of its URL.
    pub path: Option<String>,
    /// The name of the secret that checks the HMAC signature.
    pub secret: Option<String>,
}

/// `schedule_trigger`. One of `cron` and `every_seconds`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleTrigger {
    /// Five or six fields.
    pub cron: Option<String>,
    /// An interval.
    pub every_seconds: Option<f64>,
    /// An IANA name; UTC where absent.
    pub timezone: Option<String>,
    /// True where missed times are made up for by one run.
    pub run_missed_once: bool,
}

/// `http_request`.
#[derive(Debug)]
pub struct HttpRequest {
    /// GET where absent; a template.
    pub method: Template,
    /// A template.
    pub url: Template,
    /// An object of templates.
    pub headers: Option<Template>,
    /// An object of templates.
    pub query: Option<Template>,
    /// Any JSON of templates.
    pub body: Option<Template>,
    /// CEL over the response; `status < 400` where absent.
    pub expect: Option<Expr>,
}

/// `transform`.
#[derive(Debug)]
pub enum Transform {
    /// An object of templates.
    Set(Template),
    /// One CEL expression.
    Expression(Expr),
}

/// One rule of a `branch`.
#[derive(Debug)]
pub struct Rule {
    /// Takes the port when true.
    pub when: Expr,
    /// The port.
    pub port: String,
}

/// `loop`.
#[derive(Debug)]
pub struct Loop {
    /// What keeps it going.
    pub over: Over,
    /// Its bound; `settings.max_loop_iterations` where absent.
    pub max_iterations: Option<u64>,
}

/// What a loop iterates over.
#[derive(Debug)]
pub enum Over {
    /// Goes on while true.
    While(Expr),
    /// Once per item of a list.
    ForEach(Expr),
}

/// `map`.
#[derive(Debug)]
pub struct Map {
    /// A CEL list.
    pub items: Expr,
    /// What runs per item.
    pub body: Body,
    /// Items at once, 50 where absent.
    pub max_concurrency: u64,
    /// Failed items that do not fail the map.
    pub tolerated_failures: u64,
}

/// The body of a `map`.
#[derive(Debug)]
pub enum Body {
    /// Nodes and edges of its own, as a workflow without triggers.
    Inline(Arc<Workflow>),
    /// A saved workflow.
    Saved(WorkflowId),
}

/// `wait`. Exactly one of the three.
#[derive(Debug)]
pub enum Wait {
    /// A number of seconds; a template.
    Seconds(Template),
    /// RFC 3339; a template.
    Until(Template),
    /// A signal from outside.
    Event {
        /// The event's name, a template.
        name: Template,
        /// How long it is awaited; as long as the execution lives where absent.
        timeout_seconds: Option<f64>,
    },
}

/// `workflow`: runs saved workflows as children.
#[derive(Debug)]
pub struct Children {
    /// One or several.
    pub workflow_ids: Vec<WorkflowId>,
    /// True where the document has a list: the output is then a list.
    pub list: bool,
    /// All at once, or one after the other.
    pub parallel: bool,
    /// Their input; the node's input where absent.
    pub input: Option<Template>,
    /// One that fails fails the node (default true).
    pub stop_on_failure: bool,
}

/// `retry`, complete.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Counts the first try.
    pub max_attempts: u32,
    /// The first delay.
    pub initial_seconds: f64,
    /// Each delay's factor over the one before.
    pub backoff: f64,
    /// No delay is longer.
    pub max_seconds: f64,
    /// Delays are drawn between half and the whole.
    pub jitter: bool,
}

/// `on_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policies of the workflow format")]
pub enum OnError {
    Fail,
    Continue,
    AskHuman,
    Rollback,
}

/// `settings.overlap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policies of the workflow format")]
pub enum Overlap {
    Allow,
    SkipIfPaused,
    SkipIfActive,
}

/// `join`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the joins of the workflow format")]
pub enum Join {
    All,
    Any,
    AtLeast(u64),
}

/// `delivery`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the deliveries of the workflow format")]
pub enum Delivery {
    AtLeastOnce,
    AtMostOnce,
}

/// One edge.
#[derive(Debug)]
pub struct Edge {
    /// Its source.
    pub from: NodeId,
    /// Its target.
    pub to: NodeId,
    /// The outcome of the source that it follows; the type's first port filled in.
    pub port: String,
    /// Live only when true.
    pub condition: Option<Expr>,
    /// `main`, or a typed connection, which never activates.
    pub connection: String,
}

impl Edge {
    /// Whether it activates its target.
    pub fn is_main(&self) -> bool {
        self.connection == "main"
    }
}
