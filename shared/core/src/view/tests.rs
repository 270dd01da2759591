#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::{event::*, payload::Payload, view};
use document::time::Time;
use serde_json::json;

fn turn(events: Vec<Event>) -> Turn {
    Turn { seq: 2, at: Time(1_000), by: Some("ann@example.com".into()), events }
}

fn succeeded(node: &str) -> Event {
    let output = Payload::new(json!({"$blob": "mine"}));
    let (visit, attempt, live) = (1, 1, Some(vec![0]));
    Event::NodeSucceeded { node: node.into(), visit, attempt, port: "success".into(), output, duration_ms: None, live }
}

#[test]
fn a_turn_reads_as_a_sentence() {
    let next = Event::NodeActivated { node: "b".into(), visit: 1, via: vec![0] };
    assert_eq!(view::sentence(&turn(vec![succeeded("a"), next])), "Node a succeeded; next: b.");
    let end = Event::ExecutionCompleted { output: Payload::default() };
    assert_eq!(view::sentence(&turn(vec![succeeded("a"), end])), "Node a succeeded; execution completed.");
    let paused = Event::ExecutionPaused { reason: Some("lunch".into()) };
    assert_eq!(view::sentence(&turn(vec![paused])), "Paused by ann@example.com: lunch.");
}

#[test]
fn events_show_times_and_values_as_callers_write_them() {
    let shown = view::event(&succeeded("a"));
    assert_eq!(shown["output"], json!({"$blob": "mine"}));
    let waits = Event::WaitStarted { node: "w".into(), visit: 1, until: Some(Time(0)), event: None, timeout_at: None };
    assert_eq!(view::event(&waits)["until"], "1970-01-01T00:00:00.000Z");
}

#[test]
fn positions_of_a_stream_name_the_turn_and_the_event() {
    let events = view::stream_events(&"x".into(), &turn(vec![succeeded("a"), succeeded("b")]));
    let ids: Vec<&str> = events.iter().map(|(id, _, _)| id.as_str()).collect();
    assert_eq!(ids, ["2.0", "2.1"]);
    assert_eq!(events[0].2["checkpoint"], "2");
    assert_eq!(events[0].2["node"], "a");
}
