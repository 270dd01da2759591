//! Messages that came back after their channel had taken them.

use super::{
    messages::{asking, one, runner, sent, statuses, taken, tell, two},
    story::Story,
};
use crate::{
    command::{Command, Control},
    effect::Delivering,
    error::Rejection,
    execution::Status,
    interaction::{
        Answer,
        delivery::{DeliveryStatus, Notice, Told},
    },
    limits,
};
use serde_json::json;

fn back() -> Told {
    Told::Bounced { error: "550 no such user".into(), arrived: false }
}

fn yes() -> Answer {
    Answer { approved: Some(true), ..Answer::default() }
}

/// A question to Ana and Bob, one of whom decides, and the messages to both.
fn either() -> (Story, Delivering, Delivering) {
    let story = asking(json!({ "assignees": ["ana@x.example", "bob@x.example"] }));
    let [ana, bob] = sent(&story).try_into().unwrap();
    (story, ana, bob)
}

#[test]
fn a_message_that_came_back_is_shown_with_the_reason_and_holds_nothing_up() {
    let mut story = asking(two());
    let [ana, bob] = sent(&story).try_into().unwrap();
    for delivering in [&ana, &bob] {
        tell(&mut story, delivering, taken()).unwrap();
    }
    tell(&mut story, &ana, back()).unwrap();
    let delivery = &one(&story).deliveries[0];
    assert_eq!((delivery.status, delivery.error.as_deref()), (DeliveryStatus::Bounced, Some("550 no such user")));
    assert_eq!((delivery.attempts, delivery.due), (1, None), "the try was counted when it ended");
    assert!(sent(&story).is_empty(), "nobody tries again by itself");
    story.is(Status::WaitingHuman);
    assert!(matches!(tell(&mut story, &ana, back()), Err(Rejection::Stale(_))), "once");
    for who in ["ana@x.example", "bob@x.example"] {
        story.answer(who, yes()).unwrap();
    }
    let outcomes: Vec<usize> = sent(&story).iter().map(|it| it.delivery).collect();
    assert_eq!(outcomes, [1], "who was never told is not told of the outcome");
}

#[test]
fn it_may_come_back_before_the_word_that_it_was_taken() {
    let (mut story, ana, _) = either();
    tell(&mut story, &ana, back()).unwrap();
    assert_eq!((one(&story).deliveries[0].status, one(&story).deliveries[0].attempts), (DeliveryStatus::Bounced, 1));
    assert!(matches!(tell(&mut story, &ana, taken()), Err(Rejection::Stale(_))));
    assert_eq!(one(&story).deliveries[0].status, DeliveryStatus::Bounced);
}

#[test]
fn a_try_whose_answer_was_lost_ends_when_it_comes_back() {
    let (mut story, ana, _) = either();
    tell(&mut story, &ana, Told::Failed { error: "no answer".into(), after_seconds: None }).unwrap();
    let [again] = sent(&story).try_into().unwrap();
    tell(&mut story, &ana, back()).unwrap();
    assert_eq!((one(&story).deliveries[0].status, one(&story).deliveries[0].due), (DeliveryStatus::Bounced, None));
    assert!(matches!(tell(&mut story, &again, taken()), Err(Rejection::Stale(_))), "it is not sent any more");
}

#[test]
fn who_complains_has_it_and_is_told_the_outcome() {
    let (mut story, ana, _) = either();
    tell(&mut story, &ana, taken()).unwrap();
    tell(&mut story, &ana, Told::Bounced { error: "marked as spam".into(), arrived: true }).unwrap();
    assert_eq!(one(&story).deliveries[0].status, DeliveryStatus::Bounced);
    story.answer("bob@x.example", yes()).unwrap();
    assert_eq!(statuses(&story)[0], ("ana@x.example", Notice::Outcome, DeliveryStatus::Pending));
}

#[test]
fn what_comes_back_once_the_question_is_over_changes_no_decision() {
    let (mut story, ana, bob) = either();
    tell(&mut story, &bob, taken()).unwrap();
    story.answer("bob@x.example", yes()).unwrap();
    story.is(Status::Completed);
    let decided = one(&story).decision.clone();
    // The question has another message for Bob by now, and none for Ana any more.
    for delivering in [&ana, &bob] {
        assert!(matches!(tell(&mut story, delivering, back()), Err(Rejection::Stale(_))));
    }
    let outcome = Delivering { number: 2, ..bob };
    tell(&mut story, &outcome, taken()).unwrap();
    tell(&mut story, &outcome, back()).unwrap();
    assert_eq!(statuses(&story)[1], ("bob@x.example", Notice::Outcome, DeliveryStatus::Bounced));
    assert_eq!((story.state.status(), &one(&story).decision), (Status::Completed, &decided));
}

#[test]
fn a_message_that_nobody_sent_did_not_come_back() {
    let (mut story, ana, _) = either();
    for wrong in [
        Delivering { number: 7, ..ana.clone() },
        Delivering { delivery: 9, ..ana.clone() },
        Delivering { attempt: 5, ..ana.clone() },
        Delivering { interaction: "another".into(), ..ana.clone() },
    ] {
        assert!(matches!(tell(&mut story, &wrong, back()), Err(Rejection::Stale(_))), "{wrong:?}");
    }
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert!(matches!(tell(&mut story, &ana, back()), Err(Rejection::Stale(_))), "it was dropped");
}

#[test]
fn it_can_be_sent_again_and_its_reason_is_cut() {
    let (mut story, ana, _) = either();
    let long = Told::Bounced { error: "é".repeat(limits::DELIVERY_ERROR_BYTES), arrived: false };
    tell(&mut story, &ana, long).unwrap();
    let kept = one(&story).deliveries[0].error.as_ref().map_or(0, String::len);
    assert!(kept > 0 && kept <= limits::DELIVERY_ERROR_BYTES, "{kept}");
    let interaction_id = story.question();
    story.when(Command::TellAgain { interaction_id, actor: runner(), to: Some("ana@x.example".into()) }).unwrap();
    let [again] = sent(&story).try_into().unwrap();
    tell(&mut story, &again, taken()).unwrap();
    assert_eq!(statuses(&story)[0], ("ana@x.example", Notice::Again, DeliveryStatus::Sent));
}
