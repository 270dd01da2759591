//! Which model of an agent's list is asked by an attempt, and which attempts are left: each of them has those of the policy, but
//! for those whose quota is used up, which are not asked again.

use crate::{error::Error, execution::NodeState};
use document::Node;
use serde_json::{Value, json};

/// Where a failure names the models whose quota is used up, by their positions.
const USED_UP: &str = "used_up";

/// The attempts of a node, by the models of its list. Another node has one model, so to speak.
pub(crate) struct Tries {
    /// Positions of the models that have a quota, in the order in which they are asked.
    left: Vec<u32>,
    /// Attempts of each.
    each: u32,
    /// Number of the present attempt, of those that count; from 1.
    counted: u32,
}

impl Tries {
    /// Those of a node's attempt of this number.
    pub fn of(node: &Node, state: Option<&NodeState>, attempt: u32) -> Self {
        let models = node.kind.agent().map_or(1, |agent| agent.models.len().max(1));
        let has_quota = |position: &u32| state.is_none_or(|state| !state.used_up.contains(position));
        let forgiven = state.map_or(0, |state| state.forgiven);
        Self {
            left: (0..).take(models).filter(has_quota).collect(),
            each: node.retry.max_attempts.max(1),
            counted: attempt.saturating_sub(forgiven).max(1),
        }
    }

    /// Those of what is left, where the attempt found that these models have no quota any more. Of what it asked, only what
    /// came after them counts.
    pub fn without(mut self, used_up: &[u32]) -> Self {
        if self.asked().first().is_some_and(|first| used_up.contains(first)) {
            self.counted -= (self.counted - 1) % self.each;
        }
        self.left.retain(|position| !used_up.contains(position));
        self
    }

    /// Positions of the models that the attempt asks, one after the other. The last of them is asked where all had their
    /// attempts.
    pub fn asked(&self) -> &[u32] {
        let had = (self.counted - 1) / self.each;
        let most = self.left.len().saturating_sub(1);
        self.left.get((had as usize).min(most)..).unwrap_or_default()
    }

    /// Number of the present attempt, of those that count; from 1.
    pub fn counted(&self) -> u32 {
        self.counted
    }

    /// Number of the present attempt, of those of its model; from 1.
    pub fn of_this(&self) -> u32 {
        (self.counted - 1) % self.each + 1
    }

    /// Whether its model has another attempt.
    pub fn again(&self) -> bool {
        self.of_this() < self.each
    }

    /// Whether it is the last one.
    pub fn is_last(&self) -> bool {
        self.counted as usize >= self.left.len().saturating_mul(self.each as usize)
    }
}

/// The models whose quota an attempt found used up, as its failure names them.
pub(crate) fn used_up(details: Option<&Value>) -> Vec<u32> {
    let named = details.and_then(|details| details.get(USED_UP)?.as_array());
    named.into_iter().flatten().filter_map(|one| u32::try_from(one.as_u64()?).ok()).collect()
}

/// Names such models in the details of a failure.
pub fn name_used_up(details: &mut Option<Value>, positions: &[u32]) {
    if !positions.is_empty() {
        let details = details.get_or_insert_with(|| json!({}));
        if let Some(members) = details.as_object_mut() {
            members.insert(USED_UP.into(), json!(positions));
        }
    }
}

/// Keeps of a failed attempt that models have no quota any more.
pub(crate) fn note(state: &mut NodeState, node: &Node, attempt: u32, error: &Error) {
    let found = used_up(error.details.as_ref());
    if node.kind.agent().is_some() && !found.is_empty() {
        let tries = Tries::of(node, Some(state), attempt).without(&found);
        state.forgiven = attempt.saturating_sub(tries.counted());
        state.used_up.extend(found.iter().filter(|one| !state.used_up.contains(one)).copied().collect::<Vec<_>>());
    }
}
