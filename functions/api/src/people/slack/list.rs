//! The command that lists what waits for somebody.

use crate::{Answered, App, limits};
use engine::{
    groups::asked_as,
    port::{InteractionFilter, SlackDesk, SlackWaiting, Window},
};
use std::sync::Arc;
use stepwell_core::{
    interaction::{Interaction, InteractionStatus},
    view,
};

/// The text about the questions that wait for a person, soonest deadline first.
pub(super) async fn waiting(app: &App, desk: &dyn SlackDesk, person: String) -> Answered<String> {
    let Some(owner) = desk.owner() else {
        return Ok("This host serves several tenants: whoever runs it can have STEPWELL_SLACK_OWNER name the one whose people \
                   this workspace's members are. Until then use the inbox."
            .to_owned());
    };
    if let Some(rates) = &app.rates {
        rates.take(owner)?;
    }
    let assignees = asked_as(&*app.host, owner, &person, &[]).await?;
    let filter = InteractionFilter {
        owner: owner.to_owned(),
        status: Some(InteractionStatus::Pending),
        assignees,
        execution_id: None,
    };
    let window = Window { limit: limits::SLACK_LOOKED_AT, ..Window::default() };
    let page = app.host.index().interactions(&filter, &window).await?;
    let mut found = Vec::new();
    for (execution, id) in &page.items {
        let Some(execution) = app.host.journal().load_lean(execution).await? else { continue };
        let may_answer = |one: &&Arc<Interaction>| one.is_open() && !view::keeps_out(one, &execution, &person);
        let Some(question) = execution.interaction(id.as_str()).filter(may_answer) else { continue };
        found.push(SlackWaiting {
            question: question.question.clone(),
            workflow: execution.started.workflow_id.to_string(),
            deadline: question.deadline,
            inbox: app.host.links().map(|links| links.inbox(id)),
        });
    }
    let more = page.next_cursor.is_some() || found.len() > limits::SLACK_LISTED;
    found.truncate(limits::SLACK_LISTED);
    Ok(desk.listing(&found, more))
}
