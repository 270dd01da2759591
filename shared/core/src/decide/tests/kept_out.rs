//! `allow_requester: false`: whoever started the execution is neither asked nor written to, and counts for no threshold.

use super::{
    messages::{asking, one, runner, sent, statuses, taken, tell},
    story::Story,
};
use crate::{
    command::Command,
    error::Rejection,
    execution::Status,
    interaction::{
        Answer,
        delivery::{DeliveryStatus, Notice, Told},
    },
    view::keeps_out,
};
use serde_json::{Value, json};

/// Ada started it.
fn barred(more: Value) -> Story {
    let mut config = json!({ "allow_requester": false });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    asking(config)
}

/// What puts the question of a story to other people.
fn to(story: &Story) -> impl Fn(&[&str]) -> Command + use<> {
    let interaction_id = story.question();
    move |people| {
        let assignees = people.iter().map(|one| (*one).to_owned()).collect();
        Command::Reassign { interaction_id: interaction_id.clone(), actor: runner(), assignees, reason: None }
    }
}

fn code(story: &Story) -> &str {
    story.state.error.as_ref().map_or("", |error| error.code.as_str())
}

#[test]
fn who_may_not_answer_is_written_to_by_nobody() {
    let people = json!(["ADA@example.com", "bob@x.example"]);
    let channels = json!([{ "type": "email" }, { "type": "slack" }]);
    let mut story = barred(json!({ "assignees": people, "channels": channels }));
    let to: Vec<&str> = one(&story).deliveries.iter().map(|it| it.to.as_str()).collect();
    assert_eq!(to, ["bob@x.example", "bob@x.example"]);
    assert!(keeps_out(one(&story), &story.state, "ada@EXAMPLE.com") && !keeps_out(one(&story), &story.state, "bob"));
    // Nor is she where the question comes to her later.
    let interaction_id = story.question();
    let assignees = vec!["ada@example.com".to_owned(), "eve@x.example".to_owned()];
    story.when(Command::Reassign { interaction_id, actor: runner(), assignees, reason: None }).unwrap();
    assert!(one(&story).deliveries.iter().all(|it| !it.to.eq_ignore_ascii_case("ada@example.com")));
    assert_eq!(one(&story).assignees.len(), 2, "she stays among those who are named");
}

#[test]
fn who_may_answer_is_written_to_whoever_started_it() {
    let story = asking(json!({ "assignees": ["ada@example.com"] }));
    assert_eq!(sent(&story).len(), 1);
    assert!(!keeps_out(one(&story), &story.state, "ada@example.com"));
}

#[test]
fn a_member_who_may_not_answer_is_left_out_of_the_group() {
    let mut story = barred(json!({ "assignees": ["group:finance"] }));
    let group = sent(&story).remove(0);
    tell(&mut story, &group, Told::Members(vec!["Ada@example.com".into(), "bob@x.example".into()])).unwrap();
    let members = statuses(&story).into_iter().skip(1).collect::<Vec<_>>();
    assert_eq!(members, [("bob@x.example", Notice::Asked, DeliveryStatus::Pending)]);
}

#[test]
fn a_threshold_that_takes_the_requester_fails_the_node() {
    for (people, votes) in [(json!(["ada@example.com"]), 1), (json!(["ada@example.com", "bob@x.example"]), 2)] {
        let story = barred(json!({ "assignees": people, "approval_threshold": votes }));
        story.is(Status::Failed);
        assert_eq!(code(&story), "too_few_people");
        assert!(story.state.error.as_ref().unwrap().message.contains("whoever started"), "{:?}", story.state.error);
    }
    // Others reach it: named, in a group, asked as well later, or anyone.
    for config in [
        json!({ "assignees": ["ada@example.com", "bob@x.example"] }),
        json!({ "assignees": ["ada@example.com", "group:finance"], "approval_threshold": 2 }),
        json!({ "assignees": ["ada@example.com"], "timeout_seconds": 5, "timeout_action": "escalate",
            "escalate_to": ["cfo@x.example"] }),
        json!({}),
    ] {
        barred(config).is(Status::WaitingHuman);
    }
}

#[test]
fn a_question_is_not_put_to_too_few_beside_the_requester() {
    let mut story = barred(json!({ "assignees": ["bob@x.example", "eve@x.example"], "approval_threshold": 2 }));
    let to = to(&story);
    let Err(Rejection::Invalid { reasons, .. }) = story.when(to(&["ada@example.com", "bob@x.example"])) else {
        panic!("ada cannot vote")
    };
    assert_eq!(reasons[0].code, "too_few_people");
    story.when(to(&["ada@example.com", "bob@x.example", "cfo@x.example"])).unwrap();
}

#[test]
fn votes_that_stay_count_for_the_threshold() {
    let mut story = asking(json!({ "assignees": ["bob@x.example", "eve@x.example"], "approval_threshold": 2 }));
    for delivering in sent(&story) {
        tell(&mut story, &delivering, taken()).unwrap();
    }
    story.answer("BOB@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    let to = to(&story);
    assert!(story.when(to(&["bob@x.example"])).is_err(), "bob has one vote, whether it stays or comes again");
    story.when(to(&["cfo@x.example"])).unwrap();
    story.answer("cfo@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    story.is(Status::Completed);
}
