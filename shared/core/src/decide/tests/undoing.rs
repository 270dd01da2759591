//! What comes of the attempts to undo things, in whatever order it is told.

use super::story::Story;
use crate::{
    command::{Again, Command, Control},
    effect::{Effect, Message, Undoing, Work},
    error::Rejection,
    event::{Event, Unstick},
    execution::Status,
    id::Activation,
    payload::Payload,
    rollback::{Plan, Rollback, Undo, What},
    task::{Failure, Outcome},
};
use document::{Delivery, Retry};
use serde_json::json;
use std::sync::Arc;

/// A story that goes back to its first checkpoint, and undoes `b` and then `a`.
fn given() -> Story {
    let node = |id: &str| json!({"id": id, "type": "http_request", "config": {"url": "https://example.com"}});
    let edges = json!([{"from": "start", "to": "a"}, {"from": "a", "to": "b"}]);
    let mut story = Story::given(json!([node("a"), node("b")]), edges, json!({}));
    story.succeed("a", json!(1)).unwrap();
    story.succeed("b", json!(1)).unwrap();
    story.is(Status::Completed);
    let undo = |node: &str| Undo {
        activation: Activation { epoch: 0, node: node.into(), visit: 1 },
        patched: None,
        what: What::Node { output: Payload::default(), unknown: false, until: None, seen: Box::default() },
    };
    let point = Box::new(crate::rollback::Point::of(&story.state, None));
    let plan = Plan { point: Some(point), undo: vec![undo("b"), undo("a")], signals: Vec::new(), carried: None };
    let seq = story.state.seq;
    story.when(Command::RollBack { rollback: Box::new(Rollback::to(1)), plan: Arc::new(plan), seq }).unwrap();
    story
}

fn outcome_of(number: usize, attempt: u32, outcome: Outcome<Payload>, again: Option<Again>) -> Command {
    Command::Undone { undoing: Undoing { epoch: 1, number, attempt }, outcome, again }
}

fn refunded(number: usize, attempt: u32) -> Command {
    outcome_of(number, attempt, Outcome::Succeeded { port: "success".into(), output: Payload::default() }, None)
}

fn refused(number: usize, attempt: u32) -> Command {
    outcome_of(number, attempt, Outcome::Failed(Failure::new("refused", "no")), None)
}

fn unknown(number: usize, attempt: u32) -> Command {
    let retry = Retry { max_attempts: 3, initial_seconds: 1.0, backoff: 2.0, max_seconds: 5.0, jitter: false };
    let again = Some(Again { retry, delivery: Delivery::AtMostOnce });
    outcome_of(number, attempt, Outcome::Unknown(Failure::new("outcome_unknown", "who knows")), again)
}

fn unstick(action: Unstick) -> Command {
    Command::Unstick { action, node: None, output: None, reason: None }
}

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}

/// The attempts to undo something that the last command asked for.
fn asked(story: &Story) -> Vec<(usize, u32)> {
    let of = |effect: &Effect| match effect {
        Effect::Send { message: Message { work: Work::Undo(undoing), .. }, .. } => {
            Some((undoing.number, undoing.attempt))
        }
        _ => None,
    };
    story.effects.iter().filter_map(of).collect()
}

fn is_stale(reply: &Result<(), Rejection>) -> bool {
    matches!(reply, Err(Rejection::Stale(_)))
}

#[test]
fn whatever_comes_of_an_attempt_that_failed_for_good_counts_no_more() {
    for late in [refunded(0, 1), refused(0, 1), unknown(0, 1)] {
        for action in [Unstick::Skip, Unstick::MarkDone, Unstick::Retry] {
            let mut story = given();
            story.when(refused(0, 1)).unwrap();
            story.is(Status::Stuck);
            // When another copy of the attempt ends, then nothing changes,
            let before = story.state.clone();
            assert!(is_stale(&story.when(late.clone())), "{late:?}");
            assert_eq!(story.state, before);
            // and the way out is the one of what it is stuck at.
            story.when(unstick(action)).unwrap();
            story.is(Status::RollingBack);
            let next = if action == Unstick::Retry { (0, 2) } else { (1, 1) };
            assert_eq!(asked(&story), [next]);
            assert!(is_stale(&story.when(late.clone())));
        }
    }
}

#[test]
fn the_same_of_the_last_thing_of_a_plan() {
    for action in [Unstick::Skip, Unstick::MarkDone, Unstick::Retry] {
        let mut story = given();
        story.when(refunded(0, 1)).unwrap();
        story.when(refused(1, 1)).unwrap();
        assert!(is_stale(&story.when(refunded(1, 1))));
        story.is(Status::Stuck);
        story.when(unstick(action)).unwrap();
        if action == Unstick::Retry {
            assert_eq!(asked(&story), [(1, 2)]);
            story.when(refunded(1, 2)).unwrap();
        }
        assert!(story.state.rolling.is_none(), "the checkpoint is back");
    }
}

#[test]
fn the_outcome_of_what_is_in_flight_during_a_pause_counts_once() {
    let mut story = given();
    story.when(control(Control::Pause)).unwrap();
    story.when(refunded(0, 1)).unwrap();
    assert_eq!(asked(&story), [], "nothing begins during a pause");
    story.when(control(Control::Resume)).unwrap();
    assert_eq!(asked(&story), [(1, 1)]);
    assert!(is_stale(&story.when(refused(0, 1))));
    story.is(Status::RollingBack);
}

#[test]
fn a_failure_during_a_pause_is_decided_by_a_person_and_goes_on_after_the_pause() {
    let mut story = given();
    story.when(control(Control::Pause)).unwrap();
    story.when(refused(0, 1)).unwrap();
    story.is(Status::Stuck);
    story.when(control(Control::Resume)).unwrap();
    assert_eq!(asked(&story), []);
    assert!(is_stale(&story.when(refunded(0, 1))));
    story.when(unstick(Unstick::MarkDone)).unwrap();
    assert_eq!(asked(&story), [(1, 1)]);
}

#[test]
fn a_retry_after_a_cancel_makes_another_attempt_of_what_failed() {
    let mut story = given();
    story.when(refused(0, 1)).unwrap();
    story.when(control(Control::Cancel)).unwrap();
    assert!(is_stale(&story.when(refunded(0, 1))));
    story.when(control(Control::Retry)).unwrap();
    assert_eq!(asked(&story), [(0, 2)]);
    assert!(is_stale(&story.when(refunded(0, 1))), "the attempt before it is over");
    story.is(Status::RollingBack);
    story.when(refunded(0, 2)).unwrap();
    assert_eq!(asked(&story), [(1, 1)]);
}

#[test]
fn one_that_is_made_once_waits_for_a_person_after_a_retry_too() {
    let mut story = given();
    let deadline = story.now.after_seconds(9.0);
    story.when(Command::IntendUndo { undoing: Undoing { epoch: 1, number: 0, attempt: 1 }, deadline }).unwrap();
    story.when(unknown(0, 1)).unwrap();
    story.is(Status::Stuck);
    assert!(is_stale(&story.when(unknown(0, 1))), "it is recorded once");
    let error = story.state.stuck.clone();
    story.when(control(Control::Cancel)).unwrap();
    story.when(control(Control::Retry)).unwrap();
    story.is(Status::Stuck);
    assert_eq!((asked(&story), &story.state.stuck), (Vec::new(), &error));
    assert!(!story.events.iter().any(|event| matches!(event, Event::CompensationFailed(_))));
    assert!(is_stale(&story.when(refunded(0, 1))));
    // Whoever asks for another attempt knows that.
    story.when(unstick(Unstick::Retry)).unwrap();
    assert_eq!(asked(&story), [(0, 2)]);
}

#[test]
fn what_a_message_was_lost_of_is_sent_again_and_its_outcome_counts_then() {
    let mut story = given();
    let letter = Command::DeadLetter { about: "the undoing".into(), at: (None, None), error: "no luck".into() };
    story.when(letter).unwrap();
    story.is(Status::Stuck);
    assert!(is_stale(&story.when(refunded(0, 1))), "a person decides what was done");
    story.when(unstick(Unstick::Redrive)).unwrap();
    assert_eq!(asked(&story), [(0, 1)]);
    story.when(refunded(0, 1)).unwrap();
    assert_eq!(asked(&story), [(1, 1)]);
}
