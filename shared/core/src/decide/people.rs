//! What is told to people: messages and what became of them, reminders, other people in place of those who are asked.

use super::{leave, named::each_once, turn::Deciding};
use crate::{
    command::Actor,
    effect::{Delivering, Effect, Purpose},
    error::{Reason, Rejection},
    event::{Event, Reassigned, Reminded, ToldAgain, TriedToTell},
    id::InteractionId,
    interaction::{
        Interaction,
        channel::Channel,
        delivery::{Delivery, Told},
        put::Reassignment,
        telling,
        votes::out_of_reach,
    },
    limits,
    owed::message_of,
};
use document::{group_of, is_address, is_group_name, time::Time};
use std::{collections::BTreeSet, sync::Arc};

/// Records how a try to send a message ended. What fails for now is tried again, each time later.
pub(super) fn told(turn: &mut Deciding<'_>, delivering: &Delivering, told: Told) -> Result<(), Rejection> {
    if let Told::Bounced { error, arrived } = told {
        return bounced(turn, delivering, error, arrived);
    }
    let one = turn.state.interaction(delivering.interaction.as_str()).cloned();
    let on_its_way = one.as_ref().and_then(|one| telling::on_its_way(one, delivering)).cloned();
    let had_left =
        matches!(told, Told::Sent { .. }) && one.as_ref().is_some_and(|one| telling::had_left(one, delivering));
    if on_its_way.is_none() && !had_left {
        return Err(Rejection::Stale("the message is not on its way any more"));
    }
    let attempts = on_its_way.map_or(0, |delivery| delivery.attempts);
    let (told, again_at) = match told {
        Told::Failed { error, after_seconds } => {
            let error = cut(error);
            let tried = attempts + 1;
            let at = (tried < limits::DELIVERY_ATTEMPTS).then(|| turn.now.after_seconds(pause(tried, after_seconds)));
            (Told::Failed { error, after_seconds }, at)
        }
        Told::Refused { error } => (Told::Refused { error: cut(error) }, None),
        Told::Members(members) => match one.as_ref().map_or(0, |one| room(one)) {
            room if members.len() <= room => (Told::Members(members), None),
            room => {
                let error = format!("the group has {} members, and {room} more people can be told", members.len());
                (Told::Refused { error }, None)
            }
        },
        other @ (Told::Sent { .. } | Told::Dropped | Told::Bounced { .. }) => (other, None),
    };
    record_told(turn, delivering, told, again_at);
    Ok(())
}

/// Records that a message came back. One that a later message to the same receiver has taken the place of is left alone:
/// what comes back is known of that one soon.
fn bounced(turn: &mut Deciding<'_>, delivering: &Delivering, error: String, arrived: bool) -> Result<(), Rejection> {
    let one = turn.state.interaction(delivering.interaction.as_str());
    if !one.is_some_and(|one| telling::can_bounce(one, delivering)) {
        return Err(Rejection::Stale("the message came back before, or is not the latest to its receiver"));
    }
    record_told(turn, delivering, Told::Bounced { error: cut(error), arrived }, None);
    Ok(())
}

fn record_told(turn: &mut Deciding<'_>, delivering: &Delivering, told: Told, again_at: Option<Time>) {
    let Delivering { interaction, delivery, number, .. } = delivering.clone();
    let tried = TriedToTell { interaction_id: interaction.clone(), delivery, number, told, again_at };
    turn.record_telling(&interaction, Event::InteractionTold(Box::new(tried)));
}

fn room(one: &Interaction) -> usize {
    limits::DELIVERIES.saturating_sub(one.deliveries.len())
}

/// Seconds until the next try: longer each time, and no shorter than the channel asks for.
fn pause(tried: u32, asked: Option<f64>) -> f64 {
    let power = i32::try_from(tried.saturating_sub(1)).unwrap_or(i32::MAX);
    let usual = (limits::DELIVERY_RETRY_SECONDS * 4f64.powi(power)).min(limits::DELIVERY_MOST_SECONDS);
    asked
        .filter(|asked| asked.is_finite())
        .map_or(usual, |asked| asked.clamp(usual, limits::DELIVERY_MOST_SECONDS.max(usual)))
}

fn cut(mut error: String) -> String {
    error.truncate(error.floor_char_boundary(limits::DELIVERY_ERROR_BYTES));
    error
}

/// Asks other people in place of those who are asked. Votes that were given stay: whoever gave them was asked then.
pub(super) fn reassign(
    turn: &mut Deciding<'_>,
    id: &InteractionId,
    actor: &Actor,
    assignees: Vec<String>,
    reason: Option<String>,
) -> Result<(), Rejection> {
    let one = open(turn, id, actor)?;
    let assignees = each_once(assignees);
    if let Some(wrong) = unfit(turn, &one, &assignees) {
        return Err(Rejection::Invalid { message: "these people cannot be asked".into(), reasons: vec![wrong] });
    }
    if assignees == one.assignees {
        return Ok(());
    }
    let by = Some(actor.subject.clone());
    let reassigned = Reassigned { interaction_id: id.clone(), assignees, tells: true, by, reason };
    if let Some(wrong) = unkept(&one, &reassigned) {
        return Err(Rejection::Invalid {
            message: "the question was put to others too often".into(),
            reasons: vec![wrong],
        });
    }
    turn.record_telling(id, Event::InteractionReassigned(Box::new(reassigned)));
    // Hosts that keep lists of questions by their people learn of the new ones.
    turn.request(Effect::OpenInteraction(id.clone()));
    Ok(())
}

/// Why a question cannot be put to others once more: its receipt would tell of more people than are kept.
fn unkept(one: &Interaction, more: &Reassigned) -> Option<Reason> {
    let names = |all: &[String]| all.iter().map(String::len).sum::<usize>();
    let known = one.reassigned.iter().map(Reassignment::bytes).sum::<usize>();
    let reason = more.reason.as_ref().map_or(0, String::len);
    let bytes = known + names(&one.assignees) + names(&more.assignees) + reason;
    let most = limits::REASSIGNED_BYTES;
    let message =
        || format!("its receipt keeps who was asked before and why, {most} bytes in all: this would make {bytes}");
    (bytes > most || one.reassigned.len() >= limits::REASSIGNMENTS).then(|| Reason {
        code: "too_many_people".into(),
        path: "/assignees".into(),
        message: message(),
    })
}

/// Why these people cannot be asked.
fn unfit(turn: &Deciding<'_>, one: &Interaction, assignees: &[String]) -> Option<Reason> {
    let wrong = |code: &str, message: String| Some(Reason { code: code.into(), path: "/assignees".into(), message });
    if assignees.is_empty() {
        return wrong("missing_field", "`assignees` names nobody: give e-mail addresses, names or groups".into());
    }
    if let Some(name) = assignees.iter().filter_map(|one| group_of(one)).find(|name| !is_group_name(name)) {
        return wrong(
            "invalid_field",
            format!("`{name}` names no group: a name has 1 to 64 bytes without control characters"),
        );
    }
    if let Some(name) = assignees.iter().find(|name| cannot_get_mail(one, name)) {
        return wrong(
            "invalid_field",
            format!(
                "`{name}` is neither an e-mail address nor a group, and the question is put by e-mail: write it as \
                 `ana@example.com` or `group:NAME`"
            ),
        );
    }
    let bytes: usize = assignees.iter().map(String::len).sum();
    let (most, most_bytes) = (document::limits::PEOPLE, document::limits::PEOPLE_BYTES);
    let asked = Interaction { assignees: assignees.to_vec(), ..one.clone() };
    let told = telling::count(&asked) + one.deliveries.len();
    if assignees.len() > most || bytes > most_bytes || told > limits::DELIVERIES {
        let message = format!(
            "{} people in {bytes} bytes are too many: {most} in {most_bytes} bytes can be asked",
            assignees.len()
        );
        return wrong("too_many_people", message);
    }
    let human = turn.workflow.node(one.activation.node.as_str()).and_then(|node| node.kind.human());
    let human = human.filter(|_| !one.on_error)?;
    let short = out_of_reach(&asked, human, &turn.state.started)?;
    wrong("too_few_people", short)
}

/// Whether somebody who is asked anew would be sent mails that no server takes.
fn cannot_get_mail(one: &Interaction, name: &str) -> bool {
    let by_mail = one.channels.iter().any(|channel| matches!(channel, Channel::Email { .. }));
    let is_new = !one.assignees.iter().any(|known| known.eq_ignore_ascii_case(name));
    by_mail && is_new && group_of(name).is_none() && !is_address(name)
}

/// Sends the messages about a question again.
pub(super) fn tell_again(
    turn: &mut Deciding<'_>,
    id: &InteractionId,
    actor: &Actor,
    to: Option<String>,
) -> Result<(), Rejection> {
    let one = open(turn, id, actor)?;
    let reason = |path: &str, message: String| {
        let reason = Reason { code: "unknown_receiver".into(), path: path.into(), message: message.clone() };
        Err(Rejection::Invalid { message, reasons: vec![reason] })
    };
    let known: BTreeSet<&str> = one.deliveries.iter().filter(|it| !it.gone).map(|it| it.to.as_str()).collect();
    if known.is_empty() {
        let path = if to.is_some() { "/to" } else { "" };
        return reason(path, "the question has no channel by which anybody is written to".into());
    }
    if let Some(to) = &to
        && !known.iter().any(|it| it.eq_ignore_ascii_case(to))
    {
        let known: Vec<&str> = known.into_iter().take(10).collect();
        return reason("/to", format!("nobody called {to} is written to: name one of {}", known.join(", ")));
    }
    let again = ToldAgain { interaction_id: id.clone(), spares: to.is_none(), to };
    turn.record_telling(id, Event::InteractionToldAgain(again));
    Ok(())
}

/// Reminds those who have not answered, and says when it does so next.
pub(super) fn remind(turn: &mut Deciding<'_>, id: &InteractionId) {
    let Some(one) = turn.state.interaction(id.as_str()).cloned() else { return };
    let next_at = next_reminder(&one, one.reminded + 1, turn.now);
    let reminded = Reminded { interaction_id: id.clone(), next_at };
    turn.record_telling(id, Event::InteractionReminded(reminded));
    turn.set_reminder(&one, next_at);
}

/// When people are reminded after that many reminders; none where they are not.
pub(super) fn next_reminder(one: &Interaction, reminded: u32, now: Time) -> Option<Time> {
    let seconds = one.remind_every_seconds.filter(|_| reminded < limits::REMINDERS && telling::count(one) > 0)?;
    Some(now.after_seconds(seconds))
}

/// The question, where it is open and whoever acts may say whom it is put to.
fn open(turn: &Deciding<'_>, id: &InteractionId, actor: &Actor) -> Result<Arc<Interaction>, Rejection> {
    let one = turn.state.interaction(id.as_str()).cloned();
    let one = one.ok_or_else(|| Rejection::Missing(format!("there is no interaction {id}")))?;
    leave::may_put(turn, &one, actor)?;
    if one.is_open() {
        return Ok(one);
    }
    let message = format!("the interaction is over: {}", one.decision.as_deref().unwrap_or(one.status.as_str()));
    Err(Rejection::Decided { status: one.status, decision: one.decision.clone(), message })
}

impl Deciding<'_> {
    /// Records an event about a question, and sends the messages that it put on their way.
    pub fn record_telling(&mut self, id: &InteractionId, event: Event) {
        let mark = |it: &Delivery| (it.number, it.attempts, it.status);
        let before = self.state.interaction(id.as_str()).cloned();
        self.record(event);
        let Some(after) = self.state.interaction(id.as_str()).cloned() else { return };
        if before.as_ref().is_some_and(|one| one.remind_at.is_some()) && after.remind_at.is_none() {
            self.drop_timer(&after.activation.node, Purpose::Remind);
        }
        for (ix, delivery) in after.deliveries.iter().enumerate() {
            let known = before.as_ref().and_then(|one| one.deliveries.get(ix));
            if known.map(mark) != Some(mark(delivery)) {
                let sent = message_of(self.state.id(), id, ix, delivery);
                sent.into_iter().for_each(|effect| self.request(effect));
            }
        }
    }

    /// Sets the timer of the next reminder.
    pub fn set_reminder(&mut self, one: &Interaction, next_at: Option<Time>) {
        if let Some(at) = next_at {
            let activation = one.activation.clone();
            self.request(Effect::SetTimer { activation, purpose: Purpose::Remind, at });
        }
    }
}
