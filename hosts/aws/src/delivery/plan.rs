//! Plans which calls to AWS the effects of a turn become. Everything here is pure, so that tests reach every case;
//! `deliver` carries the plan out.
//!
//! | effect | becomes |
//! |---|---|
//! | `Send`, `SetTimer` within 15 minutes | a delayed message |
//! | `Send`, `SetTimer` later | a clock: an execution of the wait machine, named by a hash of message and time |
//! | `SetTimer` for a deadline or a reminder later | nothing: the head is due then, and the supervisor looks |
//! | `OpenInteraction` by `states` | a clock with the interaction's deadlines, which opens the interaction with its task token |
//! | `SetTimer` for the deadline of that interaction | nothing: the interaction's clock goes off at the deadline |
//! | `CloseInteraction` | the interaction's task is completed where there is one; a cancelled one's clock is stopped too |
//! | `DropTimer` | nothing: the rules refuse a timer as stale where nothing waits for it |
//! | `AnswerCaller` | the task of each caller that waits for the execution's end is completed or failed |
//! | `Admit` | a message to each execution that was held back and that may go on |

use crate::{billing::prices, limits};
use document::{TimeoutAction, WaitBy, time::Time};
use engine::envelope::Envelope;
use serde_json::{Value, json};
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    execution::Execution,
    id::{ExecutionId, InteractionId, derive},
    interaction::{Interaction, InteractionStatus},
};

/// The calls to AWS that effects become.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Messages for the step queue, each with the time before which it is not handed out; none means at once.
    pub messages: Vec<(Message, Option<Time>)>,
    /// Clocks to start, each with its name and its JSON input.
    pub clocks: Vec<(String, Value)>,
    /// Interactions that are over, each with whether it was cancelled and has a clock that is void.
    pub closed: Vec<(InteractionId, bool)>,
    /// Whether the callers that wait for the execution's end are to be told.
    pub answer: bool,
    /// Whether further executions of the workflow may go on.
    pub admit: bool,
}

/// Whether the plan of these effects depends on the execution's state. Messages and timers alone need no state, which
/// saves a load.
pub(crate) fn needs_state(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| {
        let plain = matches!(effect, Effect::Send { .. } | Effect::SetTimer { .. } | Effect::DropTimer { .. });
        !plain
    })
}

/// Plans the effects of the execution `id` as of `now`. `state` is `None` where [`needs_state`] says that none is
/// needed, or where the execution was removed: then none of its interactions is open.
pub(crate) fn plan(id: &ExecutionId, effects: &[Effect], state: Option<&Execution>, now: Time) -> Plan {
    let mut plan = Plan::default();
    let interaction = |one: &InteractionId| state.and_then(|state| state.interaction(one.as_str()));
    // The interactions that these effects open are known first, because their clocks replace their deadlines' timers.
    let asked: Vec<&Interaction> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::OpenInteraction(one) => interaction(one).map(|one| &**one).filter(|one| by_states(one)),
            _ => None,
        })
        .collect();
    for effect in effects {
        match effect {
            Effect::Send { message, at } => plan.send(message.clone(), *at, now),
            Effect::SetTimer { activation, purpose, at } => {
                let pause = asked.iter().find(|one| one.activation == *activation && *purpose == Purpose::Deadline);
                // A question that is over needs no timer, and the clock of an open one goes off at its deadlines.
                if pause.is_some_and(|one| !one.is_open() || goes_off(one, *at, now)) {
                    continue;
                }
                // An execution of Step Functions costs as much as a hundred writes, and people take their time.
                if matches!(purpose, Purpose::Deadline | Purpose::Remind) && *at > longest_delay(now) {
                    continue;
                }
                let work = Work::Timer { activation: activation.clone(), purpose: *purpose };
                plan.send(Message { execution: id.clone(), work }, Some(*at), now);
            }
            Effect::DropTimer { .. } => {}
            // The clocks of opened interactions follow below.
            Effect::OpenInteraction(_) => {}
            Effect::CloseInteraction(one) => match interaction(one) {
                Some(found) if found.is_open() => {}
                Some(found) => {
                    let has_clock = by_states(found) && found.status == InteractionStatus::Cancelled;
                    plan.closed.push((one.clone(), has_clock));
                }
                None => plan.closed.push((one.clone(), true)),
            },
            Effect::AnswerCaller => plan.answer = true,
            Effect::Admit { .. } => plan.admit = true,
        }
    }
    // A clock bears its interaction's id as its name, so that starting it again starts no second one.
    let open = asked.into_iter().filter(|one| one.is_open());
    plan.clocks.extend(open.map(|one| (one.interaction_id.to_string(), pause(id, one))));
    plan
}

/// The latest time for which SQS can delay a message.
fn longest_delay(now: Time) -> Time {
    now.after_seconds(f64::from(limits::QUEUE_DELAY_SECONDS))
}

/// Whether a question waits in Step Functions, as its document says.
fn by_states(one: &Interaction) -> bool {
    one.wait_by == WaitBy::States
}

impl Plan {
    /// Adds a message: to the queue where SQS can delay it so long (15 minutes), else to a clock. The clock's name
    /// derives from the message and the time, so that asking twice starts one clock. A message whose time has come
    /// always goes to the queue, since a clock of its name may have run already and a name serves only once.
    fn send(&mut self, message: Message, at: Option<Time>, now: Time) {
        let message = small(message);
        match at.filter(|at| *at > longest_delay(now)) {
            None => self.messages.push((message, at.filter(|at| *at > now))),
            Some(at) => {
                let text = Envelope::new(message).to_json();
                let name = derive(&["timer", &text, &at.0.to_string()]);
                self.clocks.push((name, json!({ "kind": "timer", "at": moment(at), "message": text })));
            }
        }
    }
}

/// Makes a message acceptable to SQS. The reason why a child failed, or cannot be undone, may be of any length, of which
/// its parent needs the beginning only, and it may hold characters that SQS refuses.
fn small(mut message: Message) -> Message {
    if let Work::ChildEnded { error: Some(why), .. } | Work::ChildUndone { error: Some(why), .. } = &mut message.work {
        why.truncate(why.floor_char_boundary(limits::REASON_BYTES));
        if why.contains(REFUSED) {
            *why = why.replace(REFUSED, "\u{fffd}");
        }
    }
    message
}

/// Characters that SQS refuses in a message's body, since XML 1.0 (§2.2) excludes them. JSON escapes the other excluded
/// characters, which are control characters, but leaves these two as they are.
const REFUSED: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// The times at which a pause's clock goes off: the question's first deadline and, where the question escalates, the
/// second one. They derive only from what never changes once the question is asked, so that a clock that is started
/// again has the same input.
fn alarms(one: &Interaction) -> Vec<Time> {
    let Some(seconds) = one.timeout_seconds else { return Vec::new() };
    let first = one.created_at.after_seconds(seconds);
    let escalates = one.timeout_action == TimeoutAction::Escalate && !one.escalate_to.is_empty();
    [first].into_iter().chain(escalates.then(|| first.after_seconds(seconds))).collect()
}

/// The number of state transitions of the wait machine that a plan is charged with. A clock is charged when it starts,
/// as if none of its alarms went off; alarms that did go off are charged when their question is over, since their
/// number is known only then.
pub(crate) fn clock_transitions(plan: &Plan, state: &Execution, now: Time) -> u64 {
    let begun = plan.clocks.iter().map(|(name, _)| match state.interaction(name) {
        Some(one) => prices::pause_transitions(alarms(one).len(), 0),
        None => prices::TIMER_TRANSITIONS,
    });
    let over = plan.closed.iter().filter_map(|(id, _)| state.interaction(id.as_str())).filter(|one| by_states(one));
    let over = over.map(|one| {
        let alarms = alarms(one);
        let gone_off = alarms.iter().filter(|at| **at <= now).count();
        prices::pause_transitions(alarms.len(), gone_off) - prices::pause_transitions(alarms.len(), 0)
    });
    begun.chain(over).sum()
}

/// Whether a pause's clock goes off for a deadline: at the deadline, or at a time before it that is yet to come. An
/// alarm that is early does no harm: the rules then set a timer for the rest.
fn goes_off(one: &Interaction, deadline: Time, now: Time) -> bool {
    alarms(one).iter().any(|alarm| *alarm == deadline || (now < *alarm && *alarm <= deadline))
}

/// The input of a pause's clock: byte-identical whenever it is asked for, so that starting the clock twice is starting
/// one clock.
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

/// A time as Step Functions reads it (RFC 3339, in whole seconds), rounded up so that nothing fires early.
fn moment(at: Time) -> String {
    let whole = Time(at.0.saturating_add(999).div_euclid(1000).saturating_mul(1000));
    whole.to_string().replacen(".000Z", "Z", 1)
}

#[cfg(test)]
mod tests;
