//! How the state of a node looks: a sign and a word. The class by which the stylesheet colours it only repeats them.

use document::id::NodeId;
use maud::{Markup, html};
use stepwell_core::{
    execution::Execution,
    view::{self, NodeStatus},
};

/// A state as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The class of the stylesheet.
    pub class: &'static str,
    /// The sign.
    pub sign: &'static str,
    /// The word.
    pub word: &'static str,
}

const fn look(class: &'static str, sign: &'static str, word: &'static str) -> Look {
    Look { class, sign, word }
}

/// What a node of an execution is doing. One whose tool call, child or item waits for people does so too.
pub fn of(execution: &Execution, node: &NodeId) -> Look {
    match view::node_status(execution.node(node)) {
        NodeStatus::Waiting if execution.is_asked_below(node) => of_node(NodeStatus::WaitingHuman),
        status => of_node(status),
    }
}

/// How a state looks.
fn of_node(status: NodeStatus) -> Look {
    match status {
        NodeStatus::Pending => look("pending", "○", "Not reached"),
        NodeStatus::Running => look("running", "▶", "Running"),
        NodeStatus::Retrying => look("retrying", "↻", "Retrying"),
        NodeStatus::Waiting => look("waiting", "◔", "Waiting"),
        NodeStatus::WaitingHuman => look("waiting_human", "?", "Waiting for people"),
        NodeStatus::Completed => look("completed", "✓", "Completed"),
        NodeStatus::Failed => look("failed", "✕", "Failed"),
        NodeStatus::Skipped => look("skipped", "–", "Skipped"),
        NodeStatus::Cancelled => look("cancelled", "⊘", "Dropped"),
    }
}

impl Look {
    /// Sign and word.
    pub fn told(self) -> Markup {
        html! { span.status.(self.class) { span aria-hidden="true" { (self.sign) } " " (self.word) } }
    }
}
