//! Questions that hosts and the engine ask of a workflow.

use crate::{Node, Trigger, Workflow, graph::NodeIx, violation::InputViolation};
use serde_json::Value;

impl Workflow {
    /// The node that has this id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.node_ix(id).and_then(|ix| self.nodes.get(ix))
    }

    /// The position in `nodes` of the node that has this id.
    pub fn node_ix(&self, id: &str) -> Option<NodeIx> {
        self.graph.index.get(id).copied()
    }

    /// Where the API starts executions: the first `manual_trigger`, else the first trigger. None where there is no
    /// trigger, which only the body of a map can do without.
    pub fn trigger_for_api(&self) -> Option<NodeIx> {
        let manual = self.nodes.iter().position(|node| matches!(node.kind.trigger(), Some(Trigger::Manual(_))));
        manual.or_else(|| self.nodes.iter().position(|node| node.kind.trigger().is_some()))
    }

    /// Where messages of a conversation start executions: the first `chat_trigger`; none where there is none.
    pub fn trigger_for_chat(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| matches!(node.kind.trigger(), Some(Trigger::Chat(_))))
    }

    /// Whether an input surely satisfies the workflow's schema, as far as a few steps tell. Where not,
    /// [`Workflow::check_input`] says it, and may take long.
    pub fn takes_at_once(&self, input: &Value) -> bool {
        self.input_schema.as_ref().is_none_or(|one| one.schema.fits_at_once(input))
    }

    /// Every way in which an input does not satisfy the workflow's schema; empty for a good one.
    pub fn check_input(&self, input: &Value) -> Vec<InputViolation> {
        self.input_schema.as_ref().map(|one| one.schema.violations(input)).unwrap_or_default()
    }
}
