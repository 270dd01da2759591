//! The end of a rollback: the checkpoint comes back, and what was under way then goes on.

use super::super::{
    control::{route_recorded, send_due},
    human::interaction_id,
    start::begin_at_trigger,
    turn::Deciding,
};
use crate::{
    effect::{Effect, Purpose},
    event::{Event, Said},
    execution::Phase,
    interaction::{Interaction, InteractionStatus},
    rollback::{After, Rollback},
};
use document::graph::NodeIx;
use std::sync::Arc;

impl Deciding<'_> {
    /// Brings the checkpoint back, and does what was to follow.
    pub fn finish_rollback(&mut self) {
        let Some(rolling) = self.state.rolling.clone() else { return };
        self.record(Event::RolledBack { deadline: self.now.after_seconds(self.workflow.settings.timeout_seconds) });
        match rolling.asked.after.clone() {
            After::Cancel { epoch } => {
                let Rollback { reason, above, .. } = &rolling.asked;
                self.record(Event::ExecutionCancelled(Said { reason: reason.clone(), above: above.clone() }));
                self.tell_parent_undone(epoch, None);
                self.tell_of_end(Some("it was undone".into()));
            }
            After::Fail { error } => self.fail_execution(error),
            After::GoOn => {
                let point = rolling.plan.as_ref().and_then(|plan| plan.point.as_deref());
                let questions = point.map(|point| point.questions.clone()).unwrap_or_default();
                self.go_on_from(&questions);
            }
        }
    }

    /// Sets timers, asks questions and starts children anew, and enqueues what is due.
    pub fn go_on_from(&mut self, questions: &[Arc<Interaction>]) {
        for ix in 0..self.workflow.nodes.len() {
            self.wait_anew(ix, questions);
        }
        if self.state.paused {
            return;
        }
        if !self.state.held && self.state.nodes.is_empty() {
            begin_at_trigger(self);
            return;
        }
        send_due(self);
        route_recorded(self);
        self.look_at_joins();
        self.settle();
    }

    /// What waited at the checkpoint waits anew: questions under new ids, timers at their original times, signals that
    /// were consumed since are kept again.
    fn wait_anew(&mut self, ix: NodeIx, questions: &[Arc<Interaction>]) {
        let id = self.node(ix).id.clone();
        let activation = self.state.activation(&id);
        match self.phase(ix).clone() {
            Phase::Waiting { until, event, .. } => {
                if let Some(at) = until {
                    self.request(Effect::SetTimer { activation, purpose: Purpose::Wait, at });
                }
                self.set_timeout(ix);
                if let Some(name) = event.filter(|name| self.state.signals.iter().any(|(kept, _)| kept == name)) {
                    super::super::timer::take_signal(self, ix, &name);
                }
            }
            Phase::Asking { interaction_id: asked } => {
                let Some(then) = questions.iter().find(|one| one.interaction_id == asked) else { return };
                let timeout_at = self.state.node(&id).and_then(|node| node.timeout_at);
                let again = Interaction {
                    interaction_id: interaction_id(self, ix),
                    activation,
                    status: InteractionStatus::Pending,
                    decision: None,
                    decided_at: None,
                    ..(**then).clone()
                };
                self.open_interaction(again, timeout_at);
                self.set_timeout(ix);
            }
            Phase::Children => {
                self.set_timeout(ix);
                if !self.state.paused {
                    self.start_after_pause(ix);
                }
            }
            _ => {}
        }
    }
}
