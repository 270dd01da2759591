//! Saved workflows.

use super::{Document, Fault, Timestamp};
use ::document::validate::{Issue, Severity};
use engine::port::SavedWorkflow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// The version of a workflow that has the content that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"id": "greet", "version": 1, "hash": "9f86d081", "warnings": []}))]
pub struct Saved {
    /// The id of the workflow.
    pub id: String,
    /// The number of the version, from 1.
    pub version: u64,
    /// Hexadecimal SHA-256 of the content.
    pub hash: String,
    /// What the static checks advise against.
    pub warnings: Vec<Fault>,
}

/// One version of a saved workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"id": "greet", "name": "Greet", "version": 1, "hash": "9f86d081",
    "saved_at": "2026-01-31T09:00:00.000Z", "deleted": false, "document": {"id": "greet", "nodes": []}}))]
pub struct Workflow {
    /// The id of the workflow.
    pub id: String,
    /// The name of the workflow, for people; its id where the document has none.
    pub name: String,
    /// The number of the version, from 1.
    pub version: u64,
    /// Hexadecimal SHA-256 of the content.
    pub hash: String,
    /// When the version was saved.
    pub saved_at: Timestamp,
    /// Whether the workflow was deleted, so that nothing starts it.
    pub deleted: bool,
    /// The document, in the form in which workflows are stored.
    #[schema(value_type = Document)]
    pub document: Arc<Value>,
}

/// A row of the list of workflows: the latest version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"id": "greet", "name": "Greet", "description": null, "version": 1, "hash": "9f86d081",
    "saved_at": "2026-01-31T09:00:00.000Z"}))]
pub struct WorkflowRow {
    /// The id of the workflow.
    pub id: String,
    /// The name of the workflow, for people; its id where the document has none.
    pub name: String,
    /// What the document says about itself.
    pub description: Option<String>,
    /// The number of the latest version.
    pub version: u64,
    /// Hexadecimal SHA-256 of the content.
    pub hash: String,
    /// When the version was saved.
    pub saved_at: Timestamp,
}

/// What the static checks say about a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"valid": true, "errors": [], "warnings": []}))]
pub struct Checked {
    /// Whether the document would be saved.
    pub valid: bool,
    /// What the document is refused for.
    pub errors: Vec<Fault>,
    /// What the static checks advise against.
    pub warnings: Vec<Fault>,
}

impl Checked {
    /// What the issues of a document come to.
    pub fn of(valid: bool, issues: &[Issue]) -> Self {
        let (errors, warnings): (Vec<&Issue>, Vec<&Issue>) =
            issues.iter().partition(|issue| issue.severity == Severity::Error);
        let faults = |issues: Vec<&Issue>| issues.into_iter().map(Fault::from).collect();
        Self { valid, errors: faults(errors), warnings: faults(warnings) }
    }
}

fn name(saved: &SavedWorkflow) -> String {
    saved.document.get("name").and_then(Value::as_str).unwrap_or(saved.id.as_str()).to_owned()
}

impl From<SavedWorkflow> for Workflow {
    fn from(saved: SavedWorkflow) -> Self {
        Self {
            id: saved.id.to_string(),
            name: name(&saved),
            version: saved.version,
            hash: saved.hash,
            saved_at: Timestamp(saved.saved_at),
            deleted: saved.deleted,
            document: saved.document,
        }
    }
}

impl From<&SavedWorkflow> for WorkflowRow {
    fn from(saved: &SavedWorkflow) -> Self {
        Self {
            id: saved.id.to_string(),
            name: name(saved),
            description: saved.document.get("description").and_then(Value::as_str).map(str::to_owned),
            version: saved.version,
            hash: saved.hash.clone(),
            saved_at: Timestamp(saved.saved_at),
        }
    }
}
