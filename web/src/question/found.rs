//! A question, and whoever is to answer it here.

use document::{Workflow, time::Time};
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    interaction::{Interaction, Response},
    view,
};

/// A question on a page, as one person sees it.
pub struct Found {
    /// What the page's form sends along.
    pub form_token: String,
    /// The execution that asks.
    pub execution: Arc<Execution>,
    /// The workflow of that execution.
    pub workflow: Arc<Workflow>,
    /// What people call the workflow that asks, and where in it.
    pub called: String,
    /// The question.
    pub interaction: Arc<Interaction>,
    /// Everybody who is asked, groups replaced by their members where whoever looks may know these.
    pub people: Vec<String>,
    /// The person who looks at it; none where this person is not asked.
    pub person: Option<String>,
    /// The host's time.
    pub now: Time,
}

impl Found {
    /// The person's last answer, and how many there are of this person.
    pub fn mine(&self) -> (Option<&Response>, usize) {
        let by = |response: &&Response| self.person.as_ref().is_some_and(|me| me.eq_ignore_ascii_case(&response.by));
        let own = self.interaction.responses.iter().filter(by);
        (own.clone().next_back(), own.count())
    }

    /// What people call a node of the workflow that asks.
    pub fn name_of<'a>(&'a self, node: &'a str) -> &'a str {
        self.workflow.node(node).map_or(node, |node| &node.name)
    }

    /// Whether the person started the execution, and so may not answer.
    pub fn is_kept_out(&self) -> bool {
        self.person.as_ref().is_some_and(|me| self.keeps_out(me))
    }

    /// Whether somebody started the execution, and so may not answer.
    pub fn keeps_out(&self, person: &str) -> bool {
        view::keeps_out(&self.interaction, &self.execution, person)
    }
}
