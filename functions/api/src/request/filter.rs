//! Which executions are meant, as parameters say it.

use crate::{Answered, Params, limits};
use document::id::WorkflowId;
use engine::port::ExecutionFilter;
use serde_json::{Map, Value};
use stepwell_core::{execution::Status, id::ExecutionId};

/// Reads what a list is filtered by. `status` may be repeated, and may name several statuses with commas between them.
pub fn executions(owner: &str, params: &mut Params) -> Answered<ExecutionFilter> {
    let mut statuses = Vec::new();
    for name in params.take_all("status").iter().flat_map(|text| text.split(',')).map(str::trim) {
        let hint = "give pending, running, paused, waiting_human, waiting, rolling_back, stuck, completed, failed, \
                    cancelled or skipped";
        let status = Status::parse(name);
        let status = status.ok_or_else(|| Params::refuse("status", &format!("names no status: `{name}`"), hint))?;
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    Ok(ExecutionFilter {
        owner: owner.to_owned(),
        workflow_id: params.name("workflow_id")?.map(WorkflowId::from),
        statuses,
        since: params.time("since")?,
        until: params.time("until")?,
        metadata: metadata(params)?,
        parent: params.name("parent")?.map(ExecutionId::from),
    })
}

/// Reads the parameters `metadata.KEY`: the text that each key of the metadata must be equal to.
fn metadata(params: &mut Params) -> Answered<Map<String, Value>> {
    let mut wanted = Map::new();
    for (key, text) in params.take_prefixed("metadata.") {
        if key.is_empty() || key.len() > limits::METADATA_BYTES || text.len() > limits::METADATA_BYTES {
            let hint = "name a key, and give key and text 1024 bytes at most";
            return Err(Params::refuse("metadata.KEY", "cannot be looked for", hint));
        }
        wanted.insert(key, Value::String(text));
    }
    if wanted.len() > limits::METADATA_FILTERS {
        return Err(Params::refuse("metadata.KEY", "is given too often", "give ten keys at most"));
    }
    Ok(wanted)
}
