//! The supervisor on Lambda: handles the ticks that come each minute, and batches of the dead-letter queue. The tick of
//! retention is one of its own, so that removals have an invocation of their own and take no time from what is alive.

use crate::{
    Aws, limits,
    runtime::telemetry::{Counter, counted},
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use document::time::Time;
use engine::{
    bulk::drive::drive,
    envelope::Envelope,
    port::{Clock, StoreError},
    supervise::{EACH, SWEEP, bury, keep_schedules, look_after, remove_all},
};
use futures::future::{join, join3};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

/// The longest that a tick takes, even where the function has more time. The next tick comes after 60 s, and two at the
/// same time would look after the same executions.
const TICK: Duration = Duration::from_secs(50);
/// The longest that a tick of retention takes. Two at the same time would only find some executions removed already.
const RETENTION_TICK: Duration = Duration::from_secs(58);
/// The `source` of the ticks of retention, which the template's rule writes.
const RETENTION: &str = "stepwell.retention";

/// A tick of retention: which part of the ended executions it is about, from 0, and how many parts there are.
#[derive(Deserialize)]
struct Retention {
    part: usize,
    of: usize,
}

/// Handles one event. Returns the failures of a batch, or for a tick `{"looked_after", "scheduled", "slices"}`: how
/// many executions were looked after, how many were started, and how many slices of jobs were done; for a tick of
/// retention `{"removed"}`.
///
/// # Errors
/// Where the event is neither a tick nor a batch, or the table cannot say what is due.
pub async fn handle(host: &Aws, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_some() {
        let event = serde_json::from_value(event).map_err(|error| format!("this is no batch of SQS: {error}"))?;
        return Ok(serde_json::to_value(bury_all(host, event).await)?);
    }
    if event["source"] == "aws.events" || event["source"] == "aws.scheduler" {
        // Schedules come first, since a sweep may take all the time that there is. They get half of the time, or less
        // where a sweep could not begin after that. Where one of the two fails, the other is done all the same.
        let (now, left) = (host.now(), host.time_left().map_or(TICK, |left| left.min(TICK)));
        let scheduled = keep_schedules(host, now + (left / 2).min(left.saturating_sub(EACH))).await;
        // Both wait for the network most of the time, so neither keeps the other waiting.
        let (looked_after, slices) = join(sweep(host, now + left), drive(host, now + left)).await;
        counted(Counter::Scheduled, *scheduled.as_ref().unwrap_or(&0));
        counted(Counter::LookedAfter, *looked_after.as_ref().unwrap_or(&0) as u64);
        counted(Counter::Slices, *slices.as_ref().unwrap_or(&0) as u64);
        let (scheduled, looked_after, slices) = (scheduled?, looked_after?, slices?);
        remove_unneeded(host).await;
        counted(Counter::Ticks, 1);
        return Ok(json!({ "looked_after": looked_after, "scheduled": scheduled, "slices": slices }));
    }
    if event["source"] == RETENTION {
        let tick = serde_json::from_value(event).map_err(|error| format!("this is no tick of retention: {error}"))?;
        let until = host.now() + host.time_left().map_or(RETENTION_TICK, |left| left.min(RETENTION_TICK));
        return Ok(json!({ "removed": remove_expired(host, &tick, until).await? }));
    }
    Err("the supervisor takes ticks and batches of the dead-letter queue, and this is neither".into())
}

/// Removes what nobody needs any more, some of each kind. It can wait: a failure is only logged, and the next tick goes on.
async fn remove_unneeded(host: &Aws) {
    let table = host.table();
    let (documents, conversations, objects) = join3(
        table.remove_unneeded_documents(),
        table.remove_forgotten_conversations(),
        table.remove_unnamed_objects(),
    )
    .await;
    for (what, removed) in [("documents", documents), ("conversations", conversations), ("objects", objects)] {
        match removed {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, what, "removed what nobody needs any more"),
            Err(error) => tracing::warn!(%error, what, "what nobody needs any more could not be removed"),
        }
    }
}

/// Looks after executions as long as more are due and time is left until `until`; the next tick goes on. Returns how
/// many.
async fn sweep(host: &Aws, until: Time) -> Result<usize, StoreError> {
    let mut all = 0;
    loop {
        let found = look_after(host, until).await?;
        all += found;
        if found < SWEEP || until.since(host.now()) < EACH {
            return Ok(all);
        }
    }
}

/// Removes ended executions of one part as long as more are past their retention and time is left until `until`; the next
/// tick goes on. Returns how many.
async fn remove_expired(host: &Aws, tick: &Retention, until: Time) -> Result<usize, lambda_runtime::Error> {
    let Retention { part, of } = *tick;
    if of == 0 || of > limits::DUE_SHARDS || part >= of {
        let most = limits::DUE_SHARDS;
        return Err(format!("part {part} of {of} is none: there are 1 to {most} parts, numbered from 0").into());
    }
    let (mut all, mut before) = (0, HashSet::new());
    loop {
        let found = host.table().expired_in(part, of, host.now(), SWEEP).await?;
        let is_last = found.len() < SWEEP;
        // The index shows for a moment what was removed just now.
        let fresh: Vec<_> = found.iter().filter(|id| !before.contains(*id)).cloned().collect();
        let removed = remove_all(host, &fresh, until).await?;
        counted(Counter::Removed, removed as u64);
        all += removed;
        if removed == 0 || is_last || until <= host.now() {
            return Ok(all);
        }
        before = found.into_iter().collect();
    }
}

/// Records dead letters with their executions, then moves them to the queue of buried messages, from which people can
/// move them back. One that could not be recorded or moved stays in the dead-letter queue.
async fn bury_all(host: &Aws, event: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for record in event.records {
        if let Err(error) = bury_one(host, &record).await {
            let id = record.message_id.unwrap_or_default();
            tracing::error!(message_id = id, %error, "a dead letter could not be recorded");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Records one dead letter with its execution, and puts it into the queue of buried messages.
async fn bury_one(host: &Aws, record: &SqsMessage) -> Result<(), StoreError> {
    let body = record.body.clone().unwrap_or_default();
    match Envelope::from_json(&body) {
        Ok(Envelope { message, .. }) => {
            let why = "handling it failed each time that it was tried; the log of the step function says why";
            bury(host, &message, why).await?;
            counted(Counter::DeadLetters, 1);
            tracing::error!(execution = %message.execution, message_id = record.message_id, "a message is a dead letter");
        }
        // Nothing says which execution the message belongs to. It is kept for a release that can read it.
        Err(error) => {
            tracing::error!(message_id = record.message_id, %error, "a dead letter was not understood");
        }
    }
    host.queue().keep(&[body]).await
}
