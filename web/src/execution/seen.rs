//! What a page shows of an execution: its state now, or as it was at a checkpoint. The state is read without the values
//! that lie elsewhere, so that a page costs as much for outputs of megabytes as for none.

use super::aim::Aim;
use crate::{
    desk::{Asked, Refusal},
    look::{called, doing, fault},
    session::Visit,
};
use api::{
    Problem, Scope,
    executions::read,
    types::{self, Values},
};
use document::Workflow;
use std::sync::Arc;
use stepwell_core::{event::Turn, execution::Execution, view};

/// An execution as somebody looks at it.
pub struct Seen {
    /// Its newest state.
    pub newest: Arc<Execution>,
    /// The state that is looked at.
    pub then: Arc<Execution>,
    /// The workflow that it ran by then.
    pub workflow: Arc<Workflow>,
    /// What the API says of it, with the values that are at hand.
    pub shown: types::Execution,
    /// What of it the page shows.
    pub aim: Aim,
}

impl Seen {
    /// Reads an execution that the visitor may read.
    ///
    /// # Errors
    /// 403 where the visitor may read nothing, 404 where there is no such execution or checkpoint for the visitor.
    pub async fn of(visit: &Visit, id: &str, aim: Aim) -> Asked<Self> {
        visit.caller.require(Scope::Read)?;
        let newest = visit.app.execution(&visit.caller.owner, id).await?;
        let then = match aim.at {
            None => newest.clone(),
            Some(seq) if seq == newest.seq => newest.clone(),
            Some(seq) if (1..newest.seq).contains(&seq) => Arc::new(read::state_at(&visit.app, &newest, seq).await?),
            Some(seq) => return Err(Problem::not_found("checkpoint", &seq.to_string()).into()),
        };
        let workflow = visit.app.workflow(&then).await.map_err(Problem::from)?;
        if let Some(node) = aim.node.as_deref().filter(|node| workflow.node(node).is_none()) {
            return Err(Refusal::from(Problem::not_found("node", node)));
        }
        let mut shown = types::Execution::of(&then, &workflow, Values::default().at_most(crate::limits::VALUE_BYTES));
        shown.message = doing(&then, &workflow);
        if aim.at.is_none() {
            shown.cost.usage = visit.app.host.journal().cost(newest.id()).await.map_err(Problem::from)?;
            shown.http_allow = visit.app.host.http_allow(newest.id()).await.map_err(Problem::from)?;
        }
        Ok(Self { newest, then, workflow, shown, aim })
    }

    /// Whether the execution still moves, and it is its present that is looked at.
    pub fn is_live(&self) -> bool {
        self.aim.at.is_none() && !self.newest.status().is_terminal()
    }

    /// What a turn did, in a sentence in which nodes have their names.
    pub fn sentence(&self, turn: &Turn) -> String {
        view::sentence_with(turn, &|id| called(&self.workflow, id))
    }

    /// What went wrong, with the name of the node that it was at.
    pub fn fault(&self, message: &str, node: Option<&str>) -> String {
        fault(message, node, &self.workflow)
    }

    /// What people call a node: its name, or its id where the workflow no longer has it.
    pub fn name_of<'a>(&'a self, node: &'a str) -> &'a str {
        self.workflow.node(node).map_or(node, |node| &node.name)
    }
}
