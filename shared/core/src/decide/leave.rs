//! Who may answer a question, and who may say whom it is put to.

use super::turn::Deciding;
use crate::{
    command::Actor,
    error::Rejection,
    execution::Execution,
    interaction::{Answer, Interaction},
    view::keeps_out,
};
use document::group_of;

/// Refuses an answer from nobody, from a person who is neither asked nor a member of a group that is, and from the
/// requester where `allow_requester` is false, as a member of a group too, and also where the requester enters the answer
/// on behalf of somebody else.
///
/// # Errors
/// [`Rejection::Forbidden`], with why.
pub fn may_answer(execution: &Execution, one: &Interaction, answer: &Answer) -> Result<(), Rejection> {
    if answer.by.trim().is_empty() {
        return Err(Rejection::Forbidden("an answer needs the name of whoever gives it".into()));
    }
    if !is_asked(one, &answer.by, &answer.groups) {
        return Err(Rejection::Forbidden(format!("{} is not among those who are asked", answer.by)));
    }
    let entered = answer.entered_by.as_deref().is_some_and(|by| keeps_out(one, execution, by));
    if entered || keeps_out(one, execution, &answer.by) {
        return Err(Rejection::Forbidden("whoever started the execution may not decide it".into()));
    }
    Ok(())
}

/// Refuses whoever started an execution with questions that they may not decide, where they would put something else in the place
/// of what others decide.
///
/// # Errors
/// [`Rejection::Forbidden`], with why.
pub(super) fn may_replace(turn: &Deciding<'_>, answer: &Answer) -> Result<(), Rejection> {
    let is_requester =
        |name: &str| turn.state.started.requesters().any(|requester| requester.eq_ignore_ascii_case(name));
    let by_requester = is_requester(&answer.by) || answer.entered_by.as_deref().is_some_and(is_requester);
    if by_requester && (answer.guarded || turn.workflow.keeps_requesters_out()) {
        let message = "the workflow has a question that whoever started the execution may not decide, so they may not go on without \
                       a node or with another input either: they may try again or fail it";
        return Err(Rejection::Forbidden(message.into()));
    }
    Ok(())
}

/// Refuses whoever wants to put a question to others, or to have its messages sent again, and is neither asked nor has
/// leave for every question; and the requester where `allow_requester` is false, who would choose who decides.
pub(super) fn may_put(turn: &Deciding<'_>, one: &Interaction, actor: &Actor) -> Result<(), Rejection> {
    if keeps_out(one, &turn.state, &actor.subject) && !actor.administers {
        let message = "whoever started the execution may neither choose who decides it nor have them written to again";
        return Err(Rejection::Forbidden(message.into()));
    }
    if !actor.runs && !is_asked(one, &actor.subject, &actor.groups) {
        let message = "only those who are asked, and callers with the scope `run`, may say whom a question is put to";
        return Err(Rejection::Forbidden(message.into()));
    }
    Ok(())
}

/// The group among those who are asked by which somebody may answer; none where anyone may, or where the name itself is asked.
pub(super) fn group_by(one: &Interaction, subject: &str, groups: &[String]) -> Option<String> {
    if one.assignees.is_empty() || is_asked(one, subject, &[]) {
        return None;
    }
    let member = |name: &str| groups.iter().any(|group| group.eq_ignore_ascii_case(name));
    one.assignees.iter().find(|assignee| group_of(assignee).is_some_and(member)).cloned()
}

/// Whether a question is put to somebody: to anyone, by name, or as a member of one of these groups. Somebody whose name
/// looks like a group's is not that group.
fn is_asked(one: &Interaction, subject: &str, groups: &[String]) -> bool {
    let member = |name: &str| groups.iter().any(|group| group.eq_ignore_ascii_case(name));
    let asked = |assignee: &String| group_of(assignee).map_or_else(|| assignee.eq_ignore_ascii_case(subject), member);
    one.assignees.is_empty() || one.assignees.iter().any(asked)
}
