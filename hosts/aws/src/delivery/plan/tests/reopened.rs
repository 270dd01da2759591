//! What becomes of the effects of an execution that had ended and was reopened.

use super::{approval, planned};
use crate::tests::story::{Story, document};
use serde_json::json;
use stepwell_core::command::{Command, Control};

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}

#[test]
fn a_long_wait_that_goes_on_has_the_clock_that_it_had_and_one_whose_time_has_come_a_message() {
    // Given a wait of more than 15 minutes, whose clock nobody stops when the execution is cancelled.
    let mut story = Story::opened(&document("wait", json!({"seconds": 3_600})));
    let begun = planned(&story).clocks;
    story.ask(control(Control::Cancel));
    // When the execution is retried before the time has come, then the clock is asked for under the same name.
    story.after(60.0).ask(control(Control::Retry));
    assert_eq!(planned(&story).clocks, begun);
    // When it is retried once the clock has gone off in vain, then a message comes at once.
    story.ask(control(Control::Cancel));
    story.after(3_600.0).ask(control(Control::Retry));
    let plan = planned(&story);
    assert_eq!((plan.clocks.len(), plan.messages.len()), (0, 1), "{plan:?}");
}

#[test]
fn a_question_that_is_asked_anew_has_a_clock_of_its_own_and_the_old_one_stays_closed() {
    let mut story = Story::opened(&approval(json!({"timeout_seconds": 3_600})));
    let asked = story.question().interaction_id.clone();
    story.ask(control(Control::Cancel));
    assert_eq!(planned(&story).closed, [(asked.clone(), true)]);
    story.after(60.0).ask(control(Control::Retry));
    story.ask(Command::Open { activation: story.activation() });
    let plan = planned(&story);
    assert_ne!(story.question().interaction_id, asked);
    assert_eq!(
        plan.clocks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        [story.question().interaction_id.as_str()]
    );
    assert!(plan.closed.is_empty(), "{plan:?}");
}
