//! What-if: what past executions would have done on another workflow. Nothing is written, and nothing is asked for.

use crate::{
    journal::journal,
    past::RanBy,
    port::{Head, Host, StoreError},
};
use document::{Workflow, time::Time};
use stepwell_core::{
    event::{Event, Started},
    execution::Status,
    id::ExecutionId,
    reading::{Missing, Reading},
    replay::{Compared, Recorded, compare, replay},
};

/// A past execution, as its journal tells it.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its id.
    pub id: ExecutionId,
    /// How it ended, or where it stands.
    pub status: Status,
    started: Box<Started>,
    at: Time,
    recorded: Recorded,
}

impl Past {
    /// Reads an execution of a list, without the values that were offloaded. None where it was deleted meanwhile.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read(host: &dyn Host, head: &Head) -> Result<Option<Self>, StoreError> {
        let turns = journal(host, &head.id).await?;
        let Some((at, Event::ExecutionStarted(started))) =
            turns.first().and_then(|turn| Some((turn.at, turn.events.first()?)))
        else {
            return Ok(None);
        };
        let ran_by = RanBy::of(host, started, &turns).await?;
        let recorded = ran_by.recorded(started, None, &turns);
        // The list may lag behind the journal.
        let status = recorded.end.unwrap_or(head.status);
        Ok(Some(Self { id: head.id.clone(), status, started: started.clone(), at, recorded }))
    }

    /// What it would have done on a workflow.
    ///
    /// # Errors
    /// Where values are needed that are offloaded: fetch them, and ask again.
    pub fn on(&self, workflow: &Workflow) -> Result<Compared, Missing> {
        let is_refused = workflow.input_schema.is_some()
            && Reading::of(|reading| !workflow.check_input(reading.value(&self.started.input)).is_empty())?;
        let replayed = if is_refused { None } else { replay(workflow, &self.started, self.at, &self.recorded)? };
        match replayed {
            Some(replayed) => compare(workflow, self.status, &self.recorded, &replayed),
            None => Ok(Compared::not_started(self.status, &self.recorded)),
        }
    }
}
