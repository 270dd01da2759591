//! Runs an execution in this process, which has the data folder. Nothing else of the folder is moved meanwhile.

use super::{
    follow::Follow,
    plan::{Plan, What},
    sight::Sight,
    signals::Signals,
    tell::{announce, conclude},
};
use crate::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    limits, output,
    pick::pick,
    serving::Serving,
};
use api::types::{Fault, ResumeBody};
use document::Workflow;
use engine::{
    port::{ExecutionFilter, Host},
    start::{StartError, StartRequest, latest},
};
use local::{Local, server};
use serde_json::{Map, Value};
use std::sync::Arc;
use stepwell_core::{execution::Status, id::ExecutionId};

impl Plan {
    /// Runs it in this process, and closes the folder.
    pub(super) async fn here(&self, globals: &Globals, host: &Arc<Local>, signals: Signals) -> Outcome {
        let done = self.execute(globals, host, signals).await;
        host.shutdown(limits::GRACE).await;
        done
    }

    /// Starts or resumes the execution, follows it, and tells how it ended.
    async fn execute(&self, globals: &Globals, host: &Arc<Local>, signals: Signals) -> Result<Exit, Failure> {
        host.move_only_adopted();
        let client = Client::of(host, globals);
        let (id, told) = match &self.what {
            What::Resumed(id, workflow) => resume(globals, host, &client, id, workflow.as_deref()).await?,
            What::Document(workflow, _, input) => {
                tell_of_secrets(globals, host, workflow).await?;
                (start(globals, host, (workflow.clone(), 0), input.clone(), Map::new()).await?, 0)
            }
            What::Saved(saved) => {
                let found = latest(&**host, globals.owner(), &saved.id, saved.version).await;
                let (input, metadata) = (saved.input.clone(), saved.metadata.clone());
                (start(globals, host, found.map_err(not_started)?, input, metadata).await?, 0)
            }
        };
        host.adopt(&id, self.allowed.http_allow()).await?;
        announce(id.as_str());
        tell_of_others(globals, host, &id).await?;
        // The workers start last, so that people see the id before anything runs.
        server::start(host).await?;
        let serving = Serving::begin(host);
        let follow = Follow::new(Sight::Here(host), &client, &id, self.silent, signals).of(self.workflow()).after(told);
        let end = follow.follow().await;
        let done = match end {
            Ok(end) => conclude(self, globals, &client, id.as_str(), end).await,
            Err(failure) => Err(failure),
        };
        if let Some(serving) = serving {
            serving.end().await;
        }
        done
    }
}

/// Tells which secrets the workflow names that are not stored, before anything of it runs: a node that needs one fails.
async fn tell_of_secrets(globals: &Globals, host: &Local, workflow: &Workflow) -> Result<(), Failure> {
    for name in workflow.secrets() {
        if host.secrets().secret(globals.owner(), name).await?.is_none() {
            let command = globals.pasted(&["secret", "set", name]);
            eprintln!("{} no secret is stored under the name `{name}`: {command}", output::yellow("warning:"));
        }
    }
    Ok(())
}

/// Starts an execution. A failure tells each violation of `input_schema`.
async fn start(
    globals: &Globals,
    host: &Arc<Local>,
    (workflow, version): (Arc<Workflow>, u64),
    input: Value,
    metadata: Map<String, Value>,
) -> Result<ExecutionId, Failure> {
    let request = StartRequest {
        version,
        metadata,
        started_by: Some(server::local_subject()),
        ..StartRequest::new(globals.owner(), workflow, input)
    };
    let started = engine::start::start(&**host, request).await.map_err(not_started)?;
    Ok(started.id().clone())
}

fn not_started(error: StartError) -> Failure {
    match error {
        StartError::InvalidInput(violations) => {
            let count = output::counted(violations.len(), "violation");
            let errors = violations.into_iter().map(|one| Fault {
                code: "schema".into(),
                path: one.path,
                message: one.message,
                ..Fault::default()
            });
            // Each violation is told with its JSON Pointer, so that the input can be corrected in one go.
            let message = format!("the input does not satisfy the workflow's input_schema: {count}");
            Failure::failed(message, "correct the input and run it again; nothing was started")
                .with_code("invalid_input")
                .with_errors(errors.collect())
        }
        StartError::NotFound(_) => {
            Failure::failed(error.to_string(), "`stepwell workflows` lists those that are saved").with_code("not_found")
        }
        error => Failure::failed(error.to_string(), "nothing was started").with_code("not_started"),
    }
}

/// Tells how many other executions of this data folder are alive, and what moves them: not this process.
async fn tell_of_others(globals: &Globals, host: &Local, id: &ExecutionId) -> Result<(), Failure> {
    let filter = ExecutionFilter {
        owner: globals.owner().into(),
        statuses: vec![Status::Pending, Status::Running, Status::Waiting, Status::RollingBack],
        ..ExecutionFilter::default()
    };
    let moves =
        host.journal().load_lean(id).await?.is_some_and(|execution| filter.statuses.contains(&execution.status()));
    let others = host.index().count(&filter).await?.saturating_sub(u64::from(moves));
    if others > 0 {
        let count = output::counted(others as usize, "other execution");
        let how = "not moved by this run: `stepwell dev`, or `stepwell run --resume ID`, goes on with them";
        eprintln!("{}", output::dim(&format!("{count} of this data folder: {how}")));
    }
    Ok(())
}

/// Returns the execution to be resumed, and the number of its last turn so far. A paused one is set going.
async fn resume(
    globals: &Globals,
    host: &Arc<Local>,
    client: &Client,
    id: &str,
    workflow: Option<&Workflow>,
) -> Result<(ExecutionId, u64), Failure> {
    let id = ExecutionId::from(pick(client, id).await?);
    let found = host.journal().load_lean(&id).await?;
    let Some(execution) = found.filter(|execution| execution.started.owner == globals.owner()) else {
        return Err(no_execution(id.as_str()));
    };
    Plan::fits_started(workflow, &execution.started)?;
    if execution.paused && !execution.status().is_terminal() {
        client.post(&format!("/v1/executions/{}/resume", escaped(id.as_str())), &ResumeBody::default()).await?;
    }
    Ok((id, execution.seq))
}

/// The failure about an execution that there is not.
pub(super) fn no_execution(id: &str) -> Failure {
    let hint = "`stepwell ls` lists those of this data folder; --data names another";
    Failure::usage(format!("there is no execution {id}"), hint).with_code("not_found")
}
