//! The configs of the types of nodes (workflow format, §5). Strings in them may hold templates, `{{ expression }}`, and
//! what is no text may be one template alone; what decides structure, such as ids, kinds and ports, is literal.

use super::{
    super::words,
    node::DocumentNode,
    parts::{Channel, Edge, People},
};
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A trigger that callers start by name. It has no config.
#[derive(ToSchema)]
pub struct ManualTriggerConfig {}

/// A trigger that each message of a conversation starts. It takes no config.
#[derive(ToSchema)]
pub struct ChatTriggerConfig {}

/// A trigger that a webhook starts.
#[derive(ToSchema)]
pub struct WebhookTriggerConfig {
    /// What the webhook's address ends with: `/v1/triggers/{workflow_id}/{path}`.
    pub path: Option<String>,
    /// The name of the stored secret that bodies must be signed with.
    pub secret: Option<String>,
}

/// A trigger that an event of EventBridge starts.
#[derive(ToSchema)]
pub struct EventTriggerConfig {
    /// The event pattern that events must match; without it the trigger is started by name.
    #[schema(value_type = Option<Object>)]
    pub pattern: Option<Value>,
}

/// A trigger that the clock starts, by one of `cron` and `every_seconds`.
#[derive(ToSchema)]
pub struct ScheduleTriggerConfig {
    /// A cron expression of five fields, or of six with the seconds first.
    pub cron: Option<String>,
    /// Seconds from one start to the next.
    pub every_seconds: Option<f64>,
    /// The IANA name of the time zone; UTC where absent.
    pub timezone: Option<String>,
    /// What becomes of times that were missed; `skip` where absent.
    pub missed: Option<MissedTimes>,
}

/// What becomes of the times at which a schedule could not start anything.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissedTimes {
    /// Nothing: the next time is waited for.
    Skip,
    /// One execution is started for all of them.
    RunOnce,
}

/// A request over HTTP.
#[derive(ToSchema)]
pub struct HttpRequestConfig {
    /// The method; GET where absent.
    pub method: Option<String>,
    /// The absolute URL, `http` or `https`.
    pub url: String,
    /// The headers by name, or a template that yields them.
    pub headers: Option<NamedValues>,
    /// The parameters that are added to the URL, by name, or a template that yields them.
    pub query: Option<NamedValues>,
    /// The body: a string is sent as text, anything else as JSON.
    pub body: Option<Value>,
    /// CEL over the response, true where the request succeeded; `status < 400` where absent.
    pub expect: Option<String>,
}

/// Names and values.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum NamedValues {
    /// The values by name.
    Named(HashMap<String, Value>),
    /// A template that yields an object.
    Template(String),
}

/// JavaScript.
#[derive(ToSchema)]
pub struct CodeConfig {
    /// The body of a function that sees the names of expressions, without `secrets`; what it returns is the output.
    pub code: String,
    /// The language: `javascript`, also where absent.
    pub language: Option<String>,
}

/// A value that is computed, by one of `set` and `expression`.
#[derive(ToSchema)]
pub struct TransformConfig {
    /// An object of templates.
    #[schema(value_type = Option<Object>)]
    pub set: Option<Value>,
    /// A CEL expression.
    pub expression: Option<String>,
}

/// A choice of one of several ports.
#[derive(ToSchema)]
pub struct BranchConfig {
    /// The rules, of which the first that is true decides.
    pub rules: Vec<BranchRule>,
    /// The port where no rule is true; without it the node fails then.
    pub default: Option<String>,
}

/// A rule of a branch.
#[derive(ToSchema)]
pub struct BranchRule {
    /// The CEL condition.
    pub when: String,
    /// The port that is taken where the condition is true.
    pub port: String,
}

/// A loop, by one of `while` and `for_each`. Its body is what the port `loop` leads to.
#[derive(ToSchema)]
pub struct LoopConfig {
    /// A CEL condition: the loop goes on while it is true.
    pub r#while: Option<String>,
    /// CEL that yields the list whose items the loop runs for, one after the other.
    pub for_each: Option<String>,
    /// Iterations after which the execution fails: 1 to 1000000, `settings.max_loop_iterations` where absent.
    pub max_iterations: Option<WholeOrTemplate>,
}

/// Executions of their own, one for each item of a list.
#[derive(ToSchema)]
pub struct MapConfig {
    /// CEL that yields the list.
    pub items: String,
    /// What is run for each item.
    pub body: MapBody,
    /// Items that run at once; 50 where absent.
    pub max_concurrency: Option<WholeOrTemplate>,
    /// Items that may fail without failing the node; 0 where absent.
    pub tolerated_failures: Option<WholeOrTemplate>,
}

/// What a map runs for each item.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum MapBody {
    /// The id of a saved workflow.
    Saved(String),
    /// Nodes and edges of its own. It needs no trigger.
    #[schema(no_recursion)]
    Inline {
        /// The nodes.
        nodes: Vec<DocumentNode>,
        /// The edges between the nodes.
        edges: Option<Vec<Edge>>,
    },
}

/// A wait, for one of `seconds`, `until` and `event`.
#[derive(ToSchema)]
pub struct WaitConfig {
    /// Seconds to wait, or a template that yields them.
    pub seconds: Option<NumberOrTemplate>,
    /// The moment to wait for, in RFC 3339.
    pub until: Option<String>,
    /// The name of the event to wait for.
    pub event: Option<String>,
    /// Seconds after which an event is no longer waited for.
    pub timeout_seconds: Option<NumberOrTemplate>,
}

/// A number, or a template that yields one.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum NumberOrTemplate {
    /// The number itself.
    Number(f64),
    /// A template.
    Template(String),
}

/// A whole number, or a template that yields one.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum WholeOrTemplate {
    /// The number itself.
    Number(u64),
    /// A template.
    Template(String),
}

/// True or false, or a template that yields one of the two.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum BooleanOrTemplate {
    /// The value itself.
    Boolean(bool),
    /// A template.
    Template(String),
}

/// Channels, or a template that yields a list of them.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Channels {
    /// Each of them.
    List(Vec<Channel>),
    /// A template.
    Template(String),
}

/// A question to people. Which of the fields it takes depends on its kind.
#[derive(ToSchema)]
pub struct HumanConfig {
    /// What the question asks for.
    #[schema(value_type = words::InteractionKind)]
    pub kind: String,
    /// The question.
    pub question: Option<String>,
    /// More about the question, in Markdown.
    pub details: Option<String>,
    /// The people who may answer; anyone of the owner where absent.
    pub assignees: Option<People>,
    /// Approvals that decide; 1 where absent.
    pub approval_threshold: Option<WholeOrTemplate>,
    /// Rejections that decide; 1 where absent.
    pub rejection_threshold: Option<WholeOrTemplate>,
    /// Whether the person who started the execution may decide; true where absent.
    pub allow_requester: Option<BooleanOrTemplate>,
    /// The channels by which people are told.
    pub channels: Option<Channels>,
    /// Seconds after which `timeout_action` takes effect.
    pub timeout_seconds: Option<NumberOrTemplate>,
    /// What happens when nobody decided in time; `timeout` where absent.
    pub timeout_action: Option<TimeoutAction>,
    /// The people who are asked as well once the time is over.
    pub escalate_to: Option<People>,
    /// Seconds between reminders.
    pub remind_every_seconds: Option<NumberOrTemplate>,
    /// What wakes the question at its deadlines: `host`, also where absent, or on AWS `states`, an execution of Step
    /// Functions.
    pub wait_by: Option<WaitBy>,
    /// CEL: nobody is asked where it is false.
    pub condition: Option<String>,
    /// Nobody is asked where a value lies below a bound.
    pub auto_approve_below: Option<AutoApproveBelow>,
    /// The JSON Schema that the data of an `input` must satisfy.
    pub schema: Option<Value>,
    /// CEL conditions on the data of an `input`, which they read as `answer`.
    pub rules: Option<Vec<String>>,
    /// The options of a `decision`.
    pub options: Option<Vec<DecisionOption>>,
    /// The content of a `review`.
    pub content: Option<Value>,
    /// The tool that an `authorization` is about.
    pub tool: Option<Value>,
    /// What the tool would be called with.
    pub arguments: Option<Value>,
    /// How dangerous the tool is: `medium`, also where absent, or `high`; or a template that yields one of the two.
    pub security_level: Option<String>,
}

/// What lies below which bound.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum AutoApproveBelow {
    /// A value and its bound.
    Of(Below),
    /// The bound of the one value that `condition` compares with a number.
    Bound(f64),
}

/// A value and the bound below which nobody is asked.
#[derive(ToSchema)]
pub struct Below {
    /// CEL for the value.
    pub value: String,
    /// The bound.
    pub below: NumberOrTemplate,
}

/// An option of a decision.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum DecisionOption {
    /// The id, which people read too.
    Id(String),
    /// The id, and what people read.
    Labelled {
        /// The id, which is the port.
        id: String,
        /// What people read; the id where absent.
        label: Option<String>,
    },
}

/// What wakes a question at its deadlines.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitBy {
    /// The host's own clock.
    Host,
    /// On AWS an execution of Step Functions, which waits with a task token.
    States,
}

/// What happens when nobody decided in time.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutAction {
    /// The port `timeout` is taken.
    Timeout,
    /// The first port is taken, as if it were approved.
    AutoApprove,
    /// The port `rejected` is taken.
    AutoReject,
    /// The node fails.
    Fail,
    /// The people of `escalate_to` are asked as well.
    Escalate,
}

/// Executions of saved workflows.
#[derive(ToSchema)]
pub struct WorkflowConfig {
    /// The workflow to run, or several.
    pub workflow_id: WorkflowIds,
    /// Whether several run one after the other or at once; `sequence` where absent.
    pub mode: Option<ChildrenMode>,
    /// The input of the executions; the input of the node where absent.
    pub input: Option<Value>,
    /// Whether the failure of one of several fails the node; true where absent.
    pub stop_on_failure: Option<BooleanOrTemplate>,
}

/// The id of a saved workflow, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum WorkflowIds {
    /// One workflow: its output is that of the node.
    One(String),
    /// Several workflows: the output is a list.
    Several(Vec<String>),
}

/// Whether several executions run one after the other or at once.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChildrenMode {
    /// One after the other.
    Sequence,
    /// At once.
    Parallel,
}

/// The end of a loop's iterations, or of the execution.
#[derive(ToSchema)]
pub struct EndConfig {
    /// The value of the last iteration, or the result of the execution.
    pub output: Option<Value>,
}

/// The end of the execution with an error.
#[derive(ToSchema)]
pub struct FailConfig {
    /// The code of the error.
    pub code: Option<String>,
    /// What went wrong, for people.
    pub message: Option<String>,
}
