//! Whether an execution that was patched stands where it would stand had it run by the new workflow from its start.

use super::{
    essence::{Compared, essence},
    rest::{at_rest, with_values},
};
use document::{Workflow, id::NodeId};
use serde_json::json;
use std::collections::BTreeSet;
use stepwell_core::{
    event::{Event, Turn},
    execution::{Execution, Phase, Status},
    replay::{Recorded, replay},
};
use stepwell_tests::sim::World;

/// An execution before and after a patch.
pub struct Patched<'a> {
    pub world: &'a World,
    pub old: &'a Workflow,
    pub new: &'a Workflow,
    /// What led to the state before.
    pub turns: &'a [Turn],
    pub before: &'a Execution,
    pub after: &'a Execution,
}

impl Patched<'_> {
    /// Compares the state after the patch, once nothing in it is due that needs nobody, with that of a replay of the recorded
    /// outcomes on the new workflow.
    ///
    /// # Errors
    /// Both, where they differ.
    pub fn is_as_replayed(&self) -> Result<(), String> {
        let Some(Event::ExecutionStarted(started)) = self.turns[0].events.first() else {
            panic!("a start comes first")
        };
        let turns = self.outcomes();
        let recorded = Recorded::of(self.old, &turns);
        let at = self.turns[0].at;
        let replayed = with_values(self.world, || replay(self.new, started, at, &recorded));
        let replayed = replayed.ok_or("accepted, and it could not be started by the new workflow")?.state;
        let rested =
            at_rest(self.world, self.new, self.after, self.before).ok_or("it is not taken up after the patch")?;
        let of_turn = |event: &Event| match event {
            Event::ExecutionRetried { cut_off, .. } => cut_off.clone(),
            _ => Vec::new(),
        };
        let cut_off = self.turns.iter().flat_map(|turn| &turn.events).flat_map(of_turn).collect();
        let compared = Compared { open: self.open(), went_back: self.before.epoch > 0, cut_off };
        let told = |state: &Execution| {
            self.world.fetch(state.payloads().into_iter());
            essence(self.new, state, &compared)
        };
        let (mut patched, mut anew) = (told(&rested), told(&replayed));
        // A failure of what nobody recorded drops whatever else is due by then, and a replay computes that before it hands out
        // what was recorded: of both only how they end is the same.
        if rested.end == Some(Status::Failed) && replayed.end == Some(Status::Failed) {
            for told in [&mut patched, &mut anew] {
                *told = json!({"end": told["end"], "error": told["error"]});
            }
        }
        if patched == anew { Ok(()) } else { Err(format!("accepted, and the state differs:\n{patched}\n{anew}")) }
    }

    /// The nodes that had not come to an end.
    fn open(&self) -> BTreeSet<NodeId> {
        let open = |(id, node): (&NodeId, &std::sync::Arc<stepwell_core::execution::NodeState>)| {
            let taken_up = node.phase == Phase::Failed || node.phase == Phase::Dropped && node.was.is_some();
            (node.phase.is_open() && node.phase != Phase::Unrouted || taken_up).then(|| id.clone())
        };
        self.before.nodes.iter().filter_map(open).collect()
    }

    /// The turns without what became of attempts of visits that have not come to an end: that is no outcome, and by what
    /// policy they go on is what a patch may change.
    fn outcomes(&self) -> Vec<Turn> {
        let open = self.open();
        let is_open = |node: &NodeId, visit: u32| {
            open.contains(node) && self.before.node(node).is_some_and(|found| found.visit == visit)
        };
        let mut turns = self.turns.to_vec();
        for turn in &mut turns {
            turn.events.retain(|event| match event {
                Event::AttemptFailed { node, visit, .. } | Event::NodeFailed { node, visit, .. } => {
                    !is_open(node, *visit)
                }
                Event::InteractionOpened { interaction: one, .. } if one.on_error => {
                    !is_open(&one.activation.node, one.activation.visit)
                }
                _ => true,
            });
        }
        turns
    }
}
