//! What a token leads to.

use api::{Answered, App, take_from};
use document::{Workflow, time::Time};
use engine::groups::people_of;
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    interaction::{Interaction, Response},
};

/// The question of a link, and whose link it is.
pub struct Found {
    /// The token of the link.
    pub token: String,
    /// What the form of the link's page sends along.
    pub form_token: String,
    /// The execution that asks.
    pub execution: Arc<Execution>,
    /// The workflow of that execution.
    pub workflow: Arc<Workflow>,
    /// The question.
    pub interaction: Arc<Interaction>,
    /// Everybody who is asked, groups replaced by their members.
    pub people: Vec<String>,
    /// The person whom the link was made for; none where this person is not asked any more.
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

    /// Whether the person started the execution, and so may not answer.
    pub fn is_kept_out(&self) -> bool {
        let requester = self.execution.started.started_by.as_ref();
        let same = |me: &String| requester.is_some_and(|requester| requester.eq_ignore_ascii_case(me));
        !self.interaction.allow_requester && self.person.as_ref().is_some_and(same)
    }
}

/// The question of a token that this host made; none where it did not, or the question does not exist.
///
/// # Errors
/// What the store says.
pub async fn find(app: &App, token: &str) -> Answered<Option<Found>> {
    let Some((links, opened)) = app.host.links().and_then(|links| Some((links, links.open(token)?))) else {
        return Ok(None);
    };
    let id = opened.interaction();
    let Some(execution) = app.host.index().asks(&id).await? else { return Ok(None) };
    let Some(execution) = app.host.journal().load_lean(&execution).await? else { return Ok(None) };
    let Some(interaction) = execution.interaction(id.as_str()).cloned() else { return Ok(None) };
    tracing::Span::current().record("execution", execution.id().as_str());
    take_from(&execution.started.owner).await;
    let workflow = app.workflow(&execution).await?;
    let people = people_of(&*app.host, &execution.started.owner, &interaction.assignees).await?;
    let person = links.person(&opened, people.iter().map(String::as_str)).map(str::to_owned);
    let form_token = links.form_token(token);
    let now = app.host.now();
    Ok(Some(Found { token: token.to_owned(), form_token, execution, workflow, interaction, people, person, now }))
}
