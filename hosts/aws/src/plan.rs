//! What effects mean on AWS: pure, so that every case is a test. `deliver` carries it out.
//!
//! | effect | becomes |
//! |---|---|
//! | `Send`, `SetTimer` within 15 minutes | a message, delayed |
//! | `Send`, `SetTimer` later | a clock: an execution of the wait machine, named after what it says and when |
//! | `OpenInteraction` | a clock with the interaction's deadlines, which opens the interaction with its task token |
//! | `SetTimer Deadline` beside it | nothing: the clock goes off by itself |
//! | `CloseInteraction` | its task is completed; where it was cancelled, its clock is stopped too |
//! | `DropTimer` | nothing: a timer that fires for nothing is stale |
//! | `AnswerCaller` | the caller's task is completed or failed |
//! | `Admit` | messages to those that may go on |

use crate::{limits, prices};
use document::{TimeoutAction, id::WorkflowId, time::Time};
use engine::envelope::Envelope;
use serde_json::{Value, json};
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    execution::Execution,
    id::{ExecutionId, InteractionId, derive},
    interaction::{Interaction, InteractionStatus},
};

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Messages, each not before its time.
    pub messages: Vec<(Message, Option<Time>)>,
    /// Clocks to start: name and input.
    pub clocks: Vec<(String, Value)>,
    /// Interactions that are over, and whether they were cancelled.
    pub closed: Vec<(InteractionId, bool)>,
    /// The caller is to be told of the end.
    pub answer: bool,
    /// Others may go on: of this workflow, so many at once.
    pub admit: Option<(WorkflowId, u64)>,
}

/// Whether the state must be known to say what effects mean.
pub(crate) fn needs_state(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| {
        let plain = matches!(effect, Effect::Send { .. } | Effect::SetTimer { .. } | Effect::DropTimer { .. });
        !plain
    })
}

/// What effects of an execution mean now. Without its state, where it was removed, nothing of it is open any more.
pub(crate) fn plan(id: &ExecutionId, effects: &[Effect], state: Option<&Execution>, now: Time) -> Plan {
    let mut plan = Plan::default();
    let interaction = |one: &InteractionId| state.and_then(|state| state.interaction(one.as_str()));
    let asked: Vec<&Interaction> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::OpenInteraction(one) => interaction(one).map(|one| &**one),
            _ => None,
        })
        .collect();
    for effect in effects {
        match effect {
            Effect::Send { message, at } => plan.send(message.clone(), *at, now),
            Effect::SetTimer { activation, purpose, at } => {
                let pause = asked.iter().find(|one| one.activation == *activation && *purpose == Purpose::Deadline);
                if pause.is_some_and(|one| !one.is_open() || goes_off(one, *at, now)) {
                    continue;
                }
                let work = Work::Timer { activation: activation.clone(), purpose: *purpose };
                plan.send(Message { execution: id.clone(), work }, Some(*at), now);
            }
            Effect::DropTimer { .. } => {}
            Effect::OpenInteraction(_) => {}
            Effect::CloseInteraction(one) => match interaction(one) {
                Some(found) if found.is_open() => {}
                Some(found) => plan.closed.push((one.clone(), found.status == InteractionStatus::Cancelled)),
                None => plan.closed.push((one.clone(), true)),
            },
            Effect::AnswerCaller => plan.answer = true,
            Effect::Admit { workflow, limit } => plan.admit = Some((workflow.clone(), *limit)),
        }
    }
    let open = asked.into_iter().filter(|one| one.is_open());
    plan.clocks.extend(open.map(|one| (one.interaction_id.to_string(), pause(id, one))));
    plan
}

impl Plan {
    /// A message: on the queue where it can wait there, else by a clock. The same message for the same time is the same
    /// clock, so that asking twice is asking once. A time that has come needs none, whatever was asked before.
    fn send(&mut self, message: Message, at: Option<Time>, now: Time) {
        let message = small(message);
        let longest = now.after_seconds(f64::from(limits::QUEUE_DELAY_SECONDS));
        match at.filter(|at| *at > longest) {
            None => self.messages.push((message, at.filter(|at| *at > now))),
            Some(at) => {
                let text = Envelope::new(message).to_json();
                let name = derive(&["timer", &text, &at.0.to_string()]);
                self.clocks.push((name, json!({ "kind": "timer", "at": moment(at), "message": text })));
            }
        }
    }
}

/// A message that SQS takes: why a child failed may be as long as its document made it, and its parent needs the
/// beginning; and two characters that JSON leaves as they are make SQS refuse the whole.
fn small(mut message: Message) -> Message {
    if let Work::ChildEnded { error: Some(why), .. } = &mut message.work {
        why.truncate(why.floor_char_boundary(limits::REASON_BYTES));
        if why.contains(REFUSED) {
            *why = why.replace(REFUSED, "\u{fffd}");
        }
    }
    message
}

/// Characters that SQS takes in no body: no XML document may have them. Others of that kind JSON escapes.
const REFUSED: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// When a pause's clock goes off: at the first deadline, and at the second one where it escalates. Made only of what
/// does not change once the question is asked, so that starting the clock again is starting the same.
fn alarms(one: &Interaction) -> Vec<Time> {
    let Some(seconds) = one.timeout_seconds else { return Vec::new() };
    let first = one.created_at.after_seconds(seconds);
    let escalates = one.timeout_action == TimeoutAction::Escalate && !one.escalate_to.is_empty();
    [first].into_iter().chain(escalates.then(|| first.after_seconds(seconds))).collect()
}

/// Transitions of the wait machine that a plan pays for: those of clocks as far as is known when they are started, and
/// of alarms that went off once their question is over.
pub(crate) fn clock_transitions(plan: &Plan, state: &Execution, now: Time) -> u64 {
    let begun = plan.clocks.iter().map(|(name, _)| match state.interaction(name) {
        Some(one) => prices::pause_transitions(alarms(one).len(), 0),
        None => prices::TIMER_TRANSITIONS,
    });
    let over = plan.closed.iter().filter_map(|(id, _)| state.interaction(id.as_str())).map(|one| {
        let alarms = alarms(one);
        let gone_off = alarms.iter().filter(|at| **at <= now).count();
        prices::pause_transitions(alarms.len(), gone_off) - prices::pause_transitions(alarms.len(), 0)
    });
    begun.chain(over).sum()
}

/// Whether a pause's clock still goes off for a deadline. A little early does no harm: the rules then set a timer.
fn goes_off(one: &Interaction, deadline: Time, now: Time) -> bool {
    alarms(one).iter().any(|alarm| *alarm == deadline || (now < *alarm && *alarm <= deadline))
}

/// The input of a pause's clock: byte-identical whenever it is asked for.
fn pause(id: &ExecutionId, one: &Interaction) -> Value {
    let work = Work::Timer { activation: one.activation.clone(), purpose: Purpose::Deadline };
    let message = Envelope::new(Message { execution: id.clone(), work }).to_json();
    let alarms: Vec<String> = alarms(one).into_iter().map(moment).collect();
    json!({
        "kind": "pause",
        "execution": id,
        "interaction": one.interaction_id,
        "message": message,
        "alarms": alarms,
    })
}

/// A time as Step Functions reads it: whole seconds, rounded up, so that nothing fires early.
fn moment(at: Time) -> String {
    let whole = Time(at.0.saturating_add(999).div_euclid(1000).saturating_mul(1000));
    whole.to_string().replacen(".000Z", "Z", 1)
}

#[cfg(test)]
mod tests;
