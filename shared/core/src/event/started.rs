//! The first event of every execution, which holds everything about it that never changes.

use crate::{
    id::{Activation, ExecutionId},
    limits,
    payload::Payload,
    rollback::Fork,
};
use document::{
    Workflow,
    id::{NodeId, WorkflowId},
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The node that started an execution as its child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent execution.
    pub execution_id: ExecutionId,
    /// The visit to the parent's `map` or `workflow` node.
    pub activation: Activation,
    /// Number of the node's attempt that started the child, from 1.
    #[serde(default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
    /// The child's index among its siblings, from 0.
    pub index: u32,
    /// How deep executions are nested: 1 for the child of an execution that has no parent.
    pub depth: u32,
}

/// That an execution came from another host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// How many turns came along. The execution stands still until `Event::ExecutionImported` follows them.
    pub turns: u64,
}

/// The place of an execution in a line, of which one execution after the other is under way: a message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InLine {
    /// The line's name, within the owner and the workflow: the session of a conversation.
    pub line: String,
    /// The place in the line: who has a smaller number goes first.
    pub number: u64,
}

/// What an execution is started with. Nothing in it changes later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The journal's format; this release writes 1.
    pub format: u32,
    /// The execution's id: a UUID, v7 where a caller starts it, derived from the parent where a parent does.
    pub execution_id: ExecutionId,
    /// The tenant to which the execution belongs. Only callers of this tenant see it.
    pub owner: String,
    /// The workflow that the execution runs.
    pub workflow_id: WorkflowId,
    /// The saved version of the workflow, from 1; 0 for an inline document.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub workflow_version: u64,
    /// The hash of the workflow's document, by which hosts find it.
    pub workflow_hash: String,
    /// For the child of a map: the path of `map` nodes from the document to the body that it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<NodeId>,
    /// The trigger node that started the execution; none where a map's inline `body` runs, which has no trigger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<NodeId>,
    /// The execution's input. Where a map's inline `body` runs it is the parent's input, or null if no expression reads
    /// it.
    pub input: Payload,
    /// Free data of the caller, by which lists of executions can be filtered. At most `limits::METADATA_BYTES` as JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The subject (such as an e-mail address) that started the execution; none where no person or token did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// For a fork: those who started the executions that it goes back to, and not this one. What they asked for is in it, so
    /// where `allow_requester` is false they decide nothing either. Empty in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_started_by: Vec<String>,
    /// The node that started this execution as its child; none where a caller did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// For a child: the latest retry of its parent that took up the children of its node before it began; 0 for none.
    #[serde(default, skip_serializing_if = "crate::id::is_zero")]
    pub taken_up: u32,
    /// For the child of a map: the item that it works on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub item: Option<Payload>,
    /// For the child of a map within the flow of a tool: what a model gave the tool, where the body reads it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub args: Option<Payload>,
    /// For the child of a map: outputs of the parent's nodes that the body's expressions name, as of the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited: Vec<(NodeId, Payload)>,
    /// Hash of the request that came with an idempotency key. A later request with the same key but another hash is
    /// refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
    /// When the execution fails with `timeout` unless it has ended (`settings.timeout_seconds`).
    pub deadline: Time,
    /// Whether a caller waits for the execution's end and is told of it (`Effect::AnswerCaller`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
    /// Whether `max_concurrency`, or another execution of its line, holds the execution back until an `ExecutionAdmitted`
    /// event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// Whether the start looked at the other executions of its workflow, because of `overlap` or of the limit in force:
    /// hosts that keep account only of those count this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_around: bool,
    /// The line in which the execution stands (`overlap: "queue"`); none where it stands in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_line: Option<InLine>,
    /// How many descendants of the execution may be alive at once. A child has a part of what its parent has.
    #[serde(default = "most_descendants", skip_serializing_if = "is_most_descendants")]
    pub descendants: u32,
    /// The checkpoint of another execution at which this one begins; none where it begins at a trigger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked: Option<Box<Fork>>,
    /// That the execution came from another host, where it began; none where it began here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Why `overlap` refused the start; the execution then ends at once with status `skipped`. None where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

impl Started {
    /// Whether what runs is the flow of a tool that a model asked for: `item` has the arguments.
    pub fn is_of_tool(&self) -> bool {
        self.body.last().is_some_and(|last| last.as_str().contains('/'))
    }

    /// Everybody who counts as having started the execution.
    pub fn requesters(&self) -> impl Iterator<Item = &str> {
        self.started_by.iter().chain(&self.also_started_by).map(String::as_str)
    }

    /// Those who count as having started this execution, but for whoever forks it.
    pub fn requesters_but(&self, forker: Option<&str>) -> Vec<String> {
        let is_other = |name: &&str| !forker.is_some_and(|by| by.eq_ignore_ascii_case(name));
        let mut all: Vec<String> = Vec::new();
        for name in self.requesters().filter(is_other) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                all.push(name.to_owned());
            }
        }
        all
    }

    /// The start of an execution without parent, owner or caller that waits, at the trigger that the API starts.
    pub fn new(execution_id: ExecutionId, workflow: &Workflow, input: Value, now: Time) -> Self {
        Self {
            format: 1,
            execution_id,
            owner: String::new(),
            workflow_id: workflow.id.clone(),
            workflow_version: 0,
            workflow_hash: workflow.hash.clone(),
            body: Vec::new(),
            trigger: workflow.trigger_for_api().map(|ix| workflow.nodes[ix].id.clone()),
            input: Payload::new(input),
            metadata: Map::new(),
            started_by: None,
            also_started_by: Vec::new(),
            parent: None,
            taken_up: 0,
            item: None,
            args: None,
            inherited: Vec::new(),
            request_hash: None,
            deadline: now.after_seconds(workflow.settings.timeout_seconds),
            awaited: false,
            held: false,
            looked_around: false,
            in_line: None,
            descendants: limits::DESCENDANTS,
            forked: None,
            imported: None,
            skipped: None,
        }
    }
}

fn most_descendants() -> u32 {
    limits::DESCENDANTS
}

fn is_most_descendants(descendants: &u32) -> bool {
    *descendants == limits::DESCENDANTS
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
