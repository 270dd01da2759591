//! Reckons what a commit costs beyond its own write: the write of the head, the messages, and the clocks.

use super::{cache::Known, head::units, undelivered::After};
use crate::{
    billing::meter::Spent,
    delivery::plan::{clock_transitions, plan},
};
use document::time::Time;
use stepwell_core::effect::Effect;

/// What an execution has used before a commit, and what the commit's effects will use. The write of the commit itself
/// is not included, nor are the messages that let other executions in.
pub(super) fn spending(before: Option<&Known>, effects: &[Effect], after: &After, now: Time, parts: usize) -> Spent {
    let old = before.map_or(&after.state, |known| &known.state);
    let head_writes = if after.write { units(old, after, parts) } else { 0.0 };
    let plan = plan(after.state.id(), effects, Some(&after.state), now);
    let follows = Spent {
        head_writes,
        messages: plan.messages.len() as u64,
        alarms: plan.clocks.len() as u64,
        transitions: clock_transitions(&plan, &after.state, now),
        ..Spent::default()
    };
    before.map(|known| known.spent).unwrap_or_default().plus(follows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::story::{Story, document};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use stepwell_core::{
        command::{Command, Control},
        effect::Purpose,
    };

    /// What the last command of a story costs: messages, clocks and transitions.
    fn cost(story: &Story) -> (u64, u64, u64) {
        let after = After { state: Arc::new(story.state.clone()), due: None, was_due: None, mark: None, write: false };
        let spent = spending(None, &story.effects, &after, story.now, 4);
        (spent.messages, spent.alarms, spent.transitions)
    }

    fn approval(config: Value) -> Story {
        let mut whole = json!({"question": "Pay?", "wait_by": "states"});
        whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        Story::opened(&document("approval", whole))
    }

    #[test]
    fn a_wait_is_a_message_or_a_clock() {
        assert_eq!(cost(&Story::opened(&document("wait", json!({"seconds": 60})))), (1, 0, 0));
        assert_eq!(cost(&Story::opened(&document("wait", json!({"seconds": 3600})))), (0, 1, 3));
    }

    #[test]
    fn a_pause_is_nothing_and_with_a_deadline_soon_a_message() {
        let asks = |config: Value| {
            let mut whole = json!({"question": "Pay?"});
            whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
            cost(&Story::opened(&document("approval", whole)))
        };
        assert_eq!(asks(json!({})), (0, 0, 0));
        assert_eq!(asks(json!({"timeout_seconds": 60})), (1, 0, 0));
        assert_eq!(asks(json!({"timeout_seconds": 86_400})), (0, 0, 0));
    }

    #[test]
    fn a_pause_by_states_is_a_clock_and_no_message() {
        assert_eq!(cost(&approval(json!({}))), (0, 1, 6), "nothing goes off");
        let mut story = approval(json!({"timeout_seconds": 3600}));
        assert_eq!(cost(&story), (0, 1, 7));
        story.approve();
        assert_eq!(cost(&story).2, 0, "it went as it was counted");
    }

    #[test]
    fn an_alarm_that_went_off_is_counted_when_its_question_is_over() {
        let mut story =
            approval(json!({"timeout_seconds": 60, "timeout_action": "escalate", "escalate_to": ["bo@x.org"]}));
        assert_eq!(cost(&story), (0, 1, 7));
        story.after(60.0).fire(Purpose::Deadline);
        assert!(story.question().is_open(), "it escalated");
        story.after(10.0).approve();
        assert_eq!(cost(&story).2, 2, "one alarm said so, and the next waited");
        let mut story = approval(json!({"timeout_seconds": 60}));
        story.after(70.0).ask(Command::Control { control: Control::Cancel, reason: None });
        assert_eq!(cost(&story).2, 1);
    }
}
