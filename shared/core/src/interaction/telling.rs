//! Who is told of a question, when, and how what became of the messages is kept.

use super::{
    Interaction,
    channel::Channel,
    delivery::{Delivery, DeliveryStatus, Notice, Told},
};
use crate::{effect::Delivering, limits};
use document::{group_of, time::Time};

/// One receiver of messages.
struct Receiver<'a> {
    channel: usize,
    of: &'a Channel,
    to: &'a str,
    personal: bool,
}

/// Everybody whom the channels of a question write to: its people one by one, but for whoever may not answer, and what is
/// named by itself.
fn receivers(one: &Interaction) -> Vec<Receiver<'_>> {
    let may_answer = |to: &&String| !is_kept_out(one, to);
    let asked = || one.assignees.iter().filter(may_answer);
    let people = |channel, of| asked().map(move |to| Receiver { channel, of, to, personal: true });
    let mut all = Vec::new();
    for (channel, of) in one.channels.iter().enumerate() {
        let named = |to| Receiver { channel, of, to, personal: false };
        match of {
            Channel::Web => {}
            Channel::Email { to } => {
                all.extend(people(channel, of));
                all.extend(to.iter().map(|to| named(to)));
            }
            Channel::Slack { channel: Some(name) } => all.push(named(name)),
            Channel::Slack { channel: None } => all.extend(people(channel, of)),
            Channel::Webhook { name } => all.push(named(name.as_deref().unwrap_or("webhook"))),
        }
    }
    all
}

fn is_kept_out(one: &Interaction, person: &str) -> bool {
    one.kept_out.iter().chain(&one.also_kept_out).any(|requester| requester.eq_ignore_ascii_case(person))
}

/// How many messages the opening of a question takes.
pub(crate) fn count(one: &Interaction) -> usize {
    receivers(one).len()
}

/// Notes messages to all receivers that are new, each once however the name is written, and to those who were dropped
/// and are asked again; told by [`Notice::Asked`] or [`Notice::Escalated`].
pub(crate) fn tell_new(one: &mut Interaction, notice: Notice) {
    let wanted: Vec<Delivery> =
        receivers(one).into_iter().filter_map(|it| fresh(it.channel, it.of, it.to, it.personal, notice)).collect();
    for new in wanted {
        let has_room = one.deliveries.len() < limits::DELIVERIES;
        let known = one.deliveries.iter().position(|it| is_to(it, new.channel, &new.to));
        match known.and_then(|ix| one.deliveries.get_mut(ix)) {
            Some(known) if known.status == DeliveryStatus::Dropped || known.gone => {
                known.gone = false;
                anew(known, notice);
            }
            Some(_) => {}
            None if has_room => one.deliveries.push(new),
            None => {}
        }
    }
}

fn is_to(delivery: &Delivery, channel: usize, to: &str) -> bool {
    delivery.channel == channel && delivery.to.eq_ignore_ascii_case(to)
}

fn fresh(channel: usize, of: &Channel, to: &str, personal: bool, notice: Notice) -> Option<Delivery> {
    Some(Delivery {
        channel,
        kind: of.kind()?,
        to: to.to_owned(),
        personal,
        through: None,
        notice,
        number: 1,
        status: DeliveryStatus::Pending,
        attempts: 0,
        error: None,
        due: None,
        gone: false,
        told: false,
        reference: None,
    })
}

/// Notes another message to a receiver, in place of the one before.
fn anew(delivery: &mut Delivery, notice: Notice) {
    delivery.notice = notice;
    delivery.number += 1;
    delivery.status = DeliveryStatus::Pending;
    (delivery.attempts, delivery.error, delivery.due) = (0, None, None);
}

/// Notes a message to those who are asked and have not answered, and to the receivers that are no people. A message that
/// is still on its way stands for this one.
pub(crate) fn remind(one: &mut Interaction, notice: Notice) {
    let answered = answered(one);
    for delivery in &mut one.deliveries {
        let waits = delivery.status == DeliveryStatus::Pending;
        // The members of a group are written to when the group is.
        let gone = delivery.status == DeliveryStatus::Dropped || delivery.gone || delivery.through.is_some();
        if !(waits || answered.contains(&delivery.to.to_ascii_lowercase()) || gone) {
            anew(delivery, notice);
        }
    }
}

/// The names of those who have answered, in lower case.
fn answered(one: &Interaction) -> Vec<String> {
    one.responses.iter().map(|it| it.by.to_ascii_lowercase()).collect()
}

/// Notes a message to a non-personal receiver of every channel, as where the people who are asked have changed.
pub(crate) fn tell_channels(one: &mut Interaction, notice: Notice) {
    let shared = one.deliveries.iter_mut().filter(|it| !it.personal && it.status != DeliveryStatus::Pending);
    shared.for_each(|delivery| anew(delivery, notice));
}

/// Sends the message again to a receiver; to all that still matter where none is named. `spares`: those who have answered
/// matter no more.
pub(crate) fn again(one: &mut Interaction, to: Option<&str>, spares: bool) {
    let answered = if spares { answered(one) } else { Vec::new() };
    let meant = |it: &&mut Delivery| match to {
        Some(to) => it.to.eq_ignore_ascii_case(to),
        None => {
            let gone = it.status == DeliveryStatus::Dropped || it.gone || it.through.is_some();
            !gone && !answered.contains(&it.to.to_ascii_lowercase())
        }
    };
    one.deliveries.iter_mut().filter(meant).for_each(|delivery| anew(delivery, Notice::Again));
}

/// Drops the messages to people who are no longer asked. `tells`: only what is still on its way; what was sent was sent.
pub(crate) fn drop_others(one: &mut Interaction, tells: bool) {
    let assignees: Vec<String> = one.assignees.iter().map(|it| it.to_ascii_lowercase()).collect();
    for delivery in one.deliveries.iter_mut().filter(|it| it.personal) {
        let asked_as = delivery.through.as_ref().unwrap_or(&delivery.to).to_ascii_lowercase();
        if assignees.contains(&asked_as) {
            continue;
        }
        delivery.gone = tells;
        if !tells || delivery.status == DeliveryStatus::Pending {
            delivery.status = DeliveryStatus::Dropped;
            delivery.due = None;
        }
    }
}

/// Notes the outcome to everybody who was told of the question, and drops what is on its way about it.
pub(crate) fn close(one: &mut Interaction) {
    one.remind_at = None;
    for delivery in &mut one.deliveries {
        let is_group = delivery.personal && group_of(&delivery.to).is_some();
        let heard = delivery.told && (delivery.status != DeliveryStatus::Dropped || delivery.gone);
        if heard && !is_group {
            anew(delivery, Notice::Outcome);
        } else if delivery.status == DeliveryStatus::Pending {
            delivery.status = DeliveryStatus::Dropped;
            delivery.due = None;
        }
    }
}

/// Keeps what became of one try. `again` is when the next one follows; none where none does.
pub(crate) fn tried(one: &mut Interaction, ix: usize, told: &Told, again: Option<Time>) {
    let Some(delivery) = one.deliveries.get_mut(ix) else { return };
    // A bounce tells of a try that was counted, but where it is the first word of it.
    let was_counted = matches!(told, Told::Bounced { .. }) && delivery.status != DeliveryStatus::Pending;
    delivery.attempts += u32::from(!was_counted);
    delivery.due = again;
    match told {
        Told::Sent { reference } => {
            let was_dropped = delivery.status == DeliveryStatus::Dropped;
            (delivery.status, delivery.error, delivery.told) = (DeliveryStatus::Sent, None, true);
            // Later messages refer to the one that shows the question whole.
            if delivery.reference.is_none() || matches!(delivery.notice, Notice::Asked | Notice::Again) {
                delivery.reference.clone_from(reference);
            }
            // It had left when the question was decided: whoever got it is told how that went.
            if was_dropped {
                anew(delivery, Notice::Outcome);
            }
        }
        Told::Members(members) => {
            (delivery.status, delivery.error, delivery.told) = (DeliveryStatus::Sent, None, true);
            let group = delivery.clone();
            tell_members(one, &group, members);
        }
        Told::Failed { error, .. } => {
            delivery.error = Some(error.clone());
            if again.is_none() {
                delivery.status = DeliveryStatus::Failed;
            }
        }
        Told::Refused { error } => {
            (delivery.status, delivery.error) = (DeliveryStatus::Failed, Some(error.clone()));
        }
        Told::Dropped => delivery.status = DeliveryStatus::Dropped,
        Told::Bounced { error, arrived } => {
            (delivery.status, delivery.error) = (DeliveryStatus::Bounced, Some(error.clone()));
            // Whose first message came back was told nothing, and so is not told the outcome either.
            delivery.told = *arrived || (delivery.told && delivery.number > 1);
        }
    }
}

/// Notes a message to each member of a group, with the notice that was meant for the group.
fn tell_members(one: &mut Interaction, group: &Delivery, members: &[String]) {
    let answered = answered(one);
    let asked: Vec<&String> = members.iter().filter(|member| !is_kept_out(one, member)).collect();
    for member in asked {
        let known = one.deliveries.iter().position(|it| is_to(it, group.channel, member));
        let has_answered = answered.contains(&member.to_ascii_lowercase());
        if let Some(known) = known.and_then(|ix| one.deliveries.get_mut(ix)) {
            let waits = known.status == DeliveryStatus::Pending;
            if !waits && known.through.is_some() && !has_answered {
                known.gone = false;
                anew(known, group.notice);
            }
        } else if one.deliveries.len() < limits::DELIVERIES {
            one.deliveries.push(Delivery {
                to: member.clone(),
                through: Some(group.to.clone()),
                number: 1,
                status: DeliveryStatus::Pending,
                attempts: 0,
                error: None,
                due: None,
                gone: false,
                told: false,
                reference: None,
                ..group.clone()
            });
        }
    }
}

/// Whether a try is about a message that had left when the question was decided, and was dropped then.
pub(crate) fn had_left(one: &Interaction, delivering: &Delivering) -> bool {
    let delivery = one.deliveries.get(delivering.delivery);
    !one.is_open()
        && delivery.is_some_and(|it| {
            let same = it.number == delivering.number && it.attempts + 1 == delivering.attempt;
            same && it.status == DeliveryStatus::Dropped && it.notice != Notice::Outcome
        })
}

/// Whether a message can have come back: the latest to its receiver, which was tried and has not come back before. The
/// channel's first word of it may have been lost, or be slower than this one.
pub(crate) fn can_bounce(one: &Interaction, delivering: &Delivering) -> bool {
    one.deliveries.get(delivering.delivery).is_some_and(|it| {
        let was_tried = it.number == delivering.number && delivering.attempt <= it.attempts + 1;
        was_tried
            && match it.status {
                DeliveryStatus::Pending | DeliveryStatus::Sent | DeliveryStatus::Failed => true,
                DeliveryStatus::Bounced | DeliveryStatus::Dropped => false,
            }
    })
}

/// The message that a try is about; none where it is not on its way any more.
pub fn on_its_way<'a>(one: &'a Interaction, delivering: &Delivering) -> Option<&'a Delivery> {
    let delivery = one.deliveries.get(delivering.delivery)?;
    let same = delivery.number == delivering.number && delivery.attempts + 1 == delivering.attempt;
    (same && delivery.status == DeliveryStatus::Pending).then_some(delivery)
}
