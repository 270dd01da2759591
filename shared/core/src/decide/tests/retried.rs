//! Retry: an execution that failed or was cancelled goes on where it ended.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{ChildControl, Effect, Purpose, Work},
    error::Rejection,
    event::Event,
    execution::{Phase, Status},
    interaction::Answer,
    task::{Failure, Outcome},
};
use document::time::Time;
use serde_json::{Value, json};

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}

fn get(id: &str, extra: Value) -> Value {
    let mut node = json!({"id": id, "type": "http_request", "config": {"url": "https://example.com"}});
    node.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
    node
}

fn fails(story: &mut Story, node: &str, attempt: u32) {
    let activation = story.state.activation(&node.into());
    let outcome = Outcome::Failed(Failure::new("refused", "no").retryable());
    story.when(Command::Report { activation, attempt, outcome, duration_ms: None }).unwrap();
}

/// The nodes and attempts that the last turn asked for.
fn steps(story: &Story) -> Vec<(String, u32)> {
    let step = |effect: &Effect| match effect {
        Effect::Send { message, .. } => match &message.work {
            Work::Step { activation, attempt, .. } => Some((activation.to_string(), *attempt)),
            _ => None,
        },
        _ => None,
    };
    story.effects.iter().filter_map(step).collect()
}

#[test]
fn an_execution_is_not_at_work_while_it_lies_failed() {
    let edges = json!([{"from": "start", "to": "call"}]);
    let mut story = Story::given(json!([get("call", json!({}))]), edges, json!({}));
    story.now = Time(100);
    story.fail("call", "refused");
    story.is(Status::Failed);
    story.now = Time(60_000);
    story.when(control(Control::Retry)).unwrap();
    story.now = Time(60_050);
    let (activation, outcome) = (
        story.state.activation(&"call".into()),
        Outcome::Succeeded { port: "success".into(), output: json!(1).into() },
    );
    story.when(Command::Report { activation, attempt: 2, outcome, duration_ms: None }).unwrap();
    story.is(Status::Completed);
    assert_eq!(crate::view::took(&story.state, Time(99_000)).as_millis(), 150);
}

#[test]
fn the_failed_node_gets_further_attempts_in_the_same_visit_and_what_was_due_goes_on() {
    let retry = json!({"retry": {"max_attempts": 2, "initial_seconds": 1, "jitter": false}});
    let edges = json!([{"from": "start", "to": "bad"}, {"from": "start", "to": "slow"}]);
    let mut story = Story::given(json!([get("bad", retry), get("slow", json!({}))]), edges, json!({}));
    fails(&mut story, "bad", 1);
    fails(&mut story, "bad", 2);
    story.is(Status::Failed);
    let done = story.state.completed_at;
    assert!(done.is_some());
    // When it is retried much later,
    story.now = Time(1_000_000_000);
    story.when(control(Control::Retry)).unwrap();
    // then attempt 3 is due, and what was under way is followed by another attempt.
    story.is(Status::Running);
    assert_eq!(steps(&story), [("0.bad.1".into(), 3), ("0.slow.1".into(), 2)]);
    assert_eq!((story.state.completed_at, &story.state.error), (None, &None));
    // Its time begins afresh, and so does the budget of `retry`: two attempts more.
    assert_eq!(story.state.deadline(), story.now.after_seconds(story.workflow.settings.timeout_seconds));
    fails(&mut story, "bad", 3);
    story.is(Status::Running);
    let wait = story.state.node(&"bad".into()).map(|node| node.phase.clone());
    assert_eq!(wait, Some(Phase::Due { at: Some(story.now.after_seconds(1.0)) }), "the delays begin afresh too");
    fails(&mut story, "bad", 4);
    story.is(Status::Failed);
    // Asked again after that, it is retried again; asked while it goes on, nothing happens.
    story.when(control(Control::Retry)).unwrap();
    assert!(matches!(story.when(control(Control::Retry)), Err(Rejection::Stale(_))));
    assert_eq!(story.state.retried, 2);
}

#[test]
fn after_an_attempt_that_a_cancel_cut_off_the_next_number_follows_with_all_its_tries() {
    let retry = json!({"retry": {"max_attempts": 2, "initial_seconds": 10, "jitter": false}});
    let edges = json!([{"from": "start", "to": "one"}]);
    let mut story = Story::given(json!([get("one", retry)]), edges, json!({}));
    let activation = story.state.activation(&"one".into());
    let report =
        |attempt, outcome| Command::Report { activation: activation.clone(), attempt, outcome, duration_ms: None };
    story.when(control(Control::Cancel)).unwrap();
    story.now = Time(1_000);
    story.when(control(Control::Retry)).unwrap();
    assert_eq!(steps(&story), [("0.one.1".into(), 2)], "attempt 1 may have been under way");
    // What comes of that one is refused, as it was before the retry.
    let late = Outcome::Succeeded { port: "success".into(), output: json!("late").into() };
    assert!(matches!(story.when(report(1, late)), Err(Rejection::Stale(_))));
    // The budget of `retry` is whole. An attempt whose time had not come when the execution was cancelled keeps its number.
    fails(&mut story, "one", 2);
    story.is(Status::Waiting);
    story.when(control(Control::Cancel)).unwrap();
    story.when(control(Control::Retry)).unwrap();
    assert_eq!(steps(&story), [("0.one.1".into(), 3)]);
    let done = Outcome::Succeeded { port: "success".into(), output: json!(1).into() };
    story.when(report(3, done)).unwrap();
    story.is(Status::Completed);
}

#[test]
fn what_completed_or_never_ended_is_not_retried() {
    let edges = json!([{"from": "start", "to": "one"}]);
    let mut story = Story::given(json!([get("one", json!({}))]), edges, json!({}));
    assert!(matches!(story.when(control(Control::Retry)), Err(Rejection::Status { status: Status::Running, .. })));
    story.succeed("one", json!(1)).unwrap();
    assert!(matches!(story.when(control(Control::Retry)), Err(Rejection::Status { status: Status::Completed, .. })));
}

#[test]
fn a_question_is_asked_again_under_another_id_and_a_long_wait_goes_on() {
    let nodes = json!([{"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Well?", "timeout_seconds": 60}},
        {"id": "rest", "type": "wait", "config": {"seconds": 5000}},
        {"id": "word", "type": "wait", "timeout_seconds": 100, "config": {"event": "go"}}]);
    let edges =
        json!([{"from": "start", "to": "ask"}, {"from": "start", "to": "rest"}, {"from": "start", "to": "word"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    ["ask", "rest", "word"].iter().for_each(|node| story.open(node));
    let first = story.question();
    story.when(control(Control::Cancel)).unwrap();
    story.now = Time(50_000);
    story.when(control(Control::Retry)).unwrap();
    assert_eq!(steps(&story), [("0.ask.1".into(), 1)]);
    let timers: Vec<_> = story
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::SetTimer { activation, purpose, at } => Some((activation.node.to_string(), *purpose, *at)),
            _ => None,
        })
        .collect();
    assert_eq!(
        timers,
        [("rest".into(), Purpose::Wait, Time(5_000_000)), ("word".into(), Purpose::Attempt, Time(150_000))]
    );
    story.open("ask");
    assert_ne!(story.question(), first);
    assert_eq!(story.state.open_interactions().count(), 1);
    // An answer to the old question changes nothing.
    let answer = Answer { by: "ada@example.com".into(), approved: Some(true), ..Answer::default() };
    let old = Command::Answer { interaction_id: first, answer: Box::new(answer.clone()) };
    assert!(matches!(story.when(old), Err(Rejection::Decided { .. })));
    story.answer("ada@example.com", answer).unwrap();
}

#[test]
fn children_are_taken_up_too() {
    let body = json!({"nodes": [{"id": "no", "type": "fail", "config": {}}], "edges": []});
    let all = json!({"id": "all", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}});
    let edges = json!([{"from": "start", "to": "all"}, {"from": "start", "to": "bad"}]);
    let mut story = Story::given(json!([all, get("bad", json!({"retry": {"max_attempts": 1}}))]), edges, json!({}));
    story.open("all");
    let activation = story.state.activation(&"all".into());
    story.when(Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends: vec![(1, None)] }).unwrap();
    fails(&mut story, "bad", 1);
    story.is(Status::Failed);
    story.when(control(Control::Retry)).unwrap();
    let told = |effect: &&Effect| {
        matches!(effect, Effect::Send { message, .. }
            if message.work == Work::Control { control: ChildControl::Retry })
    };
    assert_eq!(story.effects.iter().filter(told).count(), 2, "the one that had ended is left alone");
    assert_eq!(story.state.node(&"all".into()).unwrap().phase, Phase::Children);
}

#[test]
fn a_way_on_that_could_not_be_decided_is_decided_again_without_running_the_node() {
    let edges = json!([{"from": "start", "to": "one"}, {"from": "one", "to": "two", "condition": "output.n > 0"}]);
    let mut story = Story::given(json!([get("one", json!({})), get("two", json!({}))]), edges, json!({}));
    story.succeed("one", json!({"n": "text"})).unwrap();
    assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("condition_error"));
    story.when(control(Control::Retry)).unwrap();
    assert!(steps(&story).is_empty(), "it does not run again");
    story.is(Status::Failed);
    assert_eq!(story.output("one"), json!({"n": "text"}));
    assert!(story.events.iter().any(|event| matches!(event, Event::NodeFailed { .. })));
}

#[test]
fn an_abort_that_a_person_chose_is_taken_back_and_a_node_in_a_loop_goes_on_in_its_iteration() {
    let bad = get("bad", json!({"on_error": "ask_human", "retry": {"max_attempts": 1}}));
    let each = json!({"id": "each", "type": "loop", "config": {"for_each": "[1, 2]"}});
    let edges = json!([{"from": "start", "to": "each"}, {"from": "each", "port": "loop", "to": "bad"},
        {"from": "bad", "to": "each"}]);
    let mut story = Story::given(json!([each, bad]), edges, json!({}));
    story.runs_by_itself();
    fails(&mut story, "bad", 1);
    let abort = Answer { option: Some("abort".into()), ..Answer::default() };
    story.answer("ada@example.com", abort).unwrap();
    story.is(Status::Failed);
    story.when(control(Control::Retry)).unwrap();
    assert_eq!(steps(&story), [("0.bad.1".into(), 2)]);
    // A question that was open at the end is asked again.
    fails(&mut story, "bad", 2);
    story.when(control(Control::Cancel)).unwrap();
    story.when(control(Control::Retry)).unwrap();
    story.is(Status::WaitingHuman);
    let again = Answer { option: Some("retry".into()), ..Answer::default() };
    story.answer("ada@example.com", again).unwrap();
    let activation = story.state.activation(&"bad".into());
    let outcome = Outcome::Succeeded { port: "success".into(), output: json!(1).into() };
    story.when(Command::Report { activation, attempt: 3, outcome, duration_ms: None }).unwrap();
    assert_eq!(steps(&story), [("0.bad.2".into(), 1)], "the second iteration begins");
}
