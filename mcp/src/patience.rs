//! Waiting for an execution, and telling the client meanwhile how far it is.

use crate::{call::Call, limits::PROGRESS_EVERY};
use api::{Problem, executions::wait};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use std::{sync::Arc, time::Duration};
use stepwell_core::{execution::Execution, view};
use tokio::time::Instant;

/// Waits until `there` holds of an execution of the caller's owner, for `patience` at most, as long as the client waits and
/// the host goes on. Returns its latest state. Each change is told where the client gave a token for that.
///
/// # Errors
/// 404 where there is no such execution, and what the store says.
pub async fn follow(
    call: &Call<'_>,
    id: &str,
    patience: Duration,
    there: fn(&Execution) -> bool,
) -> Result<Arc<Execution>, Problem> {
    let deadline = Instant::now() + patience;
    let mut execution = call.app.execution(&call.caller.owner, id).await?;
    let mut teller = Teller::of(call);
    loop {
        teller.tell(&execution).await;
        let (seen, left) = (execution.seq, deadline.saturating_duration_since(Instant::now()));
        if there(&execution) || left.is_zero() {
            return Ok(execution);
        }
        let (begun, pause) = (Instant::now(), if teller.owes(&execution) { left.min(PROGRESS_EVERY) } else { left });
        let changed = wait::until(call.app, execution.clone(), pause, |state| state.seq > seen || there(state));
        execution = tokio::select! {
            changed = changed => changed?,
            () = call.context.ct.cancelled() => return Ok(execution),
        };
        // The wait ended before its time and nothing changed: the host stops, or the execution was deleted.
        if execution.seq == seen && begun.elapsed() < pause {
            return Ok(execution);
        }
    }
}

/// Tells a client of progress.
struct Teller<'a> {
    call: &'a Call<'a>,
    token: Option<ProgressToken>,
    /// The turn that was told last, and when.
    told: Option<(u64, Instant)>,
}

impl<'a> Teller<'a> {
    fn of(call: &'a Call<'a>) -> Self {
        Self { call, token: call.context.meta.get_progress_token(), told: None }
    }

    /// Whether there are news that came too soon after the last ones to be told.
    fn owes(&self, execution: &Execution) -> bool {
        self.token.is_some() && self.told.is_some_and(|(seq, _)| execution.seq > seq)
    }

    /// Tells how far the execution is: the number of its turns, which always grows, and a sentence for people. A client
    /// that is not there any more misses nothing else by it.
    async fn tell(&mut self, execution: &Execution) {
        let Some(token) = self.token.clone() else { return };
        let is_news = |(seq, at): (u64, Instant)| execution.seq > seq && at.elapsed() >= PROGRESS_EVERY;
        if !self.told.is_none_or(is_news) {
            return;
        }
        let Ok(workflow) = self.call.app.workflow(execution).await else { return };
        let words = format!("{}: {}", execution.id(), view::message(execution, &workflow));
        let progress = ProgressNotificationParam::new(token, execution.seq as f64).with_message(words);
        if self.call.context.peer.notify_progress(progress).await.is_ok() {
            self.told = Some((execution.seq, Instant::now()));
        }
    }
}
