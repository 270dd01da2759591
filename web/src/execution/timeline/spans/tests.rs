//! What turns come to as spans.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;
use stepwell_core::{
    error::Error,
    event::NotUndone,
    payload::Payload,
    rollback::{Plan, Rollback},
};

fn turn(seq: u64, at: i64, events: Vec<Event>) -> Turn {
    Turn { seq, at: Time(at), by: None, request: None, events }
}

fn activated(node: &str, visit: u32) -> Event {
    Event::NodeActivated { node: node.into(), visit, via: vec![] }
}

fn succeeded(node: &str, attempt: u32, duration_ms: Option<u64>) -> Event {
    let (port, output) = ("success".into(), Payload::new(json!(null)));
    Event::NodeSucceeded { node: node.into(), visit: 1, attempt, port, output, duration_ms, live: None }
}

fn workflow() -> std::sync::Arc<Workflow> {
    let document = json!({"id": "w", "nodes": [{"id": "a", "type": "manual_trigger"}, {"id": "b", "type": "succeed"}],
        "edges": [{"from": "a", "to": "b"}]});
    document::parse(&document).unwrap().workflow
}

/// Node, what it did, from when to when, and how it ended.
type Told = (String, Doing, Option<i64>, Option<i64>, Ended);

fn of(turns: &[Turn]) -> Vec<Told> {
    let workflow = workflow();
    let told = |span: Span| {
        let (begin, end) = (span.begin.map(|time| time.0), span.end.map(|time| time.0));
        (span.node.to_string(), span.doing, begin, end, span.ended)
    };
    spans(&workflow, turns).into_iter().map(told).collect()
}

#[test]
fn an_attempt_a_delay_and_another_attempt_are_three_spans() {
    let error = Error::new("http_status", "503");
    let failed =
        Event::AttemptFailed { node: "a".into(), visit: 1, attempt: 1, error, unknown: false, retry_at: Time(5_000) };
    let turns = [
        turn(1, 0, vec![activated("a", 1)]),
        turn(2, 1_000, vec![failed]),
        turn(3, 7_000, vec![succeeded("a", 2, Some(1_500))]),
    ];
    let (a, running, failed) = ("a".to_owned(), Doing::Running, Ended::Failed("http_status".into()));
    assert_eq!(
        of(&turns),
        vec![
            (a.clone(), running, Some(0), Some(1_000), failed),
            (a.clone(), Doing::Waiting, Some(1_000), Some(5_000), Ended::Done),
            (a, running, Some(5_500), Some(7_000), Ended::Done),
        ]
    );
}

#[test]
fn what_is_open_at_the_end_is_dropped_and_what_began_before_has_no_beginning() {
    let end = Event::ExecutionCancelled(Default::default());
    let turns = [turn(7, 1_000, vec![succeeded("a", 1, None), activated("b", 1)]), turn(8, 3_000, vec![end])];
    assert_eq!(
        of(&turns),
        vec![
            ("a".into(), Doing::Running, None, Some(1_000), Ended::Done),
            ("b".into(), Doing::Running, Some(1_000), Some(3_000), Ended::Dropped),
        ]
    );
    assert_eq!(of(&turns[..1]).last().unwrap().4, Ended::Open);
}

#[test]
fn a_retry_begins_another_attempt_of_what_failed_and_takes_up_what_was_cut_off() {
    let failed = |attempt| Event::NodeFailed {
        node: "a".into(),
        visit: 1,
        attempt,
        error: Error::new("http_status", "503"),
        unknown: false,
    };
    let ended = || Event::ExecutionFailed { error: Error::new("http_status", "503") };
    let retried = |reopened: &[&str]| Event::ExecutionRetried {
        reason: None,
        above: None,
        deadline: Time(0),
        timeouts: BTreeMap::new(),
        begun: Vec::new(),
        cut_off: Vec::new(),
        reopened: reopened.iter().map(|&node| node.into()).collect(),
        by_parent: 0,
    };
    let turns = [
        turn(1, 0, vec![activated("a", 1), activated("b", 1)]),
        turn(2, 1_000, vec![failed(1), ended()]),
        turn(3, 60_000, vec![retried(&[])]),
        turn(4, 61_000, vec![failed(2), ended()]),
        // A node with children or iterations goes on with those that it has.
        turn(5, 70_000, vec![retried(&["a"])]),
        turn(6, 71_000, vec![failed(2), ended()]),
    ];
    let (running, code) = (Doing::Running, || Ended::Failed("http_status".into()));
    assert_eq!(
        of(&turns),
        vec![
            ("a".into(), running, Some(0), Some(1_000), code()),
            ("b".into(), running, Some(0), Some(1_000), Ended::Dropped),
            ("a".into(), running, Some(60_000), Some(61_000), code()),
            ("b".into(), running, Some(60_000), Some(61_000), Ended::Dropped),
            ("a".into(), running, Some(70_000), Some(71_000), code()),
            ("b".into(), running, Some(70_000), Some(71_000), Ended::Dropped),
        ]
    );
}

#[test]
fn what_is_undone_has_bars_one_after_another_and_what_had_not_to_be_has_none() {
    let not_undone = NotUndone {
        node: "b".into(),
        visit: 1,
        attempt: 1,
        error: Error::new("http_status", "503"),
        retry_at: Some(Time(5_000)),
        unknown: false,
    };
    let undone = |node: &str, attempt, skipped| Event::Compensated {
        node: node.into(),
        visit: 1,
        index: None,
        attempt,
        skipped,
    };
    let plan = Plan { point: None, undo: Vec::new(), signals: Vec::new(), carried: None };
    let begun = Event::RollbackBegun { rollback: Rollback::to(1), epoch: 1, plan: plan.into() };
    let turns = [
        turn(5, 1_000, vec![begun]),
        turn(6, 2_000, vec![Event::CompensationFailed(Box::new(not_undone))]),
        turn(7, 6_000, vec![undone("b", 2, false)]),
        turn(8, 6_500, vec![undone("a", 1, false)]),
        turn(9, 7_000, vec![undone("a", 1, true), Event::RolledBack { deadline: Time(0) }]),
        // What the checkpoint had made due runs again from here.
        turn(10, 7_100, vec![succeeded("a", 1, None)]),
    ];
    let (undoing, code) = (Doing::Undoing, Ended::Failed("http_status".into()));
    assert_eq!(
        of(&turns),
        vec![
            ("b".into(), undoing, Some(1_000), Some(2_000), code),
            ("b".into(), undoing, Some(5_000), Some(6_000), Ended::Done),
            ("a".into(), undoing, Some(6_000), Some(6_500), Ended::Done),
            ("a".into(), Doing::Running, Some(7_000), Some(7_100), Ended::Done),
        ]
    );
}

#[test]
fn an_attempt_that_is_written_down_before_it_runs_has_one_bar_and_begins_then() {
    let intended = |attempt| Event::AttemptIntended { node: "a".into(), visit: 1, attempt, deadline: Time(99_000) };
    let error = Error::new("http_status", "503");
    let failed =
        Event::AttemptFailed { node: "a".into(), visit: 1, attempt: 1, error, unknown: false, retry_at: Time(3_000) };
    let turns = [
        turn(1, 0, vec![activated("a", 1)]),
        turn(2, 700, vec![intended(1)]),
        turn(3, 1_000, vec![failed]),
        turn(4, 3_400, vec![intended(2)]),
        turn(5, 4_000, vec![succeeded("a", 2, None)]),
    ];
    let (a, running, failed) = ("a".to_owned(), Doing::Running, Ended::Failed("http_status".into()));
    assert_eq!(
        of(&turns),
        vec![
            (a.clone(), running, Some(700), Some(1_000), failed),
            (a.clone(), Doing::Waiting, Some(1_000), Some(3_000), Ended::Done),
            (a, running, Some(3_400), Some(4_000), Ended::Done),
        ]
    );
}

#[test]
fn what_a_rollback_leaves_behind_is_told_from_what_comes_after_it() {
    let plan = || Plan { point: None, undo: Vec::new(), signals: Vec::new(), carried: None };
    let begun = Event::RollbackBegun { rollback: Rollback::to(1), epoch: 1, plan: plan().into() };
    let turns = [
        turn(1, 0, vec![activated("a", 1)]),
        turn(2, 1_000, vec![succeeded("a", 1, None)]),
        turn(3, 2_000, vec![begun, Event::RolledBack { deadline: Time(0) }]),
        turn(4, 3_000, vec![succeeded("a", 1, None)]),
    ];
    let workflow = workflow();
    let told =
        |turns: &[Turn]| spans(&workflow, turns).into_iter().map(|span| (span.round, span.left)).collect::<Vec<_>>();
    assert_eq!(told(&turns), [(0, true), (1, false)]);
    assert_eq!(told(&turns[..2]), [(0, false)]);
}

#[test]
fn a_wait_begins_where_the_node_was_only_due() {
    let waits = Event::WaitStarted { node: "a".into(), visit: 1, until: None, event: None, timeout_at: None };
    let turns =
        [turn(1, 0, vec![activated("a", 1)]), turn(2, 10, vec![waits]), turn(3, 500, vec![succeeded("a", 1, None)])];
    let spans = of(&turns);
    assert_eq!((spans.len(), spans[0].1, spans[0].2, spans[0].3), (1, Doing::Waiting, Some(10), Some(500)));
}

#[test]
fn the_answer_to_a_question_is_no_run_of_its_node() {
    let event = |value| serde_json::from_value::<Event>(value).unwrap();
    let id = "6f2d9c1e-8a4b-5c3d-9e7f-001122334455";
    let asked = json!({"interaction_id": id, "activation": {"node": "a", "visit": 1}, "kind": "approval", "question": "?",
        "created_at": 10});
    let opened = event(json!({"type": "interaction_opened", "interaction": asked}));
    let closed = |status: &str| event(json!({"type": "interaction_closed", "interaction_id": id, "status": status}));
    let error = Error::new("timeout", "nobody answered");
    let failed = Event::NodeFailed { node: "a".into(), visit: 1, attempt: 1, error, unknown: false };
    let begun = [turn(1, 0, vec![activated("a", 1)]), turn(2, 10, vec![opened])];
    let asking = ("a".to_owned(), Doing::Asking, Some(10), Some(900), Ended::Done);

    let answered = [&begun[..], &[turn(3, 900, vec![closed("answered"), succeeded("a", 1, None)])]].concat();
    assert_eq!(of(&answered), vec![asking.clone()]);
    // A failure is shown where it was, and not as long as the question was open.
    let late = [&begun[..], &[turn(3, 900, vec![closed("timed_out"), failed])]].concat();
    let lost = ("a".to_owned(), Doing::Running, Some(900), Some(900), Ended::Failed("timeout".into()));
    assert_eq!(of(&late), vec![asking, lost]);
}

#[test]
fn a_failure_that_people_are_asked_about_is_one_attempt_and_trying_again_another() {
    let event = |value| serde_json::from_value::<Event>(value).unwrap();
    let id = |number: u32| format!("6f2d9c1e-8a4b-5c3d-9e7f-00112233445{number}");
    let opened = |number| {
        event(json!({"type": "interaction_opened", "interaction": {"interaction_id": id(number), "created_at": 10,
            "activation": {"node": "a", "visit": 1}, "kind": "decision", "question": "What now?", "on_error": true}}))
    };
    let closed =
        |number| event(json!({"type": "interaction_closed", "interaction_id": id(number), "status": "answered"}));
    let error = || Error::new("broken", "no");
    let failed = |attempt| Event::NodeFailed { node: "a".into(), visit: 1, attempt, error: error(), unknown: false };
    let again = Event::AttemptFailed {
        node: "a".into(),
        visit: 1,
        attempt: 1,
        error: error(),
        unknown: false,
        retry_at: Time(900),
    };
    let turns = [
        turn(1, 0, vec![activated("a", 1)]),
        turn(2, 25, vec![failed(1), opened(1)]),
        turn(3, 900, vec![closed(1), again]),
        turn(4, 974, vec![failed(2), opened(2)]),
    ];
    let (workflow, code) = (workflow(), || Ended::Failed("broken".into()));
    let told = |span: Span| (span.attempt, span.doing, span.begin.map(|time| time.0), span.ended);
    assert_eq!(
        spans(&workflow, &turns).into_iter().map(told).collect::<Vec<_>>(),
        [
            (1, Doing::Running, Some(0), code()),
            (1, Doing::Asking, Some(25), Ended::Done),
            (2, Doing::Running, Some(900), code()),
            (2, Doing::Asking, Some(974), Ended::Open),
        ]
    );
}

#[test]
fn an_agent_asks_people_while_one_of_its_tools_does() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let document = json!({"id": "w", "nodes": [{"id": "a", "type": "manual_trigger"}, {"id": "b", "type": "agent",
        "config": {"model": model, "prompt": "Hello"}}], "edges": [{"from": "a", "to": "b"}]});
    let workflow = document::parse(&document).unwrap().workflow;
    let event = |value| serde_json::from_value::<Event>(value).unwrap();
    let planned = event(
        json!({"type": "children_planned", "node": "b", "visit": 1, "attempt": 1, "count": 2, "limit": 2, "items": []}),
    );
    let asked = |asking: &[(u32, u64)], ceased: &[(u32, u64)]| Event::ChildrenAsked {
        node: "b".into(),
        visit: 1,
        asking: asking.to_vec(),
        ceased: ceased.to_vec(),
    };
    let turns = [
        turn(1, 0, vec![activated("b", 1)]),
        turn(2, 100, vec![planned]),
        turn(3, 200, vec![asked(&[(0, 1)], &[])]),
        turn(4, 300, vec![asked(&[(1, 1)], &[])]),
        turn(5, 400, vec![asked(&[], &[(0, 2)])]),
        turn(6, 500, vec![asked(&[], &[(1, 2)])]),
    ];
    let told = |span: Span| (span.doing, span.begin.map(|time| time.0), span.end.map(|time| time.0));
    let told: Vec<_> = spans(&workflow, &turns).into_iter().map(told).collect();
    let asking = (Doing::Asking, Some(200), Some(500));
    assert_eq!(told[1..], [(Doing::Below, Some(100), Some(200)), asking, (Doing::Below, Some(500), None)]);
}
