//! Who is held back, and who of those may go on.

use super::{Record, World};
use document::id::WorkflowId;
use stepwell_core::{
    admission::{in_force, keeps_back, room},
    effect::{Message, Work},
    event::InLine,
    id::ExecutionId,
};

impl World {
    /// Lets in the oldest executions of the workflow that are held back, as many as the limit in force leaves room for.
    /// Those let in count as under way at once.
    pub(super) fn admit(&mut self, owner: &str, workflow: &WorkflowId) {
        loop {
            let (oldest, under_way) = self.held(owner, workflow);
            let Some(oldest) = oldest else { return };
            if room(self.limit(owner, workflow, &oldest), under_way) == 0 {
                return;
            }
            self.admitted.insert(oldest.clone());
            self.send(Message { execution: oldest, work: Work::Admit }, None);
        }
    }

    /// The limit in force for the executions of a workflow, of which `held` is one.
    fn limit(&self, owner: &str, workflow: &WorkflowId, held: &ExecutionId) -> Option<u64> {
        let settings = |hash: &str| self.workflows.get(hash).map(|workflow| &workflow.settings);
        let latest = self.saved.get(&(owner.to_owned(), workflow.to_string())).and_then(|versions| versions.last());
        let own = self.executions.get(held).and_then(|record| settings(record.state.workflow_hash()));
        in_force(latest.and_then(|latest| settings(&latest.hash)), own.and_then(|own| own.max_concurrency))
    }

    /// The executions of a workflow that count: those alive that no other execution started.
    fn alive(&self, owner: &str, workflow: &WorkflowId) -> impl Iterator<Item = &Record> {
        self.executions.values().filter(move |record| {
            let started = &record.state.started;
            record.state.end.is_none()
                && started.parent.is_none()
                && started.owner == owner
                && started.workflow_id == *workflow
        })
    }

    /// Whether an execution is held back, and was not let in since.
    fn is_held(&self, record: &Record) -> bool {
        record.state.held && !self.admitted.contains(record.state.id())
    }

    /// Returns the oldest execution of the workflow that is held back, and by none of its line; and how many of the
    /// workflow are under way.
    pub(super) fn held(&self, owner: &str, workflow: &WorkflowId) -> (Option<ExecutionId>, u64) {
        let (held, under_way): (Vec<_>, Vec<_>) = self.alive(owner, workflow).partition(|record| self.is_held(record));
        let is_first = |record: &&Record| {
            record.state.started.in_line.as_ref().is_none_or(|place| self.ahead(owner, workflow, place) == 0)
        };
        let oldest = held.into_iter().filter(is_first).min_by_key(|record| record.number);
        (oldest.map(|record| record.state.id().clone()), under_way.len() as u64)
    }

    /// How many executions keep back whoever is at a place in a line.
    pub(super) fn ahead(&self, owner: &str, workflow: &WorkflowId, place: &InLine) -> u64 {
        let keeps = |record: &&Record| {
            record.state.started.in_line.as_ref().is_some_and(|one| keeps_back(one, self.is_held(record), place))
        };
        self.alive(owner, workflow).filter(keeps).count() as u64
    }
}
