//! The simulation: a host that is all in memory, keeps nothing of an execution but its journal, and breaks on demand.

mod access;
mod arrived;
mod fate;
mod job;
mod jobs;
mod moved;
mod people;
mod ports;
mod run;
pub(crate) mod script;
mod scripted;
mod words;
mod world;

pub use fate::Fate;
pub use people::{answer, sample};
pub use run::Run;
pub use scripted::{answered, says};
pub use world::{SimHost, World, child_undone, through_json};

use document::{Workflow, parse};
use engine::port::Delivers;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{event::Started, id::ExecutionId};

/// What goes wrong in a simulation, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// How many of a thousand port calls are the last of their process, before or after the call takes effect.
    pub crashes: usize,
    /// How many of a thousand port calls report an error, before or after the call takes effect.
    pub errors: usize,
    /// How many of a hundred messages are sent twice.
    pub duplicates: usize,
    /// How many of a hundred messages are handed out to two handlers at the same time, and of a hundred
    /// acknowledgements are lost.
    pub repeats: usize,
    /// Whether messages overtake each other, and handlers run at the same time.
    pub disorder: bool,
    /// The number of the one port call, counted from 1, at which the process dies; true: after the call took effect.
    pub at_call: Option<(u64, bool)>,
}

impl Faults {
    /// Every kind of fault; the seed chooses how often they come, among three weights.
    pub fn of(seed: u64) -> Self {
        let weight = [1, 3, 6][(seed / 7 % 3) as usize];
        Self {
            crashes: 15 * weight,
            errors: 10 * weight,
            duplicates: 5 * weight,
            repeats: 3 * weight,
            disorder: true,
            at_call: None,
        }
    }
}

/// When a host delivers: in the commit or after it, as a test draws.
pub fn delivers(in_commit: bool) -> Delivers {
    if in_commit { Delivers::InCommit } else { Delivers::AfterCommit }
}

/// The id of the execution that a simulation is about.
pub fn root_id() -> ExecutionId {
    "01890000-0000-7000-8000-000000000001".into()
}

/// A parsed document. Panics with everything that is wrong with it.
pub fn parsed(document: &Value) -> Arc<Workflow> {
    match parse(document) {
        Ok(parsed) => parsed.workflow,
        Err(issues) => panic!("the document is refused: {issues:?}\n{document}"),
    }
}

/// The start of the root execution, as a host would make it.
pub fn started(workflow: &Workflow, input: &Value, host: &SimHost) -> Started {
    Started {
        format: 1,
        execution_id: root_id(),
        owner: "owner".into(),
        workflow_id: workflow.id.clone(),
        workflow_version: 1,
        workflow_hash: workflow.hash.clone(),
        body: Vec::new(),
        trigger: workflow.trigger_for_api().map(|ix| workflow.nodes[ix].id.clone()),
        input: input.clone().into(),
        metadata: Default::default(),
        started_by: Some("someone@example.com".into()),
        also_started_by: Vec::new(),
        parent: None,
        taken_up: 0,
        item: None,
        args: None,
        inherited: Vec::new(),
        request_hash: None,
        deadline: host.time().after_seconds(workflow.settings.timeout_seconds),
        awaited: false,
        held: false,
        looked_around: false,
        in_line: None,
        descendants: stepwell_core::limits::DESCENDANTS,
        forked: None,
        imported: None,
        skipped: None,
    }
}
