//! The policies of a document and of its nodes: bounds, retries, joins, and what happens after a failure.

use crate::limits;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// `settings` of a document.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Iterations after which a loop without a bound of its own fails the execution.
    pub max_loop_iterations: u64,
    /// Seconds that an execution may take in all.
    pub timeout_seconds: f64,
    /// The policy of nodes that name none.
    pub on_error: OnError,
    /// What follows where a condition cannot be evaluated.
    pub on_condition_error: OnConditionError,
    /// What a start does while another execution of the workflow has not ended.
    pub overlap: Overlap,
    /// How many executions of the workflow run at once; none where there is no bound.
    pub max_concurrency: Option<u64>,
    /// Days for which ended executions are kept; 0 for ever.
    pub retention_days: u64,
    /// Whether journals hold what models are asked and answer by its hash alone.
    pub seals_prompts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_loop_iterations: limits::LOOP_ITERATIONS,
            timeout_seconds: limits::EXECUTION_SECONDS,
            on_error: OnError::Fail,
            on_condition_error: OnConditionError::Fail,
            overlap: Overlap::Allow,
            max_concurrency: None,
            retention_days: limits::RETENTION_DAYS,
            seals_prompts: false,
        }
    }
}

/// How many executions of the workflow of a document in canonical form, as stores keep it, run at once; none where it has no limit.
/// For those who need nothing else of the document, which is not parsed. It says what `max_concurrency` is in its parsed settings.
pub fn limit_of_document(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Bounded<'a> {
        settings: Bound<'a>,
        #[serde(borrow)]
        nodes: Vec<Typed<'a>>,
    }
    #[derive(Deserialize)]
    struct Bound<'a> {
        max_concurrency: Option<f64>,
        #[serde(borrow)]
        overlap: Option<Cow<'a, str>>,
    }
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow, rename = "type")]
        of: Cow<'a, str>,
    }
    let Bounded { settings, nodes } = serde_json::from_str(text).ok()?;
    if settings.overlap.as_deref() == Some("queue") && nodes.iter().all(|node| node.of != "chat_trigger") {
        return Some(1);
    }
    settings.max_concurrency.map(|most| most as u64)
}

/// The policy of retries of a node, with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
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

impl OnError {
    /// The policy that the value of an `on_error` names, before it is read; none where it names none.
    pub(crate) fn of(value: &serde_json::Value) -> Option<Self> {
        let word = value.as_str().or_else(|| value.as_object()?.keys().next().map(String::as_str))?;
        serde_json::from_value(word.into()).ok()
    }
}

crate::closed_set!(
    /// What becomes of a failed node that people are asked about: the options of that question.
    AfterError {
        /// Another attempt.
        Retry = "retry",
        /// The execution goes on, with data of the answer as the node's output.
        Skip = "skip",
        /// The execution fails.
        Abort = "abort",
    }
);

/// What follows where a condition of an edge, a branch or a loop cannot be evaluated: `settings.on_condition_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConditionError {
    /// The node fails with `condition_error`: what cannot be decided opens no gate.
    Fail,
    /// The condition counts as false, with a warning: the edge is dead, the rule is passed over, the loop is over.
    Default,
}

/// What a start does while another execution of the workflow has not ended: `settings.overlap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policies of the workflow format")]
pub enum Overlap {
    Allow,
    SkipIfPaused,
    SkipIfActive,
    Queue,
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
