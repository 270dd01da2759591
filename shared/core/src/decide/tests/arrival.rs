//! An execution that comes from another host, of which turns are missing.

use super::story::Story;
use crate::{
    command::{Command, Control},
    due::due_at,
    effect::Effect,
    error::Rejection,
    event::{Event, Imported},
    execution::Status,
    owed::{Since, owed},
};
use serde_json::json;
use std::sync::Arc;

/// An execution that waits for an hour, as it is where so many turns of it were exported.
fn arriving(turns: u64) -> Story {
    let nodes = json!([{ "id": "wait", "type": "wait", "config": { "seconds": 3600 } }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "wait" }]), json!({}));
    story.open("wait");
    assert_eq!(story.state.seq, 2);
    Arc::make_mut(&mut story.state.started).imported = Some(Imported { turns });
    story
}

fn asked(control: Control) -> Command {
    Command::Control { control, reason: None }
}

#[test]
fn while_turns_are_missing_nothing_moves_it_and_it_owes_nothing() {
    let mut story = arriving(5);
    story.is(Status::Pending);
    assert!(owed(&story.workflow, &story.state, Since::Ever).is_empty());
    assert_eq!(due_at(&story.workflow, &story.state), None);
    assert_eq!(story.state.times_out_at(), None);
    for command in [
        asked(Control::Pause),
        asked(Control::Resume),
        asked(Control::Retry),
        Command::Signal { name: "x".into(), data: json!(1).into() },
        Command::Imported,
    ] {
        let refused = story.when(command).unwrap_err();
        assert!(matches!(&refused, Rejection::Status { message, .. } if message.contains("2 of its 5")), "{refused}");
    }
    // What comes from workers comes again.
    for command in [Command::Timeout, Command::Admit] {
        assert_eq!(story.when(command).unwrap_err(), Rejection::Unknown);
    }
    assert_eq!(story.state.seq, 2);
}

#[test]
fn the_word_that_all_is_there_lets_it_go_on_with_what_it_owes() {
    let mut story = arriving(2);
    story.when(Command::Imported).unwrap();
    assert_eq!(story.events, [Event::ExecutionImported]);
    assert!(matches!(story.effects[..], [Effect::SetTimer { .. }]), "{:?}", story.effects);
    story.is(Status::Waiting);
    assert!(!story.state.arrives());
    assert!(matches!(story.when(Command::Imported).unwrap_err(), Rejection::Stale(_)));
}

#[test]
fn an_import_may_be_given_up() {
    // With turns missing, and with all of them here but for the word that they are.
    for turns in [5, 2] {
        let mut story = arriving(turns);
        story.when(asked(Control::Cancel)).unwrap();
        story.is(Status::Cancelled);
        for command in [asked(Control::Retry), Command::Imported] {
            let refused = story.when(command).unwrap_err();
            assert!(matches!(refused, Rejection::Status { status: Status::Cancelled, .. }), "never runs: {refused}");
        }
    }
}
