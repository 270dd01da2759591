//! A host that is all in memory, forgets everything but its journals between two calls, and breaks on demand.

mod ports;
mod run;
pub(crate) mod script;
mod world;

pub use run::{Fate, Run, answer, sample};
pub use world::{SimHost, World};

use document::{Workflow, parse};
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{event::Started, id::ExecutionId};

/// What goes wrong, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Port calls in a thousand during which the process dies, before or after the call took effect.
    pub crashes: usize,
    /// Port calls in a thousand that report an error, before or after they took effect.
    pub errors: usize,
    /// Messages in a hundred that are sent twice.
    pub duplicates: usize,
    /// Messages in a hundred that are handed out to two at once, and acknowledgements that are lost.
    pub repeats: usize,
    /// Whether messages overtake each other, and handlers run at the same time.
    pub disorder: bool,
    /// The one port call, from 1, that the process dies at; true: after it took effect.
    pub at_call: Option<(u64, bool)>,
}

impl Faults {
    /// Everything that a queue, a store and a process can do to an execution, mildly or wildly.
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

/// The id of the execution that a simulation is about.
pub fn root_id() -> ExecutionId {
    "01890000-0000-7000-8000-000000000001".into()
}

/// A parsed document, or everything that is wrong with it.
pub fn parsed(document: &Value) -> Arc<Workflow> {
    match parse(document) {
        Ok(parsed) => parsed.workflow,
        Err(issues) => panic!("the document is refused: {issues:?}\n{document}"),
    }
}

/// The start of an execution of a workflow, as a host makes it.
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
        parent: None,
        item: None,
        inherited: Vec::new(),
        request_hash: None,
        deadline: host.time().after_seconds(workflow.settings.timeout_seconds),
        awaited: false,
        held: false,
        skipped: None,
    }
}
