//! How events of interactions change the state.

use super::node::node_mut;
use crate::{
    event::{Closed, Event, Reassigned},
    execution::{Execution, Phase},
    id::InteractionId,
    interaction::{InteractionStatus, delivery::Notice, put::Reassignment, telling},
};
use document::time::Time;
use std::sync::Arc;

pub(super) fn apply_interaction(state: &mut Execution, event: &Event, at: Time) {
    if let Event::InteractionOpened { interaction, timeout_at } = event {
        let node = node_mut(state, &interaction.activation.node);
        node.phase = Phase::Asking { interaction_id: interaction.interaction_id.clone() };
        node.timeout_at = *timeout_at;
        let mut one = (**interaction).clone();
        telling::tell_new(&mut one, Notice::Asked);
        state.interactions.push(Arc::new(one));
        return;
    }
    let Some(interaction_id) = interaction_of(event) else { return };
    let Some(one) = state.interactions.iter_mut().rev().find(|one| &one.interaction_id == interaction_id) else {
        return;
    };
    let one = Arc::make_mut(one);
    match event {
        Event::InteractionVoted { response, .. } => one.responses.push((**response).clone()),
        Event::InteractionClosed(closed) => {
            let Closed { status, decision, response, evidence, .. } = &**closed;
            one.status = *status;
            one.decision.clone_from(decision);
            one.decided_at = Some(at);
            one.responses.extend(response.iter().map(|response| (**response).clone()));
            one.evidence.clone_from(evidence);
            telling::close(one);
            // The execution goes on because a person decided.
            state.resume_count += u32::from(*status == InteractionStatus::Answered);
        }
        Event::InteractionEscalated { assignees, deadline, .. } => {
            one.escalated_at = Some(at);
            one.assignees.clone_from(assignees);
            one.deadline = *deadline;
            one.escalated = true;
            telling::tell_new(one, Notice::Escalated);
            telling::tell_channels(one, Notice::Escalated);
        }
        Event::InteractionTold(tried) => telling::tried(one, tried.delivery, &tried.told, tried.again_at),
        Event::InteractionReminded(reminded) => {
            one.reminded += 1;
            one.remind_at = reminded.next_at;
            telling::remind(one, Notice::Reminder);
        }
        Event::InteractionReassigned(reassigned) => {
            let Reassigned { assignees, by, reason, .. } = &**reassigned;
            let from = std::mem::replace(&mut one.assignees, assignees.clone());
            let (to, reason) = (assignees.clone(), reason.clone());
            one.reassigned.extend(by.clone().map(|by| Reassignment { at, by, from, to, reason }));
            telling::drop_others(one, reassigned.tells);
            telling::tell_new(one, Notice::Asked);
            if reassigned.tells {
                telling::tell_channels(one, Notice::Reassigned);
            }
        }
        Event::InteractionToldAgain(again) => telling::again(one, again.to.as_deref(), again.spares),
        _ => {}
    }
}

/// The question that an event is about; none for an event about something else.
fn interaction_of(event: &Event) -> Option<&InteractionId> {
    match event {
        Event::InteractionVoted { interaction_id, .. } | Event::InteractionEscalated { interaction_id, .. } => {
            Some(interaction_id)
        }
        Event::InteractionClosed(closed) => Some(&closed.interaction_id),
        Event::InteractionTold(tried) => Some(&tried.interaction_id),
        Event::InteractionReminded(reminded) => Some(&reminded.interaction_id),
        Event::InteractionReassigned(reassigned) => Some(&reassigned.interaction_id),
        Event::InteractionToldAgain(again) => Some(&again.interaction_id),
        _ => None,
    }
}
