//! A rollback at work, as the journal and the state keep it.

use super::{Carried, Point, Rollback};
use crate::{
    effect::Undoing,
    error::Error,
    event::{Said, Unstick},
    id::{Activation, ExecutionId, child_id},
    payload::Payload,
};
use document::{id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a rollback is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What comes back; none where nothing does, as in a child whose parent goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Box<Point>>,
    /// What is undone, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Undo>,
    /// The events from outside that came since the checkpoint and those that were kept at it, oldest first. They are kept
    /// for the waits that come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(String, Payload)>,
    /// The attempt to undo the first of it that an earlier rollback began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}

impl Plan {
    /// Every value that the plan keeps.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all: Vec<&Payload> = self.point.iter().flat_map(|point| point.payloads()).collect();
        for undo in &self.undo {
            if let What::Node { output, seen, .. } = &undo.what {
                all.push(output);
                all.extend(seen.payloads());
            }
        }
        all.extend(self.signals.iter().map(|(_, payload)| payload));
        all
    }
}

/// The values that a node's `compensate` reads, kept from the time at which the node ran. Of outputs only those that it
/// names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Outputs of nodes, as `ctx` shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<(NodeId, Payload)>,
    /// The element of the list around the node.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub item: Option<Payload>,
    /// Its position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The number of the iteration of the loop around the node, and the value of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_loop: Option<(u64, Payload)>,
    /// What a model gave the tool, where the element is not that: a person approved the call, and may have changed it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub args: Option<Payload>,
}

impl Seen {
    /// Every value that is kept.
    pub fn payloads(&self) -> Vec<&Payload> {
        let nodes = self.nodes.iter().map(|(_, payload)| payload);
        nodes.chain(&self.item).chain(&self.args).chain(self.in_loop.iter().map(|(_, last)| last)).collect()
    }
}

/// One thing that is undone: a visit to a node, or a child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// The visit.
    pub activation: Activation,
    /// The hash of the document that was in force, where a patch had changed it: the node is undone as that said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patched: Option<String>,
    /// What is undone of it.
    #[serde(flatten)]
    pub what: What,
}

impl Undo {
    /// The child of an execution that is undone; none where it is a node.
    pub fn child_of(&self, parent: &ExecutionId) -> Option<ExecutionId> {
        match self.what {
            What::Child { attempt, index, .. } => Some(child_id(parent, &self.activation, attempt, index)),
            What::Node { .. } => None,
        }
    }
}

/// What is undone of a visit to a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The node itself, by its `compensate`.
    Node {
        /// The output of the run; `{}` where its outcome is unknown.
        output: Payload,
        /// Whether nobody knows what the run did.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unknown: bool,
        /// Where the attempt still ran when the rollback began, when its outcome counts as unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// What the templates of `compensate` can see.
        seen: Box<Seen>,
    },
    /// A child, whole.
    Child {
        /// Number of the attempt that started it, from 1.
        attempt: u32,
        /// Its index among its siblings, from 0.
        index: u32,
        /// Whether it has completed, as its parent knows: then it did something, and must be there to be undone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        completed: bool,
    },
}

impl What {
    /// Whether it is this child of its activation.
    pub fn is_child(&self, attempt: u32, index: u32) -> bool {
        matches!(self, Self::Child { attempt: of, index: at, .. } if (*of, *at) == (attempt, index))
    }
}

/// A rollback at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rolling {
    /// What was asked for.
    pub asked: Rollback,
    /// How it is done; none until the journal was read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Arc<Plan>>,
    /// How many things of the plan are undone; the next one is at this position.
    #[serde(default)]
    pub next: usize,
    /// Number of the attempt to undo the next one that is due or runs, from 1.
    #[serde(default = "crate::id::first")]
    pub attempt: u32,
    /// Attempts that no longer count against the `retry` of `compensate`, since somebody asked for more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgiven: u32,
    /// Why the last attempt to undo the next one failed, where no other follows by itself: nothing is awaited of it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Box<Error>>,
    /// What came of attempts that still ran when the rollback began, by their positions in the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<(usize, Ended)>,
    /// Where an `at_most_once` attempt to undo the next one runs, when its outcome counts as unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended: Option<Time>,
    /// The earliest time for the attempt; none for at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// The attempt to undo the next one that an earlier rollback began, as that one names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Undoing>,
    /// The subject that asked for it; none where nobody did, and in states of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The way out that is passed on to the child which is next, and is stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
    /// Number of the turn in which it began; 0 where no plan is made yet, or where an earlier release began it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub begun: u64,
}

fn is_none(begun: &u64) -> bool {
    *begun == 0
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The way out of what a child is stuck in, which a person took for an execution above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Which way.
    pub action: Unstick,
    /// Number of the child's turn that says what it is stuck in. For anything else it does not count.
    pub seq: u64,
    /// The subject that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, and for which execution.
    #[serde(flatten)]
    pub said: Said,
}

/// What came of an attempt that still ran when a rollback began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ended {
    /// It succeeded.
    Succeeded {
        /// Its output, for `compensate`.
        output: Payload,
    },
    /// It is certain that it did nothing.
    Failed,
    /// Nobody knows.
    Unknown,
}

impl Rolling {
    /// A rollback whose plan is to be made.
    pub fn asked(asked: Rollback) -> Self {
        Self {
            asked,
            plan: None,
            next: 0,
            attempt: 1,
            forgiven: 0,
            failed: None,
            ended: Vec::new(),
            intended: None,
            due: None,
            carried: None,
            by: None,
            passed: None,
            begun: 0,
        }
    }

    /// What is undone next; none where there is no plan yet, or all is undone.
    pub fn current(&self) -> Option<&Undo> {
        self.plan.as_ref()?.undo.get(self.next)
    }

    /// What came of the run of the next one, where that was awaited and has ended.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.iter().find(|(number, _)| *number == self.next).map(|(_, ended)| ended)
    }

    /// Until when the outcome of the next one's own run is awaited; none where it is known.
    pub fn awaits(&self) -> Option<Time> {
        match &self.current()?.what {
            What::Node { until, .. } if self.ended().is_none() => *until,
            What::Node { .. } | What::Child { .. } => None,
        }
    }

    /// The position of a visit whose outcome is still awaited.
    pub fn awaited(&self, activation: &Activation) -> Option<usize> {
        let undo = &self.plan.as_ref()?.undo;
        let awaits =
            |undo: &Undo| undo.activation == *activation && matches!(undo.what, What::Node { until: Some(_), .. });
        let number = self.next + undo.iter().skip(self.next).position(awaits)?;
        self.ended.iter().all(|(known, _)| *known != number).then_some(number)
    }

    /// Every value that the rollback keeps.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all: Vec<&Payload> = self.asked.input.iter().collect();
        all.extend(self.plan.iter().flat_map(|plan| plan.payloads()));
        all.extend(self.ended.iter().filter_map(|(_, ended)| match ended {
            Ended::Succeeded { output } => Some(output),
            Ended::Failed | Ended::Unknown => None,
        }));
        all
    }
}
