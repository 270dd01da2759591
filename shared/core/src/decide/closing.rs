//! How a question ends: with what was decided, and with what its receipt says of that moment.

use super::turn::Deciding;
use crate::{
    effect::{Effect, Purpose},
    event::{Closed, Event},
    id::InteractionId,
    interaction::{Interaction, InteractionStatus, Response, evidence::Evidence, receipt, votes::threshold},
};
use serde_json::Value;

impl Deciding<'_> {
    /// Closes a question with the response that decided it.
    pub fn close_answered(&mut self, one: &Interaction, response: Response) {
        if one.deadline.is_some() {
            self.drop_timer(&one.activation.node, Purpose::Deadline);
        }
        let decision = Some(response.decision.clone());
        self.record_closed(one, InteractionStatus::Answered, decision, Some(response), None);
    }

    /// Closes a question at its deadline, with the port that is taken then, if any, and why no person decided.
    pub fn close_late(&mut self, one: &Interaction, decision: Option<&str>, reason: &str) {
        let decision = decision.map(str::to_owned);
        self.record_closed(one, InteractionStatus::TimedOut, decision, None, Some(reason));
    }

    /// Closes an interaction that is no longer needed. An interaction that is over already keeps how it ended.
    pub fn close_interaction(&mut self, id: &InteractionId, status: InteractionStatus) {
        let Some(one) = self.state.interaction(id.as_str()).filter(|one| one.is_open()).cloned() else { return };
        if one.deadline.is_some() {
            self.drop_timer(&one.activation.node, Purpose::Deadline);
        }
        let reason = (status == InteractionStatus::TimedOut).then_some("the node's own time is over");
        self.record_closed(&one, status, None, None, reason);
    }

    /// What the output of a node says of the receipt of its question.
    pub fn receipt_of(&self, id: &InteractionId) -> Value {
        self.state.interaction(id.as_str()).map_or(Value::Null, |one| receipt::reference(one, &self.state))
    }

    fn record_closed(
        &mut self,
        one: &Interaction,
        status: InteractionStatus,
        decision: Option<String>,
        response: Option<Response>,
        reason: Option<&str>,
    ) {
        let evidence = match status {
            InteractionStatus::Answered | InteractionStatus::TimedOut => {
                let automatic = response.is_none() && decision.as_deref().is_some_and(|port| port != "timeout");
                let evidence = self.evidence(one);
                Some(Box::new(Evidence { automatic, reason: reason.map(str::to_owned), ..evidence }))
            }
            InteractionStatus::Pending | InteractionStatus::Cancelled => None,
        };
        let interaction_id = one.interaction_id.clone();
        let response = response.map(Box::new);
        let closed = Closed { interaction_id: interaction_id.clone(), status, decision, response, evidence };
        self.record_telling(&interaction_id, Event::InteractionClosed(Box::new(closed)));
        self.request(Effect::CloseInteraction(interaction_id));
    }

    fn evidence(&self, one: &Interaction) -> Evidence {
        let human = self.workflow.node(one.activation.node.as_str()).and_then(|node| node.kind.human());
        let votes = |port: &str| human.filter(|_| one.kind.is_voted()).map(|human| threshold(one, human, port));
        Evidence {
            workflow_hash: self.state.workflow_hash().to_owned(),
            approval_threshold: votes("approved"),
            rejection_threshold: votes("rejected"),
            escalated_at: one.escalated_at,
            ..Evidence::default()
        }
    }
}
