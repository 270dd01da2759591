//! Tests of answers that come twice or at once, on a server with real clocks and threads.

use crate::{
    dev::{Dev, answer_to},
    support::{Home, until},
};
use serde_json::{Value, json};

/// A workflow that asks for three approvals, one after the other.
fn row() -> Value {
    let ask =
        |id: &str| json!({"id": id, "type": "human", "config": {"kind": "approval", "question": format!("{id}?")}});
    json!({"id": "row", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("one"), ask("two"), ask("three")],
        "edges": [{"from": "start", "to": "one"}, {"from": "one", "to": "two"}, {"from": "two", "to": "three"}]})
}

fn status_of(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[test]
fn of_two_answers_at_once_one_is_taken_and_only_the_first_question_is_answered() {
    let home = Home::new();
    let dev = Dev::start(&home);
    for _ in 0..20 {
        let started = dev.post("/v1/executions?wait=10", &json!({"workflow": row()}));
        let id = started["execution_id"].as_str().unwrap();
        let head = format!("POST /v1/executions/{id}/resume HTTP/1.1\r\nHost: localhost");
        let both = [(); 2].map(|()| dev.send(&head, r#"{"approved": true}"#));
        let mut statuses = both.map(|one| status_of(&answer_to(one)));
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let asked = home.run(&["inbox", "--execution", id, "--json"]).exits(0).json();
        assert_eq!(asked["items"][0]["node"], "two", "the second question is still asked");
        // Whoever has seen the next question answers it.
        assert_eq!(status_of(&dev.request(&head, r#"{"approved": true}"#)), 200);
    }
    dev.stop();
}

#[test]
fn a_repeated_request_is_told_the_same_after_a_restart() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let started = dev.post("/v1/executions?wait=10", &json!({"workflow": row()}));
    let id = started["execution_id"].as_str().unwrap();
    let head = format!("POST /v1/executions/{id}/resume HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: one");
    let body_of = |answer: String| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    let first = body_of(dev.request(&head, r#"{"approved": true}"#));
    assert!(first.as_ref().is_some_and(|told| told.contains("Waits for a person at two.")), "{first:?}");
    dev.stop();
    let dev = Dev::start(&home);
    assert_eq!(body_of(dev.request(&head, r#"{"approved": true}"#)), first);
    assert_eq!(status_of(&dev.request(&head, r#"{"approved": false}"#)), 422);
    assert_eq!(home.run(&["show", id, "--json"]).json()["pending_interactions"][0]["node"], "two");
    dev.stop();
}

#[test]
fn a_repeated_answer_to_a_child_is_told_the_same_after_a_restart() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Take {{ item }}?"}});
    let body = json!({"nodes": [ask], "edges": []});
    let each = json!({"id": "each", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": "[1, 2]", "max_concurrency": 1, "body": body}}],
        "edges": [{"from": "start", "to": "all"}]});
    let started = dev.post("/v1/executions?wait=10", &json!({"workflow": each}));
    let id = started["execution_id"].as_str().unwrap();
    let head = format!("POST /v1/executions/{id}/resume HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: one");
    let body_of = |answer: String| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    let first = body_of(dev.request(&head, r#"{"approved": true}"#));
    assert!(first.as_ref().is_some_and(|told| told.contains("Waits for a person at all.")), "{first:?}");
    dev.stop();
    let dev = Dev::start(&home);
    assert_eq!(body_of(dev.request(&head, r#"{"approved": true}"#)), first);
    assert_eq!(status_of(&dev.request(&head, r#"{"approved": false}"#)), 422);
    assert_eq!(home.run(&["show", id, "--json"]).json()["pending_interactions"][0]["question"], "Take 2?");
    // Another key is another answer, which the same caller gives after the reply to the first.
    let head = head.replace("one", "two");
    let second = body_of(dev.request(&head, r#"{"approved": true}"#));
    assert!(second.as_ref().is_some_and(|told| told.contains("\"completed\":true")), "{second:?}");
    dev.stop();
}

#[test]
fn a_resume_that_finds_a_question_names_the_command_that_answers_it() {
    let home = Home::new();
    let file = home.file("row.json", row());
    let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let (id, question) = (&waiting["execution_id"], &waiting["pending_interactions"][0]["interaction_id"]);
    let (id, question) = (id.as_str().unwrap(), question.as_str().unwrap());
    let command = format!("stepwell answer {question} --approve");
    let told = home.run(&["resume", id]).exits(1);
    assert!(told.err.contains(&command), "{told:?}");
    // A pause is all that a resume ends, and it says so.
    home.run(&["pause", id]).exits(0);
    let told = home.run(&["resume", id]).exits(0);
    assert!(told.out.contains("its pause is over") && told.err.contains(&command), "{told:?}");
    home.run(&["pause", id]).exits(0);
    assert_eq!(home.run(&["resume", id, "--json"]).exits(0).json()["resumed"], "paused");
}

#[test]
fn of_several_those_are_answered_that_can_be() {
    let home = Home::new();
    let file = home.file("row.json", row());
    let asks = || {
        let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
        waiting["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned()
    };
    let (one, two) = (asks(), asks());
    let told = home.run(&["answer", &one, "nobody-knows-it", &two, "--approve"]).exits(1);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines.len() == 3 && lines[1].starts_with("nobody-knows-it is not answered: "), "{told:?}");
    assert!([lines[0], lines[2]].iter().all(|line| line.ends_with("is decided: approved")), "{told:?}");
    assert!(told.err.contains("1 of 3 questions not answered"), "{told:?}");
    // Where none is known, each has its line all the same.
    let told = home.run(&["answer", "nobody-knows-it", "nor-this-one", "--approve", "--json"]).exits(1).json();
    let codes: Vec<_> = told["items"].as_array().unwrap().iter().map(|item| &item["error"]["code"]).collect();
    assert_eq!(codes, ["not_found", "not_found"]);
}

#[test]
fn commands_that_answer_an_execution_answer_what_it_asked_when_they_began() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let started = dev.post("/v1/executions?wait=10", &json!({"workflow": row()}));
    let id = started["execution_id"].as_str().unwrap();
    let both: Vec<_> = (0..2).map(|_| home.spawn(&["answer", id, "--approve"])).collect();
    let taken = both.into_iter().filter_map(|one| one.wait_with_output().ok()).filter(|one| one.status.success());
    assert_eq!(taken.count(), 1);
    let asks = || home.run(&["show", id, "--json"]).json()["pending_interactions"][0]["node"].clone();
    until("the next question is asked", || asks() == "two");
    home.run(&["answer", id, "--approve"]).exits(0);
    until("the last question is asked", || asks() == "three");
    dev.stop();
}
