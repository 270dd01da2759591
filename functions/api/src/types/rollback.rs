//! Going back: rollback, backtrack and the ways out of `stuck`.

use super::{Seen, Timestamp, words};
use engine::rollback::{Preview, WouldRun, WouldUndo};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use stepwell_core::{event::Unstick, execution::Status, rollback::Point};
use utoipa::ToSchema;

/// To which checkpoint an execution goes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    /// The checkpoint, as the execution's history shows it; a number is taken too. It may stand in the query as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub checkpoint_id: Option<CheckpointId>,
    /// Whether nodes that declare `compensate` are compensated; true where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensate: Option<bool>,
    /// Whether it is only told what would be undone and run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The execution's `checkpoint` as the caller has seen it, such as in a dry run: where the execution has moved on, nothing
    /// is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub checkpoint: Option<Seen>,
    /// The caller's reason, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// To before which node an execution goes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktrackBody {
    /// The node: its latest visit is undone with all that came after it, and it runs again.
    pub node: String,
    /// What the node is given in place of its input; absent to give it the same again.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input: Option<Value>,
    /// Whether nodes that declare `compensate` are compensated; true where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensate: Option<bool>,
    /// Whether it is only told what would be undone and run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The execution's `checkpoint` as the caller has seen it, such as in a dry run: where the execution has moved on, nothing
    /// is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub checkpoint: Option<Seen>,
    /// The caller's reason, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The way out of what an execution is stuck in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnstickBody {
    /// `retry` tries again what could not be done, `skip` leaves it, `mark_done` says that somebody has done it by hand,
    /// `redrive` sends the messages again that could not be processed.
    #[schema(value_type = words::Unstick)]
    pub action: Unstick,
    /// The node that is meant; it may be left out where there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The output of a node that is skipped or marked as done; null where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub output: Option<Value>,
    /// The caller's reason, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Reads a value that is there, also where it is null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// At which checkpoint a new execution begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForkBody {
    /// The checkpoint, as the execution's history shows it; a number is taken too.
    #[schema(value_type = String)]
    pub checkpoint_id: CheckpointId,
    /// The input of the new execution; that of this one where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub input: Option<Value>,
    /// A JSON Patch (RFC 6902) of the workflow that was in force at the checkpoint; none for the same workflow. What led to
    /// the checkpoint must be what the patched workflow could have led to.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<super::PatchOperation>>)]
    pub patch: Option<Value>,
    /// Whether only to tell what the new execution would come to by the outcomes that this one recorded since; false where
    /// it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// What a caller names a checkpoint by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointId(pub String);

impl CheckpointId {
    /// Its number; none for what names no checkpoint. A number that is too large for one is that of the last there can be.
    pub fn number(&self) -> Option<u64> {
        let is_number = !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| self.0.parse().unwrap_or(u64::MAX))
    }
}

impl Serialize for CheckpointId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CheckpointId {
    /// Takes any value: what is no number names no checkpoint, as one that does not exist.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

/// What a rollback or a backtrack came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "status": "running", "success": true, "checkpoint_id": "3",
    "message": "Back at checkpoint 3, with 1 thing undone. Running pay.",
    "restored_state": {"node": "reserve", "timestamp": "2026-01-31T09:00:00.000Z"},
    "compensated": [{"node": "pay", "visit": 1}]}))]
pub struct WentBack {
    /// The id of the execution.
    pub execution_id: String,
    /// The status of the execution.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// Whether the checkpoint is back. False while things are undone, and where that is stuck.
    pub success: bool,
    /// The checkpoint that the execution goes back to.
    pub checkpoint_id: String,
    /// What the execution is doing, for people.
    pub message: String,
    /// The checkpoint's state.
    pub restored_state: RestoredState,
    /// What was undone so far, in this order.
    pub compensated: Vec<Undone>,
}

/// What a rollback or a backtrack would do. Nothing of it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "status": "failed", "dry_run": true, "checkpoint_id": "3", "checkpoint": "7",
    "message": "Would undo 1 thing and run pay.",
    "restored_state": {"node": "reserve", "timestamp": "2026-01-31T09:00:00.000Z"},
    "would_compensate": [{"node": "pay", "visit": 1, "type": "http_request",
        "config": {"method": "POST", "url": "https://example.com/refunds"}}], "would_run": ["pay"],
    "would_run_with": [{"node": "pay", "type": "http_request",
        "config": {"method": "POST", "url": "https://example.com/payments"}}]}))]
pub struct WouldGoBack {
    /// The id of the execution.
    pub execution_id: String,
    /// The status of the execution, which is as it was.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// True.
    pub dry_run: bool,
    /// The checkpoint that the execution would go back to.
    pub checkpoint_id: String,
    /// The execution's own checkpoint, at which this was tried: to be given back where it is done only as long as this holds.
    pub checkpoint: String,
    /// What would happen, in one sentence for people.
    pub message: String,
    /// The checkpoint's state.
    pub restored_state: RestoredState,
    /// What would be undone, in this order.
    pub would_compensate: Vec<WouldCompensate>,
    /// The nodes that would run, wait or ask once the checkpoint is back.
    pub would_run: Vec<String>,
    /// With what each of these nodes would run, in the same order.
    pub would_run_with: Vec<WouldRunWith>,
}

/// The answer to a rollback or a backtrack: `WouldGoBack` to a dry run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BackAnswer {
    /// The execution went back, or still does.
    Went(Box<WentBack>),
    /// It was a dry run.
    Would(Box<WouldGoBack>),
}

/// The state of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RestoredState {
    /// The node that the checkpoint's turn finished; null where it finished none.
    pub node: Option<String>,
    /// When the checkpoint was made.
    pub timestamp: Option<Timestamp>,
}

/// Something that was undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Undone {
    /// The node.
    pub node: String,
    /// Number of its visit.
    pub visit: u32,
    /// The child of the node that was undone whole; absent for the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// Whether nothing had to be done, or somebody said so: it did nothing, was skipped, or marked as done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
}

/// Something that would be undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WouldCompensate {
    /// The node.
    pub node: String,
    /// Number of its visit.
    pub visit: u32,
    /// The child of the node that would be undone whole; absent for the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// The type of the node that undoes it; absent for a child.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// What that node would be given. Secrets stand as the templates that name them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// Whether nobody knows what the run did that would be undone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outcome_unknown: bool,
    /// Why its templates cannot be rendered now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What would be undone within the child, in this order. Absent for the node itself, and for children that were not
    /// looked into, since they are too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub would_compensate: Option<Vec<WouldCompensate>>,
}

/// With what a node would run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WouldRunWith {
    /// The node.
    pub node: String,
    /// Its type.
    pub r#type: String,
    /// The request or the code that it would begin with, rendered. Secrets stand as the templates that name them. Absent for
    /// a type that asks nothing of anything outside when it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// Why its templates cannot be rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<&Point> for RestoredState {
    fn from(point: &Point) -> Self {
        Self { node: point.node.as_ref().map(ToString::to_string), timestamp: Some(Timestamp(point.at)) }
    }
}

impl From<WouldUndo> for WouldCompensate {
    fn from(would: WouldUndo) -> Self {
        Self {
            node: would.node.to_string(),
            visit: would.visit,
            child: would.child.map(|id| id.to_string()),
            r#type: would.kind.map(str::to_owned),
            config: would.config,
            outcome_unknown: would.unknown,
            error: would.error,
            would_compensate: would.within.map(|within| within.into_iter().map(Self::from).collect()),
        }
    }
}

impl From<WouldRun> for WouldRunWith {
    fn from(would: WouldRun) -> Self {
        let WouldRun { node, kind, config, error } = would;
        Self { node: node.to_string(), r#type: kind.to_owned(), config, error }
    }
}

impl WouldGoBack {
    /// What a dry run of a rollback to a checkpoint tells of an execution.
    pub fn of(execution: &stepwell_core::execution::Execution, checkpoint: u64, preview: Preview) -> Self {
        let would_run: Vec<String> = preview.would_run.iter().map(|one| one.node.to_string()).collect();
        let undoes = match preview.would_compensate.len() {
            0 => "undo nothing".to_owned(),
            1 => "undo 1 thing".to_owned(),
            many => format!("undo {many} things"),
        };
        let runs = match would_run.as_slice() {
            [] => "then nothing runs".to_owned(),
            nodes => format!("run {}", nodes.join(", ")),
        };
        Self {
            execution_id: execution.id().to_string(),
            status: execution.status(),
            dry_run: true,
            checkpoint_id: checkpoint.to_string(),
            checkpoint: preview.seq.to_string(),
            message: format!("Would {undoes} and {runs}."),
            restored_state: preview.point.as_ref().map(RestoredState::from).unwrap_or_default(),
            would_compensate: preview.would_compensate.into_iter().map(WouldCompensate::from).collect(),
            would_run,
            would_run_with: preview.would_run.into_iter().map(WouldRunWith::from).collect(),
        }
    }
}
