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
    /// The document's id. A map's body has the id of its document and those of the maps around it, joined by `/`.
    pub id: WorkflowId,
    /// Name for people; the id where the document has none.
    pub name: String,
    /// Description for people.
    pub description: Option<String>,
    /// JSON Schema of the execution's input; any input is accepted where the document has none.
    pub input_schema: Option<InputSchema>,
    /// The nodes, in the document's order.
    pub nodes: Vec<Node>,
    /// The edges, in the document's order, typed connections among them.
    pub edges: Vec<Edge>,
    /// Expression for the execution's result; where absent, the result is that of workflow format §1.
    pub output: Option<Expr>,
    /// Bounds and policies of the workflow's executions.
    pub settings: Settings,
    /// What the edges say about the nodes: neighbours, loops, ancestors.
    pub graph: Graph,
    /// The normalized document: what is stored, shown and hashed.
    pub document: Arc<Value>,
    /// SHA-256 of the normalized document's canonical text, in hexadecimal.
    pub hash: String,
}

/// A compiled input schema beside its source.
pub struct InputSchema {
    /// The schema as the document gives it.
    pub source: Value,
    /// The compiled schema, in draft 2020-12 unless its `$schema` says otherwise.
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
    /// Iterations after which a loop without a bound of its own fails the execution.
    pub max_loop_iterations: u64,
    /// Seconds that an execution may take in all.
    pub timeout_seconds: f64,
    /// The policy of nodes that name none.
    pub on_error: OnError,
    /// What a start does while another execution of the workflow has not ended.
    pub overlap: Overlap,
    /// How many executions of the workflow run at once; none where there is no bound.
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

/// One node, with all defaults filled in.
#[derive(Debug)]
pub struct Node {
    /// The id, unique within its document or map's body.
    pub id: NodeId,
    /// Name for people; the id where the document has none.
    pub name: String,
    /// The type with its config.
    pub kind: NodeKind,
    /// The policy of retries.
    pub retry: Retry,
    /// Seconds that one attempt may take. None, for no bound, where a `wait`, `human`, `map` or `workflow` names none.
    pub timeout_seconds: Option<f64>,
    /// What happens when the last attempt has failed; `settings.on_error` where the node says nothing.
    pub on_error: OnError,
    /// When the incoming edges activate the node (execution model §4).
    pub join: Join,
    /// Whether the effects of the node outside may happen more than once.
    pub delivery: Delivery,
    /// The node that undoes what this one did. It has the same id.
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

/// Config of a `webhook_trigger`.
#[derive(Debug)]
pub struct WebhookTrigger {
    /// The part of the webhook's URL behind the workflow's id; none where the URL ends with the id.
    pub path: Option<String>,
    /// Name of the stored secret that checks the HMAC signature; none where callers send a token instead.
    pub secret: Option<String>,
}

/// Config of a `schedule_trigger`, which has one of `cron` and `every_seconds`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleTrigger {
    /// Cron expression of five fields, or of six with seconds first.
    pub cron: Option<String>,
    /// Seconds from one due time to the next, at least 1.
    pub every_seconds: Option<f64>,
    /// IANA name of the time zone in which `cron` is read; UTC where absent.
    pub timezone: Option<String>,
    /// Whether one execution makes up for all due times that were missed (`missed` is `run_once`).
    pub run_missed_once: bool,
}

/// Config of an `http_request`.
#[derive(Debug)]
pub struct HttpRequest {
    /// Template of the method; `GET` where the document gives none.
    pub method: Template,
    /// Template of the absolute URL.
    pub url: Template,
    /// Template of the object of headers.
    pub headers: Option<Template>,
    /// Template of the object of query parameters.
    pub query: Option<Template>,
    /// Template of the body, which may be any JSON.
    pub body: Option<Template>,
    /// Condition over the response that tells success; `status < 400` where absent.
    pub expect: Option<Expr>,
}

/// Config of a `transform`, which puts out one value.
#[derive(Debug)]
pub enum Transform {
    /// The value is an object of templates.
    Set(Template),
    /// The value is that of a CEL expression.
    Expression(Expr),
}

/// One rule of a `branch`.
#[derive(Debug)]
pub struct Rule {
    /// The condition. Of all rules, the first whose condition is true decides.
    pub when: Expr,
    /// Name of the port that the rule takes.
    pub port: String,
}

/// Config of a `loop`.
#[derive(Debug)]
pub struct Loop {
    /// What decides whether another iteration begins.
    pub over: Over,
    /// Iterations after which the loop fails the execution; `settings.max_loop_iterations` where absent.
    pub max_iterations: Option<u64>,
}

/// What a loop iterates over.
#[derive(Debug)]
pub enum Over {
    /// A condition: another iteration begins while it is true.
    While(Expr),
    /// A list: there is one iteration per item.
    ForEach(Expr),
}

/// Config of a `map`.
#[derive(Debug)]
pub struct Map {
    /// Expression for the list of items.
    pub items: Expr,
    /// What runs for each item.
    pub body: Body,
    /// How many items run at once; 50 where the document gives no number.
    pub max_concurrency: u64,
    /// How many items may fail without failing the map.
    pub tolerated_failures: u64,
}

/// The body of a `map`.
#[derive(Debug)]
pub enum Body {
    /// Nodes and edges in the map's own config, as a workflow that needs no trigger.
    Inline(Arc<Workflow>),
    /// The id of a saved workflow.
    Saved(WorkflowId),
}

/// Config of a `wait`, which waits for one of three things.
#[derive(Debug)]
pub enum Wait {
    /// Template of a number of seconds to wait for.
    Seconds(Template),
    /// Template of a time in RFC 3339 to wait until.
    Until(Template),
    /// A signal from outside.
    Event {
        /// Template of the event's name.
        name: Template,
        /// Seconds for which the event is awaited; as long as the execution lives where absent.
        timeout_seconds: Option<f64>,
    },
}

/// Config of a `workflow` node, which runs saved workflows as children.
#[derive(Debug)]
pub struct Children {
    /// Ids of the saved workflows, at least one.
    pub workflow_ids: Vec<WorkflowId>,
    /// Whether the document gives a list of ids; the node's output is then a list as well.
    pub list: bool,
    /// Whether the children run all at once, or one after the other.
    pub parallel: bool,
    /// Template of the children's input; the node's input where absent.
    pub input: Option<Template>,
    /// Whether one child of a list that fails fails the node (default true). A single child always does.
    pub stop_on_failure: bool,
}

/// The policy of retries of a node, with all defaults filled in.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Number of attempts in all, the first among them.
    pub max_attempts: u32,
    /// Seconds before the second attempt.
    pub initial_seconds: f64,
    /// Factor from each delay to the next, at least 1.
    pub backoff: f64,
    /// Seconds of the longest delay.
    pub max_seconds: f64,
    /// Whether each delay is spread between half of it and all of it, by a number derived from the activation.
    pub jitter: bool,
}

/// What happens when the last attempt of a node has failed: `on_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policies of the workflow format")]
pub enum OnError {
    Fail,
    Continue,
    AskHuman,
    Rollback,
}

/// What a start does while another execution of the workflow has not ended: `settings.overlap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policies of the workflow format")]
pub enum Overlap {
    Allow,
    SkipIfPaused,
    SkipIfActive,
}

/// When the incoming edges of a node activate it (execution model §4): `join`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the joins of the workflow format")]
pub enum Join {
    All,
    Any,
    AtLeast(u64),
}

/// How often the effects of a node outside may happen: `delivery`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the deliveries of the workflow format")]
pub enum Delivery {
    AtLeastOnce,
    AtMostOnce,
}

/// One edge, from a port of a node to another node.
#[derive(Debug)]
pub struct Edge {
    /// Id of the node that the edge leaves.
    pub from: NodeId,
    /// Id of the node that the edge leads to.
    pub to: NodeId,
    /// The port of the source that the edge follows; the first port of its type where the document names none.
    pub port: String,
    /// Condition under which the edge is live once its port was taken; none where the port alone decides.
    pub condition: Option<Expr>,
    /// `main`, or the type of a connection that hands the target a resource and never activates it.
    pub connection: String,
}

impl Edge {
    /// Whether the edge can activate its target.
    pub fn is_main(&self) -> bool {
        self.connection == "main"
    }
}
