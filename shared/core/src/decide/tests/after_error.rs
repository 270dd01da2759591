//! `on_error: {"ask_human": …}`: who is asked about a node that failed, how long, and what follows where nobody decides.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{Effect, Purpose, Work},
    error::Rejection,
    event::Event,
    execution::Status,
    interaction::{Answer, InteractionStatus},
    payload::Payload,
};
use document::time::Time;
use serde_json::{Value, json};

/// A node that has failed, with another one behind it. `people` is what the document says under `ask_human`.
fn failed(people: Value) -> Story {
    let nodes = json!([
        { "id": "work", "type": "transform", "config": { "set": {} }, "on_error": { "ask_human": people } },
        { "id": "next", "type": "transform", "config": { "set": {} } },
    ]);
    let input = json!({ "boss": "bob@example.com" });
    let mut story =
        Story::given(nodes, json!([{ "from": "start", "to": "work" }, { "from": "work", "to": "next" }]), input);
    story.fail("work", "broken");
    story
}

fn within_a_minute(action: &str) -> Value {
    json!({ "assignees": ["bob@example.com"], "timeout_seconds": 60, "timeout_action": action })
}

impl Story {
    /// When the deadline of the question about `work` has come.
    fn late(&mut self) {
        self.now = Time(60_000);
        let activation = self.state.activation(&"work".into());
        self.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
    }
}

#[test]
fn only_those_who_are_named_decide() {
    let mut story = failed(json!({ "assignees": ["{{ input.boss }}", "eve@example.com"] }));
    assert_eq!(story.state.interactions[0].assignees, ["bob@example.com", "eve@example.com"]);
    assert_eq!(story.state.interactions[0].deadline, None);
    let retry = Answer { option: Some("retry".into()), ..Answer::default() };
    assert!(matches!(story.answer("ada@example.com", retry.clone()), Err(Rejection::Forbidden(_))));
    story.answer("bob@example.com", retry).unwrap();
    story.is(Status::Running);
}

#[test]
fn where_nobody_decides_in_time_the_document_does() {
    for (action, status) in [("retry", Status::Running), ("skip", Status::Running), ("abort", Status::Failed)] {
        let mut story = failed(within_a_minute(action));
        story.is(Status::WaitingHuman);
        let timer = |effect: &Effect| matches!(effect, Effect::SetTimer { purpose: Purpose::Deadline, at, .. } if *at == Time(60_000));
        assert!(story.effects.iter().any(timer), "{:?}", story.effects);
        story.late();
        story.is(status);
        let one = &story.state.interactions[0];
        assert_eq!((one.status, one.decision.as_deref()), (InteractionStatus::TimedOut, Some(action)));
        match action {
            "retry" => assert_eq!(story.state.node(&"work".into()).unwrap().attempt, 2),
            "skip" => assert!(story.state.node(&"next".into()).is_some(), "it goes on with null"),
            _ => assert_eq!(story.state.error.as_ref().unwrap().code, "broken"),
        }
    }
}

#[test]
fn a_question_that_is_put_again_has_its_time_again() {
    let mut story = failed(within_a_minute("retry"));
    story.late();
    let activation = story.state.activation(&"work".into());
    let outcome = crate::task::Outcome::Failed(crate::task::Failure::new("broken", "again"));
    story.when(Command::Report { activation, attempt: 2, outcome, duration_ms: None }).unwrap();
    story.is(Status::WaitingHuman);
    assert_eq!(story.state.interactions[1].deadline, Some(Time(120_000)));
}

#[test]
fn an_answer_in_time_drops_the_deadline() {
    let mut story = failed(within_a_minute("abort"));
    story.answer("bob@example.com", Answer { option: Some("skip".into()), ..Answer::default() }).unwrap();
    let dropped = |effect: &Effect| matches!(effect, Effect::DropTimer { purpose: Purpose::Deadline, .. });
    assert!(story.effects.iter().any(dropped), "{:?}", story.effects);
    let activation = story.state.activation(&"work".into());
    story.now = Time(60_000);
    assert!(matches!(story.when(Command::Timer { activation, purpose: Purpose::Deadline }), Err(Rejection::Stale(_))));
}

#[test]
fn going_on_without_what_failed_is_no_attempt_of_it() {
    let mut story = failed(within_a_minute("abort"));
    story.now = Time(6_000);
    story.answer("bob@example.com", Answer { option: Some("skip".into()), ..Answer::default() }).unwrap();
    let work = story.state.node(&"work".into()).unwrap();
    assert_eq!((work.attempts, crate::view::duration_ms(work)), (1, Some(0)), "people took the time, and not the node");
}

#[test]
fn a_deadline_during_a_pause_ends_the_execution_when_it_is_resumed() {
    let mut story = failed(within_a_minute("abort"));
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    story.late();
    story.is(Status::Paused);
    story.when(Command::Control { control: Control::Resume, reason: None }).unwrap();
    story.is(Status::Failed);
}

#[test]
fn a_question_for_nobody_is_not_asked_of_everybody() {
    let story = failed(json!({ "assignees": "{{ input.none }}" }));
    story.is(Status::Failed);
    assert_eq!(story.state.error.as_ref().unwrap().code, "broken", "the failure stands");
    let warned = |event: &Event| matches!(event, Event::Warning { code, .. } if code == "template_error");
    assert!(story.events.iter().any(warned), "{:?}", story.events);
}

#[test]
fn the_settings_say_it_for_all_nodes_and_skip_what_can_be_skipped() {
    let settings = json!({ "on_error": { "ask_human": within_a_minute("skip") } });
    let approval = json!({ "kind": "approval", "question": "Well?", "timeout_seconds": 5, "timeout_action": "fail" });
    let nodes = json!([
        { "id": "work", "type": "transform", "config": { "set": {} } },
        { "id": "ask", "type": "human", "config": approval },
    ]);
    let edges = json!([{ "from": "start", "to": "work" }, { "from": "work", "to": "ask" }]);
    let mut story = Story::given_with(settings, nodes, edges, json!({}));
    story.fail("work", "broken");
    assert_eq!(story.state.interactions[0].assignees, ["bob@example.com"]);
    story.late();
    story.open("ask");
    let activation = story.state.activation(&"ask".into());
    let deadline = Command::Timer { activation, purpose: Purpose::Deadline };
    story.now = Time(65_000);
    story.when(deadline.clone()).unwrap();
    story.is(Status::WaitingHuman);
    // Nobody skips an approval: the failure is one.
    story.now = Time(125_000);
    story.when(deadline).unwrap();
    story.is(Status::Failed);
}

#[test]
fn a_person_goes_back_to_an_earlier_node() {
    let work = |id: &str| json!({ "id": id, "type": "transform", "config": { "set": {} }, "on_error": "ask_human" });
    let edges = json!([{ "from": "start", "to": "first" }, { "from": "first", "to": "second" },
        { "from": "second", "to": "third" }]);
    let mut story = Story::given(json!([work("first"), work("second"), work("third")]), edges, json!({}));
    story.succeed("first", json!({})).unwrap();
    let due = story.state.node(&"second".into()).unwrap().activated_seq;
    story.succeed("second", json!({})).unwrap();
    story.fail("third", "broken");
    let rewind = |data: Value| Answer { option: Some("rewind".into()), data: Some(data), ..Answer::default() };
    // What names no node that it came from is refused, with the reason.
    for (data, code) in [
        (json!(null), "missing_field"),
        (json!({}), "missing_field"),
        (json!({ "node": 1 }), "missing_field"),
        (json!({ "node": "fourth" }), "unknown_node"),
        (json!({ "node": "second", "to": 1 }), "unexpected_field"),
    ] {
        let refused = story.answer("bob@example.com", rewind(data)).unwrap_err();
        let Rejection::Invalid { reasons, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(reasons[0].code, code);
        story.is(Status::WaitingHuman);
    }
    // Then the execution asks for a rollback to where the node was due.
    let answer = Answer { comment: Some("other data".into()), ..rewind(json!({ "node": "second", "input": 7 })) };
    story.answer("bob@example.com", answer).unwrap();
    story.is(Status::RollingBack);
    let asked = story.state.rolling.as_ref().unwrap().asked.clone();
    assert_eq!((asked.to, asked.node, asked.input), (due, Some("second".into()), Some(Payload::new(json!(7)))));
    assert_eq!(asked.reason.as_deref(), Some("other data"));
    assert!(!story.state.interactions[0].is_open());
    let sent = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if message.work == Work::RollBack);
    assert!(story.effects.iter().any(sent), "{:?}", story.effects);
}
