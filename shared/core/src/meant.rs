//! Which question an answer can have been meant for that names none.
//!
//! Of two answers that were sent at once the second must not decide the question that opened because of the first. Only
//! times are compared, which are the same whichever process a request comes to: when the answer came, when the question
//! opened, and when what was asked before was over.

use crate::{
    execution::Execution,
    interaction::{Interaction, InteractionStatus, Response},
    limits,
};
use document::time::Time;

/// Why an answer that names no question cannot have been meant for the one that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// Another answer decided the question before, and may have been sent at once with this one.
    OtherAnswer,
    /// The question opened when the answer was on its way.
    OnItsWay,
}

/// An answer that names no question.
#[derive(Clone, Copy, Debug)]
pub struct Unnamed<'a> {
    /// The subject that sends it.
    pub by: &'a str,
    /// When its request came.
    pub arrived: Time,
}

/// Why an answer cannot have been meant for `question`; none where it can. `family` are the executions that may have
/// asked what was meant instead: the one that the answer names, and those of its descendants that were looked at for what
/// they ask.
///
/// A question that stood open before another one was over is meant, since whoever answers then could have seen both. So
/// is what the same person says next who answered the other by its name, and knows that it is over.
pub fn unseen<'a>(
    question: &Interaction,
    family: impl IntoIterator<Item = &'a Execution>,
    answer: Unnamed<'_>,
) -> Option<Unseen> {
    let Unnamed { by, arrived } = answer;
    // No request is under way for so long that it came before a time that far ahead: the clock was set back since.
    let came_before = |time: Time| arrived < time && time.since(arrived) <= limits::UNDER_WAY;
    let opened = question.created_at;
    let led_here = |over: &Over<'_>| {
        let known = over.named_by.is_some_and(|who| who.eq_ignore_ascii_case(by));
        over.at <= opened && came_before(over.at + limits::ANSWERS_AT_ONCE) && !known
    };
    match family.into_iter().flat_map(overs).filter(led_here).map(|over| over.answered).max() {
        Some(true) => Some(Unseen::OtherAnswer),
        Some(false) => Some(Unseen::OnItsWay),
        None => came_before(opened).then_some(Unseen::OnItsWay),
    }
}

/// When a caller may be told of these executions at the earliest, so that the answer that this caller sends next is not
/// taken for one that was sent at once with the answer before, to whichever process it comes. None where nothing that
/// was asked is over.
pub fn tell_at<'a>(family: impl IntoIterator<Item = &'a Execution>) -> Option<Time> {
    let latest = family.into_iter().flat_map(overs).map(|over| over.at).max()?;
    Some(latest + limits::ANSWERS_AT_ONCE + limits::CLOCKS_APART)
}

/// That a question was over.
struct Over<'a> {
    at: Time,
    /// Whether an answer decided it.
    answered: bool,
    /// Who sent that answer, where its request named the question.
    named_by: Option<&'a str>,
}

/// What was asked in an execution and is over. Of what was asked below it only the latest is known, and only when this
/// execution learned of it; as a rule it was answered.
fn overs(state: &Execution) -> impl Iterator<Item = Over<'_>> {
    let own = state.interactions.iter().filter_map(|one| {
        let answered = one.status == InteractionStatus::Answered;
        let last = one.responses.last().filter(|last| answered && last.named);
        Some(Over { at: one.decided_at?, answered, named_by: last.map(Response::sender) })
    });
    own.chain(state.asked_below_until.map(|at| Over { at, answered: true, named_by: None }))
}
