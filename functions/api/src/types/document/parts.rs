//! The parts of a workflow document beside its nodes: edges, bounds and policies.

use crate::types::words;
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;

/// An edge from one node to another.
#[derive(ToSchema)]
pub struct Edge {
    /// The id of the node that the edge leaves.
    pub from: String,
    /// The id of the node that the edge leads to.
    pub to: String,
    /// The outcome of `from` that the edge follows; the first port of its type where absent.
    pub port: Option<String>,
    /// When the edge is live, once its port was taken; always where absent.
    pub condition: Option<Condition>,
    /// What the edge hands over; `main` where absent.
    #[schema(value_type = Option<words::ConnectionType>)]
    pub connection: Option<String>,
}

/// The condition of an edge, in CEL.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Condition {
    /// The expression.
    Text(String),
    /// The expression with the name of its language, `cel`.
    Typed {
        /// The language: `cel`.
        r#type: String,
        /// The expression.
        expression: String,
    },
}

/// Bounds and policies of executions.
#[derive(ToSchema)]
pub struct Settings {
    /// Iterations after which a loop without a bound of its own fails the execution: 1 to 1000000, 1000 where absent.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_loop_iterations: Option<u64>,
    /// Seconds after which the whole execution fails; a year at most, and where absent.
    pub timeout_seconds: Option<f64>,
    /// What the failure of a node does where the node does not say; `fail` where absent.
    pub on_error: Option<OnError>,
    /// What follows where a condition cannot be evaluated; `fail` where absent.
    pub on_condition_error: Option<OnConditionError>,
    /// What a start does while another execution lives; `allow` where absent.
    pub overlap: Option<Overlap>,
    /// Executions of the workflow that run at once: 1 to 10000, any number where absent.
    #[schema(minimum = 1, maximum = 10_000)]
    pub max_concurrency: Option<u64>,
    /// Days for which ended executions are kept: up to 36500, 0 for ever, 90 where absent.
    #[schema(maximum = 36_500)]
    pub retention_days: Option<u64>,
    /// What journals hold by its hash alone: what models are asked and answer.
    #[schema(min_items = 1, max_items = 1)]
    pub redact: Option<Vec<Redacted>>,
}

/// What journals can hold by its hash alone.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Redacted {
    /// What models are asked and answer.
    Prompts,
}

/// What follows where the condition of an edge, a rule of a branch, or what a loop goes by cannot be evaluated.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConditionError {
    /// The node fails with `condition_error`.
    Fail,
    /// The edge is dead, the rule is passed over, the loop is done; a warning is recorded.
    Default,
}

/// What happens after the last attempt of a node failed, unless an edge leaves its port `error`.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum OnError {
    /// A policy by its name.
    Policy(ErrorPolicy),
    /// People who are asked what to do.
    Ask(AskHuman),
}

/// People who are asked what to do about a failed node.
#[derive(ToSchema)]
pub struct AskHuman {
    /// Whom, and for how long.
    pub ask_human: PutToPeople,
}

/// Whom a failure is put to.
#[derive(ToSchema)]
pub struct PutToPeople {
    /// The people who may decide; anyone of the owner where absent.
    pub assignees: Option<People>,
    /// The channels by which people are told.
    pub channels: Option<Vec<Channel>>,
    /// Seconds after which `timeout_action` takes effect; the question stays open where absent.
    pub timeout_seconds: Option<f64>,
    /// What becomes of the node when nobody decided in time; `abort` where absent.
    #[schema(value_type = Option<words::AfterError>)]
    pub timeout_action: Option<String>,
}

/// A channel by which people are told of a question.
#[derive(ToSchema)]
pub struct Channel {
    /// The kind of channel, such as `web`.
    pub r#type: String,
    /// The settings of that kind of channel.
    #[serde(flatten)]
    pub settings: HashMap<String, Value>,
}

/// People, by their e-mail addresses or names.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum People {
    /// Each of them.
    List(Vec<String>),
    /// A text with commas between them, or a template that yields a list.
    Text(String),
}

/// What happens after the last attempt of a node failed.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorPolicy {
    /// The execution ends with the node's error.
    Fail,
    /// The execution goes on along the port `success` with `{"error": …}`.
    Continue,
    /// A person is asked what to do.
    AskHuman,
    /// What was done is undone.
    Rollback,
}

/// What a start does while another execution of the workflow lives.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Both run.
    Allow,
    /// The new one is skipped while another is paused or waits for a person.
    SkipIfPaused,
    /// The new one is skipped while another has not ended.
    SkipIfActive,
    /// Both run; a message of a chat waits for the one before it in its session.
    Queue,
}

/// How a node that failed is tried again.
#[derive(ToSchema)]
pub struct Retry {
    /// How often the node is tried, the first time included; 1 where absent, 3 for an `http_request`.
    pub max_attempts: Option<u32>,
    /// Seconds before the second attempt; 1 where absent.
    pub initial_seconds: Option<f64>,
    /// By what each delay is multiplied for the next one; 2 where absent.
    pub backoff: Option<f64>,
    /// Seconds that no delay exceeds; 60 where absent.
    pub max_seconds: Option<f64>,
    /// Whether each delay is drawn between its half and the whole; true where absent.
    pub jitter: Option<bool>,
}

/// How many of the incoming edges activate a node.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All of them, as far as they are live.
    All,
    /// The first live one.
    Any,
    /// So many live ones.
    AtLeast(u64),
}

/// What may happen to the work of a node when a process dies in the middle of it.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It may be done twice.
    AtLeastOnce,
    /// It may be left undone, and then fails.
    AtMostOnce,
}

/// A node without an id that undoes the node it stands in.
#[derive(ToSchema)]
pub struct Compensation {
    /// The name of the node, for people.
    pub name: Option<String>,
    /// `http_request`, `code` or `transform`.
    pub r#type: String,
    /// The config of that type.
    pub config: Option<HashMap<String, Value>>,
    /// How a failed attempt is tried again.
    pub retry: Option<Retry>,
    /// Seconds of one attempt.
    pub timeout_seconds: Option<f64>,
    /// What may happen when a process dies.
    pub delivery: Option<Delivery>,
    /// Data of the author's own.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}
