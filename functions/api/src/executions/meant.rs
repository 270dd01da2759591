//! Which question a resume answers, and what it is told where that is none.

use crate::{Answered, App, Problem, limits};
use engine::questions::{Found, Question, open};
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    id::InteractionId,
    meant::{Unnamed, Unseen, unseen},
};

/// The question that a resume answers: the one that it names, or the one of those `found` open, if the
/// answer can have been meant for it. `at_checkpoint`: the caller has seen the execution as it is now, and with it what
/// the execution itself asks.
///
/// # Errors
/// 404 where the execution never asked it and no descendant asks it now; 409 `no_open_interaction`,
/// `several_open_interactions`, or `moved_on` where the question opened only while the answer was on its way.
pub fn question(
    execution: &Arc<Execution>,
    found: Found,
    (named, at_checkpoint): (Option<&str>, bool),
    answer: Unnamed<'_>,
) -> Answered<Question> {
    let Found { mut questions, read } = found;
    if let Some(id) = named {
        // One of its own may be over: the rules say how it was decided.
        let own = execution.interaction(id).cloned();
        let own = own.map(|interaction| Question { execution: execution.clone(), interaction });
        let below = || questions.into_iter().find(|one| one.interaction.interaction_id.as_str() == id);
        return own.or_else(below).ok_or_else(|| Problem::not_found("interaction of this execution", id));
    }
    let asked = ids(&questions);
    let (code, detail) = match (questions.pop(), questions.is_empty()) {
        (Some(one), true) if at_checkpoint && one.execution.id() == execution.id() => return Ok(one),
        (Some(one), true) => match unseen(&one.interaction, read.iter().map(|state| &**state), answer) {
            None => return Ok(one),
            Some(Unseen::OtherAnswer) => (
                "moved_on",
                "another answer came at the same time, and this question opened because of it: look at it, and name \
                 it with `interaction_id`",
            ),
            Some(Unseen::OnItsWay) => (
                "moved_on",
                "this question opened only when the answer was on its way: look at it, and name it with \
                 `interaction_id`",
            ),
        },
        (None, _) => ("no_open_interaction", "nobody is asked anything at the moment"),
        (Some(_), false) => (
            "several_open_interactions",
            "name one with `interaction_id`, or answer each with POST /v1/interactions/{id}/respond",
        ),
    };
    Err(now_at(Problem::conflict(code, detail), execution, &asked))
}

fn ids(found: &[Question]) -> Vec<InteractionId> {
    found.iter().map(|one| one.interaction.interaction_id.clone()).collect()
}

/// Adds to a 409 where the execution is now: its status, its checkpoint, and what it and its descendants ask.
pub async fn moved_on(app: &App, problem: Problem, execution: &Arc<Execution>) -> Answered<Problem> {
    let found = open(app.host.journal(), execution, limits::QUESTIONS_BELOW).await?;
    Ok(now_at(problem, execution, &ids(&found.questions)))
}

fn now_at(problem: Problem, execution: &Execution, asked: &[InteractionId]) -> Problem {
    let asked: Vec<_> = asked.iter().map(InteractionId::as_str).collect();
    let problem = problem.with("execution_status", execution.status().as_str()).with("interactions", json!(asked));
    problem.with("checkpoint", execution.seq.to_string())
}
