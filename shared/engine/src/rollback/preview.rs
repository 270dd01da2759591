//! What a rollback would do, told without doing any of it.

use super::{Planned, Refused, planned};
use crate::{
    drive::with_values,
    limits,
    port::{Host, StoreError},
    shown,
};
use document::{Node, Workflow, graph::NodeIx, id::NodeId, time::Time};
use expression::ExprError;
use futures::future::BoxFuture;
use serde_json::Value;
use stepwell_core::{
    documents::Documents,
    evolve::gone_back,
    execution::Execution,
    id::{Activation, ExecutionId, child_id},
    reading::Reading,
    rollback::{After, Point, Rollback, Undo, What},
};

/// What a rollback would do.
#[derive(Debug)]
pub struct Preview {
    /// The number of the execution's last turn that this was made of.
    pub seq: u64,
    /// What would come back.
    pub point: Option<Point>,
    /// What would be undone, in this order.
    pub would_compensate: Vec<WouldUndo>,
    /// The nodes that would run, wait or ask then.
    pub would_run: Vec<WouldRun>,
}

/// A node that would run, wait or ask once a checkpoint is back.
#[derive(Debug)]
pub struct WouldRun {
    /// The node.
    pub node: NodeId,
    /// Its type.
    pub kind: &'static str,
    /// What it would ask of something outside, rendered, with the names of secrets in place of secrets; none where it asks
    /// nothing of that kind.
    pub config: Option<Value>,
    /// Why its templates cannot be rendered.
    pub error: Option<String>,
}

/// One thing that would be undone.
#[derive(Debug)]
pub struct WouldUndo {
    /// The node.
    pub node: NodeId,
    /// Number of its visit.
    pub visit: u32,
    /// The child that would be undone whole; none for the node itself.
    pub child: Option<ExecutionId>,
    /// The type of the node that undoes it; none for a child.
    pub kind: Option<&'static str>,
    /// What it would be asked for, rendered, with the names of secrets in place of secrets.
    pub config: Option<Value>,
    /// Whether nobody knows what the run did.
    pub unknown: bool,
    /// Why its templates cannot be rendered.
    pub error: Option<String>,
    /// What would be undone within the child, in this order. None for the node itself, and for children beyond those that a
    /// preview looks into ([`limits::PREVIEWED_CHILDREN`], [`limits::PREVIEWING`]).
    pub within: Option<Vec<WouldUndo>>,
}

/// What a rollback would undo and run, without any effect.
///
/// # Errors
/// What the store says.
pub async fn preview(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: &Rollback,
) -> Result<Result<Preview, Refused>, StoreError> {
    let planned = match planned(host, id, rollback).await? {
        Some(Ok(planned)) => planned,
        Some(Err(unreachable)) => return Ok(Err(Refused::Unreachable(unreachable))),
        None => return Ok(Err(Refused::Missing)),
    };
    let mut would_compensate = would_undo_all(host, &planned).await?;
    let mut bounds = Bounds { left: limits::PREVIEWED_CHILDREN, until: host.now() + limits::PREVIEWING };
    look_within(host, &mut would_compensate, &mut bounds).await?;
    let would_run = would_run_all(host, &planned, rollback).await?;
    Ok(Ok(Preview {
        seq: planned.state.seq,
        point: planned.plan.point.map(|point| *point),
        would_compensate,
        would_run,
    }))
}

/// How many children a preview still looks into, and until when.
struct Bounds {
    left: usize,
    until: Time,
}

/// Tells of each child what would be undone within it and below it, as long as the bounds allow.
fn look_within<'a>(
    host: &'a dyn Host,
    all: &'a mut [WouldUndo],
    bounds: &'a mut Bounds,
) -> BoxFuture<'a, Result<(), StoreError>> {
    Box::pin(async move {
        for one in all {
            let Some(child) = &one.child else { continue };
            if bounds.left == 0 || host.now() > bounds.until {
                break;
            }
            bounds.left -= 1;
            let mut within = undone_within(host, child).await?;
            look_within(host, &mut within, bounds).await?;
            one.within = Some(within);
        }
        Ok(())
    })
}

/// What would be undone in a child: nothing where it does not exist, or is undone already.
async fn undone_within(host: &dyn Host, id: &ExecutionId) -> Result<Vec<WouldUndo>, StoreError> {
    // A child is undone whole in any epoch of its parent, so it makes no difference which one is named here.
    let whole = Rollback { after: After::Cancel { epoch: 0 }, ..Rollback::to(0) };
    match planned(host, id, &whole).await? {
        Some(Ok(planned)) if planned.state.undone_for.is_none() => would_undo_all(host, &planned).await,
        Some(Ok(_)) | None => Ok(Vec::new()),
        Some(Err(why)) => Err(StoreError::Permanent(why.to_string())),
    }
}

/// What a plan would undo, in its order; of children only which they are.
async fn would_undo_all(host: &dyn Host, planned: &Planned) -> Result<Vec<WouldUndo>, StoreError> {
    let Planned { state, past, plan, .. } = planned;
    let documents = past.ran_by.documents();
    let shown =
        || Reading::of(|reading| plan.undo.iter().map(|undo| would_undo(documents, state, undo, reading)).collect());
    with_values(host, state.id(), shown).await
}

/// The nodes that run, wait or ask once a checkpoint is back, as the document that was in force then has them.
async fn would_run_all(host: &dyn Host, planned: &Planned, rollback: &Rollback) -> Result<Vec<WouldRun>, StoreError> {
    let Planned { state, workflow, past, plan } = planned;
    let Some(point) = plan.point.as_deref() else { return Ok(Vec::new()) };
    let documents = past.ran_by.documents();
    let workflow = documents.named(&state.started, point.patched.as_deref()).unwrap_or(workflow);
    let then = gone_back(state, rollback, plan);
    let open = |ix: &NodeIx| point.nodes.get(&workflow.nodes[*ix].id).is_some_and(|node| node.phase.is_open());
    let shown = || {
        Reading::of(|reading| {
            (0..workflow.nodes.len()).filter(open).map(|ix| would_run(workflow, &then, ix, reading)).collect()
        })
    };
    with_values(host, state.id(), shown).await
}

fn would_run(workflow: &Workflow, then: &Execution, ix: NodeIx, reading: &Reading) -> WouldRun {
    let node = &workflow.nodes[ix];
    let (config, error) = told(shown::of_node(workflow, then, ix, reading));
    WouldRun { node: node.id.clone(), kind: node.of.name, config, error }
}

/// What is rendered, or why it cannot be. A node that asks nothing of anything outside is given nothing.
fn told(rendered: Result<Value, ExprError>) -> (Option<Value>, Option<String>) {
    match rendered {
        Ok(config) => (Some(config).filter(|config| !config.is_null()), None),
        Err(error) => (None, Some(error.message)),
    }
}

fn would_undo(documents: Documents<'_>, state: &Execution, undo: &Undo, reading: &Reading) -> WouldUndo {
    let Activation { node, visit, .. } = undo.activation.clone();
    let (child, unknown) = match undo.what {
        What::Child { attempt, index, .. } => (Some(child_id(state.id(), &undo.activation, attempt, index)), false),
        What::Node { unknown, until, .. } => (None, unknown || until.is_some()),
    };
    let workflow = documents.named(&state.started, undo.patched.as_deref()).filter(|_| child.is_none());
    let by: Option<&Node> = workflow.and_then(|workflow| workflow.node(node.as_str())?.compensate.as_deref());
    let (config, error) = by.map(|by| told(shown::of_undoing(state, undo, by, reading))).unwrap_or_default();
    WouldUndo { node, visit, child, kind: by.map(|by| by.of.name), config, unknown, error, within: None }
}
