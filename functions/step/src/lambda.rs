//! The step function on Lambda: handles the batches that `main` is given, and runs nodes in this process.

use crate::handle_batch;
use async_trait::async_trait;
use aws::{
    Aws,
    ports::Runner,
    telemetry::{Counter, counted},
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use nodes::{AllowList, Config, Nodes};
use shared::{
    task::{Report, Task},
    time::Time,
};
use std::sync::Arc;

/// Runs nodes in this process, and JavaScript in child processes of it.
struct InProcess(Nodes);

#[async_trait]
impl Runner for InProcess {
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        self.0.run(task, &now).await
    }
}

/// The runner of nodes as the environment configures it. `STEPWELL_HTTP_ALLOW` lists the addresses that `http_request`
/// may reach although they are not public.
///
/// # Errors
/// Says what in that list cannot be understood.
pub fn runner() -> Result<Arc<dyn Runner>, String> {
    let http_allow = AllowList::parse(&std::env::var("STEPWELL_HTTP_ALLOW").unwrap_or_default())?;
    Ok(Arc::new(InProcess(Nodes::new(Config { http_allow, ..Config::default() })?)))
}

/// Handles one batch, and tells SQS when each of its failures is to come again. Where SQS cannot be told, they come
/// again after the queue's visibility timeout.
pub async fn handle(host: &Aws, event: SqsEvent) -> SqsBatchResponse {
    let messages = event.records.len() as u64;
    let settled = handle_batch(host, event).await;
    let returned = settled.response.batch_item_failures.len() as u64;
    counted(Counter::Steps, messages.saturating_sub(returned));
    counted(Counter::Returned, returned);
    if !settled.later.is_empty()
        && let Err(error) = host.queue().postpone(&settled.later).await
    {
        tracing::warn!(%error, "messages come again after the queue's visibility timeout only");
    }
    settled.response
}
