//! Schedules of saved workflows: what hosts keep of them, and when they are due ([`times`]).

pub(crate) mod times;
mod wall_clock;

pub use times::{Due, ScheduleTrigger, Watch};

use crate::{
    Trigger, Workflow,
    id::{NodeId, WorkflowId},
    time::Time,
};

/// A `schedule_trigger` of a workflow that is being saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Id of the `schedule_trigger`.
    pub node: NodeId,
    /// Config of the `schedule_trigger`.
    pub schedule: ScheduleTrigger,
    /// The first due time after the workflow was saved.
    pub next_at: Time,
}

/// A `schedule_trigger` of the latest version of a saved workflow, as hosts keep it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// The owner (tenant) of the workflow.
    pub owner: String,
    /// Id of the workflow.
    pub workflow: WorkflowId,
    /// Id of the `schedule_trigger`.
    pub node: NodeId,
    /// Config of the `schedule_trigger`, or why this release cannot read what is stored.
    pub schedule: Result<ScheduleTrigger, String>,
    /// The next due time.
    pub next_at: Time,
    /// Why the start at the last due time was refused; none where it was not refused.
    pub error: Option<String>,
}

/// The schedules of a workflow that is saved at `now`. Schedules without a due time after that are left out.
pub fn plan(workflow: &Workflow, now: Time) -> Vec<Planned> {
    let planned = workflow.nodes.iter().filter_map(|node| {
        let Trigger::Schedule(schedule) = node.kind.trigger()? else { return None };
        Some(Planned { node: node.id.clone(), schedule: schedule.clone(), next_at: schedule.next(now, now)? })
    });
    planned.collect()
}
