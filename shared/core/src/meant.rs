//! Which question an answer can have been meant for that names none.
//!
//! Of two answers that were sent at once the second must not decide the question that opened because of the first. Only
//! times are compared, which are the same whichever process a request comes to: when the answer came, when the question
//! opened, and when what was asked before was over.

use crate::{
    execution::Execution,
    interaction::{Interaction, InteractionStatus},
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

/// Why an answer that came at `arrived` and names no question cannot have been meant for `question`; none where it can.
/// `family` are the executions that may have asked what was meant instead: the one that the answer names, and those of
/// its descendants that were looked at for what they ask.
///
/// A question that stood open before another one was over is meant, since whoever answers then could have seen both.
pub fn unseen<'a>(
    question: &Interaction,
    family: impl IntoIterator<Item = &'a Execution>,
    arrived: Time,
) -> Option<Unseen> {
    // No request is under way for so long that it came before a time that far ahead: the clock was set back since.
    let came_before = |time: Time| arrived < time && time.since(arrived) <= limits::UNDER_WAY;
    let opened = question.created_at;
    let led_here = |(over, _): &(Time, bool)| *over <= opened && came_before(*over + limits::ANSWERS_AT_ONCE);
    let by_answer = family.into_iter().flat_map(overs).filter(led_here).map(|(_, by_answer)| by_answer).max();
    match by_answer {
        Some(true) => Some(Unseen::OtherAnswer),
        Some(false) => Some(Unseen::OnItsWay),
        None => came_before(opened).then_some(Unseen::OnItsWay),
    }
}

/// When a caller may be told of these executions at the earliest, so that the answer that this caller sends next is not
/// taken for one that was sent at once with the answer before, to whichever process it comes. None where nothing that
/// was asked is over.
pub fn tell_at<'a>(family: impl IntoIterator<Item = &'a Execution>) -> Option<Time> {
    let latest = family.into_iter().flat_map(overs).map(|(over, _)| over).max()?;
    Some(latest + limits::ANSWERS_AT_ONCE + limits::CLOCKS_APART)
}

/// When questions of an execution were over, and whether by an answer. Of those below it only the latest is known, and
/// only when this execution learned of it; as a rule they were answered.
fn overs(state: &Execution) -> impl Iterator<Item = (Time, bool)> {
    let own = state.interactions.iter();
    let own = own.filter_map(|one| Some((one.decided_at?, one.status == InteractionStatus::Answered)));
    own.chain(state.asked_below_until.map(|at| (at, true)))
}
