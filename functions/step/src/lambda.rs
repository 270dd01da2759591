//! The step function on Lambda: what `main` hands an event to.

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

/// Runs nodes in this process, and in children of it.
struct InProcess(Nodes);

#[async_trait]
impl Runner for InProcess {
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        self.0.run(task, &now).await
    }
}

/// Nodes as the environment allows them: `STEPWELL_HTTP_ALLOW` names addresses that are not public.
///
/// # Errors
/// What of it cannot be understood.
pub fn runner() -> Result<Arc<dyn Runner>, String> {
    let http_allow = AllowList::parse(&std::env::var("STEPWELL_HTTP_ALLOW").unwrap_or_default())?;
    Ok(Arc::new(InProcess(Nodes::new(Config { http_allow, ..Config::default() })?)))
}

/// One batch. Messages that are handed out again come as soon as they should: where SQS cannot be told, they come after
/// the queue's visibility timeout.
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
