//! Rollback: reads the journal for the plan, and hands it to the rules.

use crate::{
    compensation, delivery,
    drive::{Submission, Submitted, submit, with_values, workflow_of},
    limits,
    past::Past,
    port::{Host, StoreError},
};
use document::{Node, Workflow, id::NodeId, time::Time};
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    documents::Documents,
    error::Rejection,
    event::{Request, Unstick},
    execution::Execution,
    id::{Activation, ExecutionId, child_id},
    owed::{Since, owed},
    patch::Obstacle,
    reading::Reading,
    rollback::{After, Plan, Point, Rollback, Rolling, Undo, Unreachable, What, plan},
};

pub use stepwell_core::rollback::to_node;

/// Why an execution does not go back.
#[derive(Debug)]
pub enum Refused {
    /// It cannot go there.
    Unreachable(Unreachable),
    /// Its past is not one of the document that is asked for.
    InTheWay(Vec<Obstacle>),
    /// The rules refuse it.
    Rejected(Rejection),
    /// There is no such execution.
    Missing,
}

/// What a rollback would do.
#[derive(Debug)]
pub struct Preview {
    /// What would come back.
    pub point: Option<Point>,
    /// What would be undone, in this order.
    pub would_compensate: Vec<WouldUndo>,
    /// The nodes that would run, wait or ask then.
    pub would_run: Vec<NodeId>,
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

/// An execution as its journal makes it, and the plan of a rollback of it.
struct Planned {
    state: Arc<Execution>,
    workflow: Arc<Workflow>,
    past: Past,
    plan: Plan,
}

/// Plans a rollback. None where the execution does not exist.
async fn planned(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: &Rollback,
) -> Result<Option<Result<Planned, Unreachable>>, StoreError> {
    let Some(state) = host.journal().load_lean(id).await? else { return Ok(None) };
    let workflow = workflow_of(host, &state).await?;
    let past = Past::of(host, &state).await?;
    let documents = past.ran_by.documents();
    let plan = with_values(host, id, || Reading::of(|reading| plan(documents, &past.turns, &state, rollback, reading)))
        .await?;
    Ok(Some(plan.map(|plan| Planned { state, workflow, past, plan })))
}

/// Goes back: plans from the journal and submits, and plans again where the execution moved on meanwhile.
///
/// # Errors
/// What the store says.
pub async fn roll_back(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: Rollback,
    by: Option<String>,
    request: Option<Request>,
) -> Result<Result<Submitted, Refused>, StoreError> {
    for _ in 0..limits::PLANS {
        let planned = match planned(host, id, &rollback).await? {
            Some(Ok(planned)) => planned,
            Some(Err(unreachable)) => return Ok(Err(Refused::Unreachable(unreachable))),
            None => return Ok(Err(Refused::Missing)),
        };
        let Planned { state, workflow, past, plan } = planned;
        let command = Command::RollBack { rollback: Box::new(rollback.clone()), plan: Arc::new(plan), seq: state.seq };
        let asked = Asked { request: request.clone(), ..Asked::by(command, by.clone()) };
        let documents = past.ran_by.others(&workflow.hash);
        let submission = Submission { documents, ..Submission::of(vec![asked], &state, &workflow) };
        let Some(mut submitted) = submit(host, id, submission).await? else {
            return Ok(Err(Refused::Missing));
        };
        match submitted.replies.pop() {
            Some(Err(Rejection::MovedOn(_))) => {}
            Some(Err(rejection)) => return Ok(Err(Refused::Rejected(rejection))),
            Some(Ok(())) | None => return Ok(Ok(submitted)),
        }
    }
    Err(StoreError::Conflict)
}

/// Makes the plan of the rollback that an execution asked for. False where it asks for none any more.
///
/// # Errors
/// What the store says, and `Permanent` where the execution cannot go there.
pub async fn asked(host: &dyn Host, state: &Execution) -> Result<bool, StoreError> {
    let Some(rolling) = state.rolling.as_ref().filter(|rolling| rolling.plan.is_none()) else { return Ok(false) };
    match roll_back(host, state.id(), rolling.asked.clone(), None, None).await? {
        Ok(_) | Err(Refused::Rejected(_) | Refused::Missing) => Ok(true),
        Err(Refused::Unreachable(why)) => Err(StoreError::Permanent(why.to_string())),
        Err(Refused::InTheWay(_)) => Err(StoreError::Permanent("a rollback asks for no other document".into())),
    }
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
    let Planned { state, workflow, past, plan } = planned;
    let documents = past.ran_by.documents();
    let then = plan.point.as_deref().and_then(|point| documents.named(&state.started, point.patched.as_deref()));
    let would_run = plan.point.as_deref().map(|point| would_run(then.unwrap_or(&workflow), point)).unwrap_or_default();
    Ok(Ok(Preview { point: plan.point.map(|point| *point), would_compensate, would_run }))
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

/// The nodes that run, wait or ask once a checkpoint is back.
fn would_run(workflow: &Workflow, point: &Point) -> Vec<NodeId> {
    let open = |id: &&NodeId| point.nodes.get(*id).is_some_and(|node| node.phase.is_open());
    workflow.nodes.iter().map(|node| &node.id).filter(open).cloned().collect()
}

fn would_undo(documents: Documents<'_>, state: &Execution, undo: &Undo, reading: &Reading) -> WouldUndo {
    let Activation { node, visit, .. } = undo.activation.clone();
    let (child, unknown) = match undo.what {
        What::Child { attempt, index, .. } => (Some(child_id(state.id(), &undo.activation, attempt, index)), false),
        What::Node { unknown, until, .. } => (None, unknown || until.is_some()),
    };
    let workflow = documents.named(&state.started, undo.patched.as_deref()).filter(|_| child.is_none());
    let by: Option<&Node> = workflow.and_then(|workflow| workflow.node(node.as_str())?.compensate.as_deref());
    let rendered = by.map(|by| compensation::shown(state, undo, by, reading));
    let (config, error) = match rendered {
        // What is computed at once is given nothing.
        Some(Ok(config)) => (Some(config).filter(|config| !config.is_null()), None),
        Some(Err(error)) => (None, Some(error.message)),
        None => (None, None),
    };
    WouldUndo { node, visit, child, kind: by.map(|by| by.of.name), config, unknown, error, within: None }
}

/// How far a child is that is to be undone whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It is undone, or there was nothing to undo.
    Whole,
    /// It tells when it is.
    Begun,
    /// It does not exist: it never began, or was deleted.
    Gone,
}

/// Undoes a child whole, since its parent goes back.
///
/// # Errors
/// What the store says.
pub async fn undo_child(host: &dyn Host, id: &ExecutionId, epoch: u32, again: bool) -> Result<Undone, StoreError> {
    let Some(child) = host.journal().load_lean(id).await? else { return Ok(Undone::Gone) };
    if child.undone_for.is_some() {
        return Ok(Undone::Whole);
    }
    if child.arrives() {
        return Err(StoreError::Transient(format!("the import of execution {id} is not complete")));
    }
    let after = After::Cancel { epoch };
    let same = |rolling: &Arc<Rolling>| rolling.plan.is_some() && rolling.asked.after == after;
    if child.rolling.as_ref().is_some_and(same) {
        // Where it is stuck, it tries once more when it is asked once more.
        if again && child.stuck.is_some() {
            let (action, reason) = (Unstick::Retry, Some("its parent tries again".into()));
            submit(host, id, Command::Unstick { action, node: None, output: None, reason }).await?;
        } else {
            begun_elsewhere(host, &child).await?;
        }
        return Ok(Undone::Begun);
    }
    let reason = Some("its parent goes back".into());
    let rollback = Rollback { after, reason, ..Rollback::to(0) };
    match roll_back(host, id, rollback, None, None).await? {
        Ok(submitted) if submitted.state.undone_for.is_some() => Ok(Undone::Whole),
        Ok(_) => Ok(Undone::Begun),
        // Another copy of the message was faster.
        Err(Refused::Rejected(Rejection::Repeated(_))) => {
            if let Some(child) = host.journal().load_lean(id).await? {
                begun_elsewhere(host, &child).await?;
            }
            Ok(Undone::Begun)
        }
        Err(Refused::Missing) => Ok(Undone::Gone),
        Err(Refused::Rejected(_) | Refused::InTheWay(_)) => Ok(Undone::Whole),
        Err(Refused::Unreachable(why)) => Err(StoreError::Permanent(why.to_string())),
    }
}

/// Delivers what follows from the rollback of a child that is under way: whoever began it may have died before it could.
async fn begun_elsewhere(host: &dyn Host, child: &Execution) -> Result<(), StoreError> {
    if !delivery::may_be_lost(host) {
        return Ok(());
    }
    let workflow = workflow_of(host, child).await?;
    delivery::deliver(host, child.id(), &owed(&workflow, child, Since::Ever)).await
}
