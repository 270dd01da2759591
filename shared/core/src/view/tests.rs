#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::{event::*, payload::Payload, view};
use document::time::Time;
use serde_json::json;

fn turn(events: Vec<Event>) -> Turn {
    Turn { seq: 2, at: Time(1_000), by: Some("ann@example.com".into()), request: None, events }
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
    let called = |id: &document::id::NodeId| format!("<{id}>");
    let loops = Event::LoopBroken { node: "each".into(), by: "out".into() };
    assert_eq!(view::sentence_with(&turn(vec![loops]), &called), "Loop <each> ended by <out>.");
    let end = Event::ExecutionCompleted { output: Payload::default() };
    assert_eq!(view::sentence(&turn(vec![succeeded("a"), end])), "Node a succeeded; execution completed.");
    let paused = Event::ExecutionPaused(Said { reason: Some("lunch".into()), above: None });
    assert_eq!(view::sentence(&turn(vec![paused])), "Paused by ann@example.com: lunch.");
}

#[test]
fn events_show_times_and_values_as_callers_write_them() {
    let shown = view::event(&succeeded("a"));
    assert_eq!(shown["output"], json!({"$blob": "mine"}));
    let waits = Event::WaitStarted { node: "w".into(), visit: 1, until: Some(Time(0)), event: None, timeout_at: None };
    assert_eq!(view::event(&waits)["until"], "1970-01-01T00:00:00.000Z");
    let sent = |data| Event::SignalReceived { name: "go".into(), data: Payload::new(data) };
    for mine in [json!({"$plain": 1}), json!({"at": 5}), json!(null), json!([{"$blob": "a"}])] {
        assert_eq!(view::event(&sent(mine.clone()))["data"], mine);
    }
    let offloaded: Payload = serde_json::from_value(json!({"$blob": "00", "bytes": 7})).unwrap();
    let event = Event::SignalReceived { name: "go".into(), data: offloaded };
    assert_eq!(
        view::event(&event),
        json!({"type": "signal_received", "name": "go", "data": {"$blob": "00", "bytes": 7}})
    );
}

#[test]
fn moments_are_text_wherever_they_stand_in_an_event() {
    let response = json!({"by": "a@x", "via": "api", "at": 1, "decision": "approved", "shown_sha256": "00"});
    let asked = json!({"interaction_id": "i", "activation": {"node": "n", "visit": 1}, "kind": "approval",
        "question": "Well?", "deadline": 1_000, "created_at": 0, "decided_at": 2_000, "responses": [response]});
    let opened = json!({"type": "interaction_opened", "interaction": asked, "timeout_at": 3_000});
    let mut shown = opened.clone();
    shown["timeout_at"] = json!("1970-01-01T00:00:03.000Z");
    shown["interaction"]["deadline"] = json!("1970-01-01T00:00:01.000Z");
    shown["interaction"]["created_at"] = json!("1970-01-01T00:00:00.000Z");
    shown["interaction"]["decided_at"] = json!("1970-01-01T00:00:02.000Z");
    shown["interaction"]["responses"][0]["at"] = json!("1970-01-01T00:00:00.001Z");
    let event: Event = serde_json::from_value(opened).unwrap();
    assert_eq!(view::event(&event), shown);
}

#[test]
fn an_answer_of_a_model_names_the_tools_that_it_asks_for() {
    let answered = |names: &[&str]| {
        let calls: Vec<_> = names.iter().map(|name| json!({"id": "1", "name": name, "arguments": {}})).collect();
        let event =
            json!({"type": "agent_answered", "node": "a", "visit": 1, "attempt": 1, "answer": {"tool_calls": calls}});
        view::sentence(&turn(vec![serde_json::from_value(event).unwrap()]))
    };
    assert_eq!(answered(&[]), "The model of agent a answered.");
    assert_eq!(answered(&["x", "y"]), "The model of agent a answered and asks for x and y.");
    assert_eq!(answered(&["t"; 9]), "The model of agent a answered and asks for t (9 times).");
    assert_eq!(
        answered(&["a", "b", "c", "d", "e"]),
        "The model of agent a answered and asks for a, b, c, d and 1 more."
    );
}

#[test]
fn a_tool_that_ended_is_told_by_its_name_and_one_of_an_older_journal_by_its_number() {
    let ended = |tool: serde_json::Value| {
        let event = json!({"type": "agent_tool_ended", "node": "a", "visit": 1, "index": 1, "status": "rejected", "tool": tool});
        let called = |id: &document::id::NodeId| format!("<{id}>");
        view::sentence_with(&turn(vec![serde_json::from_value(event).unwrap()]), &called)
    };
    assert_eq!(ended(json!("pay")), "Tool <pay> of agent <a> was refused by a person.");
    assert_eq!(ended(json!(null)), "Tool call 2 of agent <a> was refused by a person.");
}
