//! What a token leads to.

use crate::question::{Found, origin};
use api::{Answered, App, take_from};
use engine::groups::people_of;

/// The question of a token that this host made; none where it did not, or the question does not exist. Its person is the one
/// whom the link was made for.
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
    let members = people_of(&*app.host, &execution.started.owner, &interaction.assignees).await?;
    let person = links.person(&opened, members.iter().map(String::as_str)).map(str::to_owned);
    // A link opens its question, and not the owner's groups: whoever comes by it sees their names.
    let is_unnamed = |me: &&String| !interaction.assignees.iter().any(|one| one.eq_ignore_ascii_case(me));
    let people = interaction.assignees.iter().chain(person.iter().filter(is_unnamed)).cloned().collect();
    let form_token = links.form_token(token);
    let now = app.host.now();
    let called = origin(app, &execution, &workflow).await;
    Ok(Some(Found { form_token, execution, workflow, called, interaction, people, person, now }))
}
