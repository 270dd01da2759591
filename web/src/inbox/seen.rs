//! A question as the visitor sees it: whether the visitor is asked, and in whose name the visitor may answer.

use crate::{
    desk::{Asked, Refusal},
    question::{Found, origin},
    session::Visit,
};
use api::{Problem, Scope};
use axum::http::StatusCode;
use engine::groups::{asked_as, people_of};
use maud::{Markup, html};
use stepwell_core::id::InteractionId;

/// A question, and what the visitor may do about it.
pub struct Seen {
    /// The question. Its person is the visitor, where the visitor is asked.
    pub found: Found,
    /// The people in whose name the user of a local host may answer, beside the own one.
    pub others: Vec<String>,
    /// Whether the visitor may answer anything at all.
    pub may_answer: bool,
    /// Whether the visitor may say who is asked.
    pub may_reassign: bool,
}

impl Seen {
    /// Whether the page has a form: in the visitor's own name or in another's.
    pub fn has_form(&self) -> bool {
        self.found.interaction.is_open() && self.may_answer && (self.is_own() || !self.others.is_empty())
    }

    /// Whether the visitor may answer in the own name.
    pub fn is_own(&self) -> bool {
        self.found.person.is_some() && !self.found.is_kept_out()
    }

    /// The field that says in whose name the answer is given, where that may be another than the visitor's.
    pub fn in_whose_name(&self, chosen: &str) -> Markup {
        html! {
            @if !self.others.is_empty() {
                div.field {
                    label for="answer_as" { "Answer as" }
                    select #answer_as name="answer_as" {
                        @if self.is_own() { option value="" selected[chosen.is_empty()] { "Yourself" } }
                        @for person in &self.others { option value=(person) selected[chosen == person] { (person) } }
                    }
                }
            }
        }
    }
}

fn unknown(id: &str) -> Refusal {
    Problem::not_found("interaction", id).into()
}

/// The question with this id.
///
/// # Errors
/// 403 for a visitor who may not read, 404 where the visitor's owner has no such question, and what the store says.
pub async fn seen(visit: &Visit, id: &str) -> Asked<Seen> {
    visit.caller.require(Scope::Read)?;
    let (app, caller) = (&visit.app, &visit.caller);
    let execution = app.host.index().asks(&InteractionId::from(id)).await.map_err(Problem::from)?;
    let execution = execution.ok_or_else(|| unknown(id))?;
    let execution = app.execution(&caller.owner, execution.as_str()).await.map_err(|problem| {
        // The problem names what was asked for: the execution's id must not appear in it.
        if problem.status() == StatusCode::NOT_FOUND { unknown(id) } else { problem.into() }
    })?;
    let interaction = execution.interaction(id).cloned().ok_or_else(|| unknown(id))?;
    let workflow = app.workflow(&execution).await.map_err(Problem::from)?;
    let people = people_of(&*app.host, &caller.owner, &interaction.assignees).await.map_err(Problem::from)?;
    let names = asked_as(&*app.host, &caller.owner, &caller.subject, &caller.groups).await.map_err(Problem::from)?;
    let is_named = |name: &String| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    let is_asked = interaction.assignees.is_empty() || interaction.assignees.iter().any(is_named);
    let may_answer = caller.scopes.contains(&Scope::Respond);
    let is_admin = caller.scopes.contains(&Scope::Admin);
    let called = origin(app, &execution, &workflow).await;
    let found = Found {
        called,
        form_token: visit.form_token.clone(),
        person: is_asked.then(|| caller.subject.clone()),
        people,
        execution,
        workflow,
        interaction,
        now: visit.now,
    };
    let is_open = found.interaction.is_open();
    let other = |person: &&String| !person.eq_ignore_ascii_case(&caller.subject) && !found.keeps_out(person);
    // Whoever may not decide it may not enter the answer of another either.
    let enters = caller.local && !found.keeps_out(&caller.subject);
    let others = found.people.iter().filter(other).filter(|_| enters).cloned().collect();
    let is_concerned = caller.scopes.contains(&Scope::Run) || (may_answer && is_asked);
    let may_reassign = is_open && is_concerned && (is_admin || !found.keeps_out(&caller.subject));
    Ok(Seen { found, others, may_answer, may_reassign })
}
