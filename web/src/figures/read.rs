//! Reads the newest executions for their figures.

use super::{
    kept::Of,
    runs::{Nodes, by_state, by_turns, is_in_state},
    tally::{Alive, Figures, Run, tally},
};
use crate::{desk::Asked, limits};
use api::{App, Problem};
use document::{id::WorkflowId, time::Time};
use engine::port::{ExecutionFilter, Head, StoreError, Window};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use stepwell_core::execution::{Execution, Status};

/// Counts the newest executions of a filter.
///
/// # Errors
/// What the store says of the list. An execution that cannot be read is left out, and the log says so.
pub async fn read(app: &App, of: &Of, now: Time) -> Asked<Figures> {
    let filter = ExecutionFilter {
        owner: of.owner.clone(),
        workflow_id: of.workflow.as_deref().map(WorkflowId::from),
        since: Some(of.since),
        ..ExecutionFilter::default()
    };
    let mut window = Window { limit: limits::FIGURES_PAGE, cursor: None };
    let (mut runs, mut listed) = (Vec::new(), 0);
    loop {
        window.limit = limits::FIGURES_PAGE.min(limits::FIGURES - listed);
        let page = app.host.index().executions(&filter, &window).await.map_err(Problem::from)?;
        listed += page.items.len();
        let loads: Vec<_> = page.items.iter().map(|head| run(app, head)).collect();
        let found: Vec<Option<Run>> = stream::iter(loads).buffered(limits::FIGURES_AT_ONCE).try_collect().await?;
        runs.extend(found.into_iter().flatten());
        window.cursor = page.next_cursor;
        if window.cursor.is_none() || listed >= limits::FIGURES {
            break;
        }
    }
    let figures = tally(&runs, of.since, now, window.cursor.is_none());
    Ok(Figures { alive: alive(app, &filter).await?, ..figures })
}

/// How many executions live, by what they are doing.
async fn alive(app: &App, filter: &ExecutionFilter) -> Asked<BTreeMap<Status, Alive>> {
    let mut all = BTreeMap::new();
    for status in Status::ALL.iter().filter(|status| !status.is_terminal()) {
        let filter = ExecutionFilter { statuses: vec![*status], since: None, ..filter.clone() };
        let mut window = Window { limit: limits::FIGURES_PAGE, cursor: None };
        let mut one = Alive::default();
        loop {
            let page = app.host.index().executions(&filter, &window).await.map_err(Problem::from)?;
            one.many += page.items.len() as u64;
            window.cursor = page.next_cursor;
            one.more = window.cursor.is_some();
            if !one.more || one.many >= limits::ALIVE {
                break;
            }
        }
        if one.many > 0 {
            all.insert(*status, one);
        }
    }
    Ok(all)
}

/// What the nodes of an execution did. Where its state does not tell, its journal is read for it, unless that is long.
async fn nodes(app: &App, execution: &Execution) -> Result<Nodes, StoreError> {
    if is_in_state(execution) || execution.seq > limits::FIGURES_TURNS {
        return Ok(by_state(execution));
    }
    let turns = app.host.journal().turns_lean(execution.id(), 0, execution.seq as usize).await?;
    Ok(by_turns(&turns))
}

/// One execution; none where it was deleted meanwhile, or cannot be read.
async fn run(app: &App, head: &Head) -> Asked<Option<Run>> {
    let found = async {
        let Some(execution) = app.host.journal().load_lean(&head.id).await? else { return Ok(None) };
        let workflow = app.workflow(&execution).await?;
        let nodes = nodes(app, &execution).await?;
        Ok(Some(Run { execution, workflow, nodes }))
    };
    match found.await.map_err(|error: StoreError| Problem::from(error)) {
        Err(problem) if problem.status() == axum::http::StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!(execution = head.id.as_str(), "it is left out of figures, since it cannot be read");
            Ok(None)
        }
        other => Ok(other?),
    }
}
