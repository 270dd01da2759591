//! Waiting, within a request, for an execution to get somewhere.

use crate::App;
use document::time::Time;
use engine::port::StoreError;
use std::{sync::Arc, time::Duration};
use stepwell_core::execution::{Execution, Phase, Status};
use tokio::time::{Instant, timeout_at};

/// The execution as soon as it is where `there` says, or as it is when the time is over.
pub async fn until(
    app: &App,
    mut execution: Arc<Execution>,
    patience: Duration,
    there: impl Fn(&Execution) -> bool + Send,
) -> Result<Arc<Execution>, StoreError> {
    let deadline = Instant::now() + patience;
    while !there(&execution) && Instant::now() < deadline {
        let id = execution.id().clone();
        if timeout_at(deadline, app.host.changed(&id, execution.seq)).await.is_err() {
            break;
        }
        match app.host.load(&id).await? {
            Some(now) => execution = now,
            None => break,
        }
    }
    Ok(execution)
}

/// It ended, or a person is waited for.
pub fn ended_or_asks(execution: &Execution) -> bool {
    let status = execution.status();
    status.is_terminal() || status == Status::WaitingHuman
}

/// Nothing more will happen by itself before `until`: a retry, a child or a short wait is worth waiting for.
pub fn settled(execution: &Execution, until: Time) -> bool {
    match execution.status() {
        Status::Pending | Status::Running | Status::RollingBack => false,
        Status::Waiting => !execution.nodes.values().any(|node| moves_by(&node.phase, until)),
        _ => true,
    }
}

fn moves_by(phase: &Phase, until: Time) -> bool {
    match phase {
        Phase::Children => true,
        Phase::Due { at: Some(at) } | Phase::Waiting { until: Some(at), .. } => *at <= until,
        _ => false,
    }
}
