//! Going ahead: the process that has recorded a step goes on with the next one of the same execution, without waiting for
//! the message that asks for it. The message is sent all the same, and held back until this process is surely over: where
//! nothing went wrong it finds its step recorded, and is acknowledged.
//!
//! What is recorded is the same, and so is who answers for it: the message that began is acknowledged only after what
//! followed from it here is durable, and where it comes again, all that the execution owes is delivered again
//! ([`owed_again`]). The state that the commit made takes the place of a load: a pause or a cancel that is recorded after
//! it is one that came after the load of a step's own message.

use crate::{
    limits,
    port::{Ahead, Commit, Host},
};
use document::Workflow;
use stepwell_core::{
    effect::{Effect, Message, Work},
    execution::Execution,
    owed::{Since, owed},
};

/// Whether one more step may begin here: after so many of the execution, and with so much of the time gone.
pub(crate) fn has_room(ahead: &Ahead, steps: u32) -> bool {
    steps < limits::STEPS_AHEAD && ahead.left.as_secs_f64() >= ahead.whole.as_secs_f64() * limits::TIME_AHEAD
}

/// Chooses the step that a commit is followed by here, and holds back its message. None where the commit asks for no step or
/// for several, which run at the same time if each has its own message, or for one that may need more time than is left.
pub(crate) fn choose(ahead: &Ahead, workflow: &Workflow, commit: &mut Commit) -> Option<Message> {
    let id = commit.state.id().clone();
    let mut steps = commit.effects.iter_mut().filter_map(|effect| match effect {
        Effect::Send { message, at } if message.execution == id => Some((message, at)),
        _ => None,
    });
    let (message, at) = steps.next().filter(|_| steps.next().is_none())?;
    if at.is_some() || !suffices(ahead, workflow, &message.work) {
        return None;
    }
    *at = Some(ahead.until);
    Some(message.clone())
}

/// Whether the time that is left suffices for a message's step, as it would by its own timeout.
fn suffices(ahead: &Ahead, workflow: &Workflow, work: &Work) -> bool {
    let Work::Step { activation, io, .. } = work else { return false };
    let Some(&ix) = workflow.graph.index.get(&activation.node) else { return false };
    let seconds = workflow.nodes[ix].timeout_seconds.unwrap_or(limits::NODE_SECONDS);
    !io || seconds <= ahead.left.as_secs_f64()
}

/// What is delivered again beside a message's own effects where it comes again: a process that went ahead may have died
/// over any step that followed. Nothing on hosts that never go ahead.
pub(crate) fn owed_again(host: &dyn Host, workflow: &Workflow, state: &Execution) -> Vec<Effect> {
    host.ahead().map(|_| owed(workflow, state, Since::Ever)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::time::Time;
    use std::time::Duration;

    #[test]
    fn a_process_goes_ahead_for_so_many_steps_and_a_part_of_its_time() {
        let whole = Duration::from_secs(40);
        let with = |left: u64| Ahead { until: Time(0), left: Duration::from_secs(left), whole };
        assert_eq!([40, 30, 29, 0].map(|left| has_room(&with(left), 0)), [true, true, false, false]);
        let most = limits::STEPS_AHEAD;
        assert_eq!([0, most - 1, most].map(|steps| has_room(&with(40), steps)), [true, true, false]);
    }
}
