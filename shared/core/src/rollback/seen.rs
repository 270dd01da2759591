//! What the templates of `compensate` see: the execution as it was when the node ran.

use super::Seen;
use crate::{event::Started, payload::Payload, reading::Reading, sight::Sight};
use document::Node;
use expression::{Context, ExecutionScope, Expr, LoopScope, Scope};
use serde_json::Value;

impl Seen {
    /// What a node's `compensate` reads of what the node saw.
    pub fn by(sight: &Sight<'_>, undo: &Node) -> Self {
        let mut expressions: Vec<&Expr> = Vec::new();
        undo.kind.config().expressions(&mut expressions);
        let references: Vec<_> = expressions.iter().map(|expr| expr.references()).collect();
        let all = undo.kind.config().reads().all_nodes || references.iter().any(|found| found.whole_ctx);
        let named = |id: &str| all || references.iter().any(|found| found.ctx_nodes.contains_key(id));
        let nodes = sight.nodes().into_iter().filter(|id| named(id));
        Self {
            nodes: nodes.filter_map(|id| Some((id.into(), sight.payload_of(id)?))).collect(),
            item: sight.item().cloned(),
            index: sight.index(),
            in_loop: sight.in_loop().cloned(),
            args: sight.args().filter(|args| Some(*args) != sight.item()).cloned(),
        }
    }
}

/// What the templates of `compensate` are rendered in.
pub struct Undoing<'a> {
    /// What the execution was started with.
    pub started: &'a Started,
    /// When, in RFC 3339.
    pub started_at: &'a str,
    /// The values that were kept.
    pub seen: &'a Seen,
    /// The output of the run that is undone.
    pub output: &'a Payload,
    /// What values are read by.
    pub reading: &'a Reading,
}

impl Undoing<'_> {
    /// The scope.
    pub fn scope(&self) -> Scope<'_> {
        let input = self.reading.value(&self.started.input);
        let in_loop = self.seen.in_loop.as_ref();
        let given = if self.started.is_of_tool() { self.seen.item.as_ref() } else { self.started.args.as_ref() };
        Scope {
            output: Some(self.reading.value(self.output)),
            input,
            ctx: self,
            in_loop: in_loop
                .map(|(iteration, last)| LoopScope { iteration: *iteration, last: self.reading.value(last) }),
            item: self.seen.item.as_ref().map(|item| self.reading.value(item)),
            index: self.seen.index,
            execution: ExecutionScope {
                id: self.started.execution_id.as_str(),
                workflow_id: self.started.workflow_id.as_str(),
                started_at: self.started_at,
            },
            args: self.seen.args.as_ref().or(given).map(|args| self.reading.value(args)),
            extra: &[],
            bare: [Some(input), None],
        }
    }
}

impl Context for Undoing<'_> {
    fn output_of(&self, id: &str) -> Option<&Value> {
        let found = self.seen.nodes.iter().find(|(node, _)| node.as_str() == id);
        found.map(|(_, payload)| self.reading.value(payload))
    }

    fn nodes(&self) -> Vec<&str> {
        self.seen.nodes.iter().map(|(node, _)| node.as_str()).collect()
    }
}
