//! The ways out of `stuck`.

use super::{
    super::turn::Deciding,
    undo::{NOT_UNDONE, done, stuck_below},
};
use crate::{
    below::tell_one,
    effect::ChildControl,
    error::{Error, Reason, Rejection},
    event::Unstick,
    execution::{Phase, Status},
    owed::{Since, owed},
    payload::Payload,
    rollback::{Rolling, What},
};
use document::{graph::NodeIx, id::NodeId};

/// Finds the way out that a person chose.
pub fn unstick(
    turn: &mut Deciding<'_>,
    status: Status,
    action: Unstick,
    node: Option<NodeId>,
    output: Option<Payload>,
    reason: Option<String>,
) -> Result<(), Rejection> {
    let Some(error) = turn.state.stuck.clone() else {
        return Err(Rejection::instead(status, "only an execution that is stuck needs a way out"));
    };
    if let Some(rolling) = turn.state.rolling.clone() {
        return while_undoing(turn, &rolling, &error, (status, action, node, reason));
    }
    match action {
        Unstick::Retry | Unstick::Redrive => {
            // All that is stuck is taken up. A node that is not would be somebody's mistake.
            if node.is_some() {
                stuck_node(turn, node)?;
            }
            turn.unstuck(action, reason, None);
        }
        Unstick::Skip | Unstick::MarkDone => {
            let ix = stuck_node(turn, node)?;
            if !turn.node(ix).of.may_go_on() {
                let id = &turn.node(ix).id;
                return Err(invalid("/node", format!("{id} has no port to go on by: use retry or redrive")));
            }
            turn.unstuck(action, reason, None);
            turn.close(ix);
            turn.finish(ix, "success", output.unwrap_or_default(), None);
            turn.settle();
        }
    }
    for effect in owed(turn.workflow, &turn.state, Since::Ever) {
        turn.request(effect);
    }
    Ok(())
}

/// What a person asks for: in which status, which way, for which node, and why.
type Way = (Status, Unstick, Option<NodeId>, Option<String>);

/// The way out for an execution that goes back.
fn while_undoing(
    turn: &mut Deciding<'_>,
    rolling: &Rolling,
    error: &Error,
    (status, action, node, reason): Way,
) -> Result<(), Rejection> {
    let failed = error.code == NOT_UNDONE;
    let current = rolling.current();
    let stuck = error.node.as_ref().filter(|_| failed).or(current.map(|undo| &undo.activation.node));
    if let (Some(node), Some(stuck)) = (&node, stuck)
        && node != stuck
    {
        return Err(invalid("/node", format!("it is stuck at the compensation of {stuck}")));
    }
    if action == Unstick::Redrive && failed {
        let why = "no message is left to be sent again: use retry, skip or mark_done";
        return Err(Rejection::status(status, why));
    }
    // What failed is further down, and so is the way out: all else of the child is undone.
    let below = stuck_below(error).filter(|_| current.is_some_and(|undo| matches!(undo.what, What::Child { .. })));
    if below.is_some() {
        turn.unstuck(action, reason, below);
        turn.undo_next();
        return Ok(());
    }
    let by_hand = matches!(action, Unstick::Skip | Unstick::MarkDone);
    if by_hand && rolling.plan.is_none() {
        return Err(Rejection::status(status, "it is not planned yet what is undone: use retry or redrive"));
    }
    turn.unstuck(action, reason, None);
    // Earlier releases took an outcome that came late: then what it is stuck at is undone, and what follows is not.
    let Some(current) = current.filter(|undo| by_hand && stuck == Some(&undo.activation.node)) else {
        turn.undo_next();
        return Ok(());
    };
    done(turn, current, 0, true);
    if let What::Child { attempt, index, .. } = current.what {
        // It is stuck too, and nobody waits for it any more.
        let left = tell_one(turn.state.id(), &current.activation, attempt, index, ChildControl::Cancel);
        turn.request(left);
    }
    Ok(())
}

/// The node that is meant: the one that is named, or the only one that is stuck.
fn stuck_node(turn: &Deciding<'_>, named: Option<NodeId>) -> Result<NodeIx, Rejection> {
    let open = |ix: &NodeIx| {
        let node = turn.state.node(&turn.node(*ix).id);
        node.is_some_and(|node| node.phase.is_open() && node.phase != Phase::Looping && turn.state.is_stuck_at(node))
    };
    let all: Vec<NodeIx> = (0..turn.workflow.nodes.len()).filter(open).collect();
    let names = || all.iter().map(|&ix| turn.node(ix).id.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(named) = named {
        let found = all.iter().copied().find(|&ix| turn.node(ix).id == named);
        return found.ok_or_else(|| invalid("/node", format!("{named} is not stuck; what is: {}", names())));
    }
    match all.as_slice() {
        [only] => Ok(*only),
        _ => Err(invalid("/node", format!("say which node is meant: {}", names()))),
    }
}

fn invalid(path: &str, message: String) -> Rejection {
    let reasons = vec![Reason { code: "invalid_node".into(), path: path.into(), message: message.clone() }];
    Rejection::Invalid { message, reasons }
}
