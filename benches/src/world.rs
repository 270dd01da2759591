//! An embedded host with workers, and the workflows that the measurements run on it.

use document::{Workflow, parse};
use engine::{
    drive::submit,
    port::Host,
    start::{self, StartRequest},
};
use local::Local;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use stepwell_core::{command::Command, execution::Execution, id::ExecutionId, interaction::Answer};

/// The error of a measurement.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// An embedded host whose workers run.
pub struct World {
    /// The host itself.
    pub host: Arc<Local>,
}

impl World {
    /// Opens a new data folder and starts the workers.
    pub async fn open(folder: &Path) -> Result<Self, Failed> {
        Self::open_with(folder, nodes::Config::default()).await
    }

    /// The same, with nodes that are set up in another way.
    pub async fn open_with(folder: &Path, config: nodes::Config) -> Result<Self, Failed> {
        let nodes = nodes::Nodes::new(config)?;
        let host = Arc::new(Local::open(folder, nodes)?);
        host.work().await?;
        Ok(Self { host })
    }

    /// Starts an execution of a workflow that is not saved.
    pub async fn start(&self, workflow: &Arc<Workflow>, input: Value) -> Result<ExecutionId, Failed> {
        let request = StartRequest::new("bench", workflow.clone(), input);
        Ok(start::start(&*self.host, request).await.map_err(|error| format!("{error:?}"))?.id().clone())
    }

    /// Waits until an execution has ended, or asks a person.
    pub async fn settled(&self, id: &ExecutionId) -> Result<Arc<Execution>, Failed> {
        loop {
            let state = self.host.journal().load(id).await?.ok_or("the execution is gone")?;
            if state.end.is_some() || state.open_interactions().next().is_some() {
                return Ok(state);
            }
            let _ = tokio::time::timeout(Duration::from_secs(5), self.host.journal().changed(id, state.seq)).await;
        }
    }

    /// Approves the open interaction of an execution.
    pub async fn approve(&self, id: &ExecutionId) -> Result<(), Failed> {
        let state = self.host.journal().load(id).await?.ok_or("the execution is gone")?;
        let open = state.open_interactions().next().ok_or("nothing is asked")?.interaction_id.clone();
        let answer = Answer { by: "a@b.c".into(), approved: Some(true), ..Answer::default() };
        let command = Command::Answer { interaction_id: open, answer: Box::new(answer) };
        submit(&*self.host, id, command).await?;
        Ok(())
    }
}

fn parsed(document: Value) -> Result<Arc<Workflow>, Failed> {
    Ok(parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow)
}

/// A workflow of so many `transform` nodes in a row.
pub fn chain(steps: usize) -> Result<Arc<Workflow>, Failed> {
    parsed(chain_document(steps))
}

/// The document of [`chain`].
pub fn chain_document(steps: usize) -> Value {
    let step = |n: usize| json!({ "id": format!("s{n}"), "type": "transform", "config": { "set": { "n": n } } });
    let edge = |n: usize| {
        let from = if n == 0 { "start".to_owned() } else { format!("s{}", n - 1) };
        json!({ "from": from, "to": format!("s{n}") })
    };
    let nodes: Vec<Value> =
        [json!({ "id": "start", "type": "manual_trigger" })].into_iter().chain((0..steps).map(step)).collect();
    json!({ "id": format!("chain-{steps}"), "nodes": nodes, "edges": (0..steps).map(edge).collect::<Vec<_>>() })
}

/// A workflow of so many `transform` nodes side by side, and a join after them.
pub fn fan_out(width: usize) -> Result<Arc<Workflow>, Failed> {
    let mut nodes = vec![json!({ "id": "start", "type": "manual_trigger" })];
    let mut edges = Vec::new();
    for n in 0..width {
        nodes.push(json!({ "id": format!("b{n}"), "type": "transform", "config": { "set": { format!("k{n}"): n } } }));
        edges.push(json!({ "from": "start", "to": format!("b{n}") }));
        edges.push(json!({ "from": format!("b{n}"), "to": "join" }));
    }
    nodes.push(json!({ "id": "join", "type": "transform", "config": { "expression": "size(output)" } }));
    parsed(json!({ "id": format!("fan-{width}"), "nodes": nodes, "edges": edges }))
}

/// A workflow of one `map` over its input, of which so many items may run at once.
pub fn wide_map(at_once: u32) -> Result<Arc<Workflow>, Failed> {
    let body =
        json!({ "nodes": [{ "id": "t", "type": "transform", "config": { "expression": "item" } }], "edges": [] });
    parsed(json!({
        "id": "wide",
        "nodes": [
            { "id": "start", "type": "manual_trigger" },
            { "id": "all", "type": "map", "config": { "items": "input", "body": body, "max_concurrency": at_once } }
        ],
        "edges": [{ "from": "start", "to": "all" }]
    }))
}

/// A workflow that asks a person, with a `transform` after the answer.
pub fn pause() -> Result<Arc<Workflow>, Failed> {
    parsed(json!({
        "id": "pause",
        "nodes": [
            { "id": "start", "type": "manual_trigger" },
            { "id": "ask", "type": "human", "config": { "kind": "approval", "question": "Go on?" } },
            { "id": "end", "type": "transform", "config": { "set": { "ok": true } } }
        ],
        "edges": [{ "from": "start", "to": "ask" }, { "from": "ask", "to": "end", "port": "approved" }]
    }))
}
