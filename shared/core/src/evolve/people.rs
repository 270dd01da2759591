//! How events of interactions change the state.

use super::node::node_mut;
use crate::{
    event::{Closed, Event},
    execution::{Execution, Phase},
    interaction::InteractionStatus,
};
use document::time::Time;
use std::sync::Arc;

pub(super) fn apply_interaction(state: &mut Execution, event: &Event, at: Time) {
    if let Event::InteractionOpened { interaction, timeout_at } = event {
        let node = node_mut(state, &interaction.activation.node);
        node.phase = Phase::Asking { interaction_id: interaction.interaction_id.clone() };
        node.timeout_at = *timeout_at;
        state.interactions.push(Arc::new((**interaction).clone()));
        return;
    }
    let interaction_id = match event {
        Event::InteractionClosed(closed) => &closed.interaction_id,
        Event::InteractionVoted { interaction_id, .. } | Event::InteractionEscalated { interaction_id, .. } => {
            interaction_id
        }
        _ => return,
    };
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
            // The execution goes on because a person decided.
            state.resume_count += u32::from(*status == InteractionStatus::Answered);
        }
        Event::InteractionEscalated { assignees, deadline, .. } => {
            one.assignees.clone_from(assignees);
            one.deadline = *deadline;
            one.escalated = true;
        }
        _ => {}
    }
}
