//! Runs an execution on a host that is not in this process: the one at `--url`, or the one that has the data folder.

use super::{
    follow::Follow,
    here::no_execution,
    plan::{Ended, Plan, What},
    sight::Sight,
    signals::Signals,
    tell::{announce, conclude},
};
use crate::{
    Failure, Globals,
    client::{Client, UNREACHABLE, escaped},
    pick::pick,
};
use api::types::{Accepted, Execution, ResumeBody};
use local::server::own::{Needs, place};
use serde_json::json;
use stepwell_core::id::ExecutionId;

impl Plan {
    /// Starts or resumes the execution there, follows it, and tells how it ended.
    pub(super) async fn there(&self, globals: &Globals, client: &Client, signals: Signals) -> Result<Ended, Failure> {
        let (id, told) = match &self.what {
            What::Resumed(id, _) => self.resume_there(client, id).await?,
            What::Document(_, document, input) => {
                let body = json!({"workflow": document, "input": input});
                (self.start_there(globals, client, "/v1/executions", &body).await?, 0)
            }
            What::Saved(saved) => {
                let route = format!("/v1/workflows/{}/executions", escaped(&saved.id));
                (self.start_there(globals, client, &route, &saved.body()).await?, 0)
            }
        };
        announce(&id);
        let execution = ExecutionId::from(id.as_str());
        let follow =
            Follow::new(Sight::There(client), client, &execution, self.silent, signals).of(self.workflow()).after(told);
        let done = match follow.follow().await {
            Ok(end) => conclude(self, globals, client, &id, end).await,
            Err(failure) => Err(failure),
        };
        match done {
            Ok(exit) => Ok(Ended::With(exit)),
            Err(failure) if failure.code == UNREACHABLE => Ok(Ended::Gone(id)),
            Err(failure) => Err(failure),
        }
    }

    /// Starts an execution at a route. A host that has this user's folder is first told to move it, and what it needs.
    async fn start_there(
        &self,
        globals: &Globals,
        client: &Client,
        route: &str,
        body: &serde_json::Value,
    ) -> Result<String, Failure> {
        let key = uuid::Uuid::now_v7().to_string();
        if client.is_own() {
            // The id follows from the key, so what it needs is there before it.
            let id = engine::start::id_of(globals.owner(), &format!("{route}\n{key}"));
            self.adopt(client, id.as_str()).await?;
        }
        let started: Accepted = client.post_once(route, &key, body).await?.read()?;
        Ok(started.execution_id)
    }

    /// Has a host that has this user's folder move an execution, and keep what it needs.
    async fn adopt(&self, client: &Client, id: &str) -> Result<(), Failure> {
        let needs = Needs { http_allow: self.allowed.http_allow() };
        client.put(&place(id), &needs).await.map(|_| ())
    }

    /// Returns the execution to be resumed, and the number of its last turn so far. A paused one is set going.
    async fn resume_there(&self, client: &Client, id: &str) -> Result<(String, u64), Failure> {
        let id = pick(client, id).await?;
        let path = format!("/v1/executions/{}", escaped(&id));
        let found = client.get(&path).await.map_err(|failure| match failure.code.as_str() {
            "not_found" => no_execution(&id),
            _ => failure,
        })?;
        let execution: Execution = found.read()?;
        if let What::Resumed(_, workflow) = &self.what {
            Self::fits(workflow.as_deref(), &id, &execution.workflow_id, None)?;
        }
        if client.is_own() {
            self.adopt(client, &id).await?;
        }
        if execution.status == stepwell_core::execution::Status::Paused {
            client.post(&format!("{path}/resume"), &ResumeBody::default()).await?;
        }
        Ok((id, execution.checkpoint.parse().unwrap_or_default()))
    }
}
