//! The catalogue: documents, the saved versions of workflows, and their schedules.

use super::{Page, StoreError, Window};
use async_trait::async_trait;
use document::{
    Workflow,
    id::WorkflowId,
    pattern::{Listener, listeners},
    schedule::Scheduled,
    time::Time,
};
use serde_json::Value;
use std::sync::Arc;

/// A saved version of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedWorkflow {
    /// The workflow's id.
    pub id: WorkflowId,
    /// Number of the version, from 1.
    pub version: u64,
    /// The hash of the document.
    pub hash: String,
    /// The normalized document.
    pub document: Arc<Value>,
    /// When this version was saved.
    pub saved_at: Time,
    /// Whether the workflow was deleted, so that nothing starts it any more.
    pub deleted: bool,
}

/// Documents by hash, and saved workflows by owner, id and version.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// The parsed document of that hash.
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError>;
    /// Keeps a parsed document under its hash; keeping it twice is keeping it once.
    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError>;
    /// Saves the next version, unless the latest one has this hash already. Where `expected` is given and is not the
    /// latest version, that is a `Conflict`. Returns the version and whether it is new; a deleted workflow comes back.
    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError>;
    /// One version of a workflow; the latest where none is named.
    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError>;
    /// A part of the latest versions, by id; deleted workflows are left out.
    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError>;
    /// Removes saved workflows of an owner with all their versions, schedules and listeners, some hundred rows at a time.
    /// Returns how many versions, 0 once there are none. Documents that executions run by stay as long as those.
    async fn erase_workflows(&self, owner: &str) -> Result<u64, StoreError>;
    /// Marks a workflow as deleted, so that nothing starts it; false where there is none.
    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError>;
    /// The `event_trigger` nodes with a pattern in the latest versions of an owner's workflows, deleted ones left out:
    /// [`pattern::listeners`](document::pattern::listeners) of their documents. Every event asks for them, so a host with
    /// many documents keeps these rows beside them; the default reads every document.
    async fn listeners(&self, owner: &str) -> Result<Vec<Listener>, StoreError> {
        let mut found = Vec::new();
        let mut window = Window { limit: 200, cursor: None };
        loop {
            let page = self.list(owner, &window).await?;
            found.extend(page.items.iter().flat_map(|saved| listeners(&saved.id, &saved.document)));
            window.cursor = page.next_cursor;
            if window.cursor.is_none() {
                return Ok(found);
            }
        }
    }
}

/// The schedules of saved workflows. [`Catalogue::save`] makes one of each
/// [`schedule::plan`](document::schedule::plan) of the new version, in place of the workflow's others; one with the same
/// node and times (`same_times`) keeps its `next_at`. [`Catalogue::delete_workflow`] removes them. Saving the same
/// content changes none.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Schedules of all owners whose time has come, soonest first.
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError>;
    /// Notes that a schedule's time is done with: its next one is `next_at`, or it is removed where there is none.
    /// `error` says why nothing was started. If the stored `next_at` is another one by now, another process did this
    /// and nothing changes.
    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError>;
}
