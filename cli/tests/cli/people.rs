//! Tests of questions: asked in the terminal, left open, and answered by command.

use crate::support::Home;
use serde_json::{Value, json};

/// A workflow with one `human` node of this config, and a node behind each of its ports that says which was taken.
fn asks(config: Value, ports: &[&str]) -> Value {
    let ends = ports.iter().map(|port| {
        json!({"id": format!("on_{port}"), "type": "transform", "config": {"set": {
        "port": port, "answer": "{{ ctx.ask.output.answer }}", "comment": "{{ ctx.ask.output.comment }}"}}})
    });
    let mut nodes =
        vec![json!({"id": "start", "type": "manual_trigger"}), json!({"id": "ask", "type": "human", "config": config})];
    nodes.extend(ends);
    let mut edges = vec![json!({"from": "start", "to": "ask"})];
    edges.extend(ports.iter().map(|port| json!({"from": "ask", "to": format!("on_{port}"), "port": port})));
    json!({"id": "asks", "nodes": nodes, "edges": edges})
}

pub fn approval(more: Value) -> Value {
    let mut config = json!({"kind": "approval", "question": "Pay {{ input.amount }}?"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    asks(config, &["approved", "rejected"])
}

#[test]
fn without_input_it_is_left_waiting_and_goes_on_once_answered() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    let told = home.run(&["run", &file, "--input", r#"{"amount": 5}"#, "--no-input", "--json"]).exits(3);
    let execution = told.json();
    assert_eq!(execution["status"], "waiting_human");
    let id = execution["execution_id"].as_str().unwrap();
    let interaction = execution["pending_interactions"][0]["interaction_id"].as_str().unwrap();
    assert!(told.err.contains(&format!("stepwell answer {interaction}")), "{told:?}");
    assert!(told.err.contains(&format!("stepwell run asks.json --resume {id}")), "{told:?}");
    assert!(home.run(&["inbox"]).exits(0).out.contains("Pay 5?"));
    home.run(&["answer", id]).exits(2);
    home.run(&["answer", id, "--text", "hm"]).exits(1);
    let answer = home.run(&["answer", id, "--approve", "--comment", "fine", "--json"]).exits(0).json();
    assert_eq!((&answer["decision"], &answer["responses_needed"]), (&json!("approved"), &json!(0)));
    home.run(&["answer", interaction, "--reject"]).exits(1);
    assert_eq!(via(&home, id), ["cli"]);
    let execution = home.run(&["run", &file, "--resume", id, "--json"]).exits(0).json();
    assert_eq!(execution["output"], json!({"port": "approved", "answer": true, "comment": "fine"}));
}

/// The field `via` of an execution's answers, oldest first: by which way each came.
fn via(home: &Home, id: &str) -> Vec<String> {
    let history = home.run(&["history", id, "--json"]).exits(0).json();
    let events = history["history"].as_array().unwrap().iter().flat_map(|turn| turn["events"].as_array().unwrap());
    events.filter_map(|event| event["response"]["via"].as_str().map(str::to_owned)).collect()
}

#[test]
fn several_questions_are_answered_at_once_and_each_tells_its_own_end() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    for amount in 1..=4 {
        home.run(&["run", &file, "--input", &json!({ "amount": amount }).to_string(), "--no-input"]).exits(3);
    }
    let inbox = home.run(&["inbox", "--json"]).exits(0).json();
    let ids: Vec<&str> =
        inbox["items"].as_array().unwrap().iter().map(|one| one["interaction_id"].as_str().unwrap()).collect();
    let done = home.run(&["answer", ids[0], ids[1], "--approve"]).exits(0);
    assert_eq!(done.out, format!("{} is decided: approved\n{} is decided: approved\n", ids[0], ids[1]));
    // One that is over already is told, keeps no other from being answered, and makes the command fail.
    let done = home.run(&["answer", ids[0], ids[2], "--reject"]).exits(1);
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(lines[0].starts_with(&format!("{} is not answered: ", ids[0])), "{done:?}");
    assert_eq!(lines[1], format!("{} is decided: rejected", ids[2]));
    assert!(done.err.contains("1 of 2 questions not answered"), "{done:?}");
    let told = home.run(&["answer", ids[1], ids[3], "--approve", "--json"]).exits(1).json();
    assert_eq!(told["items"][0]["error"]["code"], "already_decided", "{told}");
    assert_eq!(told["items"][1]["decision"], "approved", "{told}");
    // A question of another kind is not answered along.
    let other = home.file("other.json", asks(json!({"kind": "ask", "question": "Why?"}), &["answered"]));
    for (file, input) in [(&file, r#"{"amount": 5}"#), (&other, "{}")] {
        home.run(&["run", file, "--input", input, "--no-input"]).exits(3);
    }
    let inbox = home.run(&["inbox", "--json"]).exits(0).json();
    let ids: Vec<&str> =
        inbox["items"].as_array().unwrap().iter().map(|one| one["interaction_id"].as_str().unwrap()).collect();
    assert!(home.run(&["answer", ids[0], ids[1], "--approve"]).exits(1).err.contains("not alike"));
    assert_eq!(home.run(&["inbox", "--json"]).exits(0).json()["items"].as_array().unwrap().len(), 2);
}

#[test]
fn the_beginning_of_an_id_names_a_question_that_is_over_too() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    for amount in 1..=3 {
        home.run(&["run", &file, "--input", &json!({ "amount": amount }).to_string(), "--no-input"]).exits(3);
    }
    let inbox = home.run(&["inbox", "--json"]).exits(0).json();
    let ids: Vec<String> =
        inbox["items"].as_array().unwrap().iter().map(|one| one["interaction_id"].as_str().unwrap().into()).collect();
    home.run(&["answer", &ids[0], "--approve"]).exits(0);
    let whole = home.run(&["answer", &ids[0], "--reject"]).exits(1);
    assert!(whole.err.contains("the interaction is over: approved"), "{whole:?}");
    let short = &ids[0][..13];
    assert_eq!(home.run(&["answer", short, "--reject"]).exits(1).err, whole.err);
    let several = home.run(&["answer", short, &ids[1][..13], "--reject"]).exits(1);
    assert!(
        several.out.contains(&format!("{} is not answered: the interaction is over: approved", ids[0])),
        "{several:?}"
    );
    assert!(several.out.contains(&format!("{} is decided: rejected", ids[1])), "{several:?}");
    assert!(home.run(&["answer", "ffffffff", "--reject"]).exits(1).err.contains("no interaction ffffffff"));
}

#[test]
fn the_inbox_is_searched_by_workflow_kind_and_words() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    for amount in [17, 23] {
        home.run(&["run", &file, "--input", &json!({ "amount": amount }).to_string(), "--no-input"]).exits(3);
    }
    let shown = home.run(&["inbox", "--search", "PAY 23"]).exits(0);
    assert!(shown.out.contains("Pay 23?") && !shown.out.contains("Pay 17?"), "{shown:?}");
    assert!(home.run(&["inbox", "--workflow", "asks", "--kind", "approval"]).exits(0).out.contains("Pay 17?"));
    assert!(home.run(&["inbox", "--kind", "ask"]).exits(0).err.contains("nothing waits for an answer"));
    assert!(home.run(&["inbox", "--kind", "anything"]).exits(1).err.contains("kind"));
}

#[test]
fn the_inbox_is_paged_like_every_list() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    for amount in 1..=3 {
        home.run(&["run", &file, "--input", &json!({ "amount": amount }).to_string(), "--no-input"]).exits(3);
    }
    let page = home.run(&["inbox", "--limit", "2"]).exits(0);
    assert_eq!(page.out.matches("Pay ").count(), 2, "{page:?}");
    let cursor = page.err.split("--cursor ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap().to_owned();
    let rest = home.run(&["inbox", "--limit", "2", "--cursor", &cursor]).exits(0);
    assert_eq!(rest.out.matches("Pay ").count(), 1, "{rest:?}");
    assert!(!rest.err.contains("--cursor"), "{rest:?}");
    assert!(home.run(&["ls", "--limit", "2"]).exits(0).err.contains("there are more: --cursor "));
}

#[test]
fn lines_that_are_piped_in_answer() {
    let home = Home::new();
    let file = home.file("asks.json", approval(json!({})));
    let args = ["run", &file, "--input", r#"{"amount": 5}"#, "--json"];
    let told = home.say(&args, "perhaps\nn far too much\n").exits(0);
    assert_eq!(told.json()["output"], json!({"port": "rejected", "answer": false, "comment": "far too much"}));
    assert!(told.err.contains("Pay 5?"), "{told:?}");
    assert_eq!(via(&home, told.json()["execution_id"].as_str().unwrap()), ["cli"]);
    home.say(&args, "").exits(3);
    home.say(&args, "perhaps\n").exits(3);
}

#[test]
fn two_assignees_are_answered_for_in_turn() {
    let home = Home::new();
    let more = json!({"assignees": ["a@example.com", "b@example.com"], "approval_threshold": 2});
    let file = home.file("asks.json", approval(more));
    let args = ["run", &file, "--input", r#"{"amount": 5}"#, "--json"];
    let told = home.say(&args, "y\ny\n").exits(0);
    assert!(told.err.contains("answering for a@example.com") && told.err.contains("answering for b@example.com"));
    let waiting = home.say(&args, "y\n").exits(3).json();
    let responses = waiting["pending_interactions"][0]["responses"].as_array().unwrap();
    assert_eq!((responses.len(), &responses[0]["by"]), (1, &json!("a@example.com")));
    assert_eq!(responses[0]["entered_by"], "me@example.com", "recorded as entered by another");
    let id = waiting["execution_id"].as_str().unwrap();
    let told = home.run(&["answer", id, "--approve"]).exits(1);
    assert!(told.err.contains("--as"), "{told:?}");
    home.run(&["answer", id, "--approve", "--as", "b@example.com"]).exits(0);
    home.run(&["run", &file, "--resume", id]).exits(0);
}

#[test]
fn data_is_asked_for_field_by_field_or_whole() {
    let home = Home::new();
    let schema = json!({"type": "object", "required": ["count", "name"], "properties": {
        "count": {"type": "integer", "minimum": 1}, "name": {"type": "string"}, "urgent": {"type": "boolean"}}});
    let file = home
        .file("asks.json", asks(json!({"kind": "input", "question": "How many?", "schema": schema}), &["answered"]));
    let expected = json!({"count": 3, "name": "Ada", "urgent": true});
    let told = home.say(&["run", &file, "--json"], "three\n3\nAda\ny\n").exits(0);
    assert_eq!(told.json()["output"]["answer"], expected);
    let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let id = waiting["execution_id"].as_str().unwrap();
    home.run(&["answer", id, "--value", r#"{"count": 0}"#, "--data", ".stepwell"]).exits(1);
    home.run(&["answer", id, "--value", &expected.to_string(), "--data", ".stepwell"]).exits(0);
    let refused_first = format!("{{\"count\": 0}}\n{expected}\n");
    let told = home.say(&["run", &file, "--json"], &refused_first).exits(0);
    assert_eq!(told.json()["output"]["answer"], expected);
    assert!(told.err.contains("minimum"), "every reason is told: {told:?}");
}

#[test]
fn a_decision_takes_a_number_an_id_or_a_label() {
    let home = Home::new();
    let options = json!([{"id": "l", "label": "Left"}, {"id": "r", "label": "Right"}]);
    let file = home
        .file("asks.json", asks(json!({"kind": "decision", "question": "Where?", "options": options}), &["l", "r"]));
    for (line, port) in [("2\n", "r"), ("l\n", "l"), ("right\n", "r"), ("3\n1\n", "l")] {
        let told = home.say(&["run", &file, "--json"], line).exits(0);
        assert_eq!(told.json()["output"]["port"], port, "{line}");
    }
}

#[test]
fn a_question_of_a_child_is_asked_too() {
    let home = Home::new();
    let config = json!({"kind": "ask", "question": "Name of {{ item }}?"});
    let body = json!({"nodes": [{"id": "ok", "type": "human", "config": config}], "edges": []});
    let document = json!({"id": "maps", "output": "ctx.each.output.map(x, x.answer)", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "[1, 2]", "max_concurrency": 1, "body": body}}],
        "edges": [{"from": "start", "to": "each"}]});
    let file = home.file("maps.json", document);
    let told = home.say(&["run", &file, "--json"], "one\ntwo\n").exits(0);
    assert_eq!(told.json()["output"], json!(["one", "two"]));
    home.say(&["run", &file, "--json"], "one\n").exits(3);
}

#[test]
fn secrets_and_tokens_are_not_shown_again() {
    let home = Home::new();
    let told = home.say(&["secret", "set", "API_KEY", "--host", "api.example.com"], "s3cr3t-value\n").exits(0);
    assert!(!told.out.contains("s3cr3t-value") && !told.err.contains("s3cr3t-value"));
    assert!(!told.err.contains("warning"), "{told:?}");
    let told = home.say(&["secret", "set", "API_KEY", "--for-inline", "--json"], "s3cr3t-value\n").exits(0);
    assert!(told.err.contains("may be sent to any host"), "{told:?}");
    assert_eq!(
        (&told.json()["for_inline"], &told.json()["warnings"][0]["code"]),
        (&true.into(), &"secret_without_hosts".into())
    );
    home.say(&["secret", "set", "API_KEY"], "").exits(2);
    home.say(&["secret", "set", "1 bad name"], "x").exits(1);
    let made = home
        .run(&[
            "token",
            "create",
            "--name",
            "ci",
            "--subject",
            "ci@example.com",
            "--scopes",
            "read,run",
            "--expires",
            "90d",
            "--json",
        ])
        .exits(0);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    home.run(&[
        "token",
        "create",
        "--name",
        "ci",
        "--subject",
        "ci@example.com",
        "--scopes",
        "read",
        "--expires",
        "yesterday",
    ])
    .exits(2);
    home.run(&["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "fly"]).exits(1);
    for entry in std::fs::read_dir(home.path(".stepwell")).unwrap() {
        let kept = std::fs::read(entry.unwrap().path()).unwrap();
        for hidden in [token.as_bytes(), b"s3cr3t-value"] {
            assert!(!kept.windows(hidden.len()).any(|part| part == hidden), "it is on the disk");
        }
    }
}

#[test]
fn a_dangerous_tool_is_let_loose_by_its_name_only() {
    let home = Home::new();
    let config = json!({"kind": "authorization", "question": "May it?", "tool": "rm", "security_level": "high"});
    let file = home.file("asks.json", asks(config, &["approved", "rejected"]));
    let told = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let id = told["execution_id"].as_str().unwrap();
    assert!(home.run(&["answer", id, "--approve"]).exits(1).err.contains("--tool"));
    assert!(home.run(&["answer", id, "--approve", "--tool", "ls"]).exits(1).err.contains("not called ls"));
    home.run(&["answer", id, "--approve", "--tool", "rm"]).exits(0);
}

#[test]
fn what_a_person_gives_in_place_of_a_failed_node_is_its_output() {
    let home = Home::new();
    let document = json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "t", "type": "transform", "config": {"expression": "input.none"}, "on_error": "ask_human"}],
        "edges": [{"from": "go", "to": "t"}]});
    let file = home.file("w.json", document);
    let told = home.say(&["run", &file, "--json"], "skip\n{\"v\": 1}\n").exits(0);
    assert_eq!(told.json()["output"], json!({"v": 1}));
}

#[test]
fn a_decision_with_the_words_of_a_failure_is_a_decision() {
    let home = Home::new();
    let options = json!([{"id": "retry", "label": "Again"}, {"id": "skip", "label": "On"}]);
    let config = json!({"kind": "decision", "question": "And now?", "options": options});
    let file = home.file("asks.json", asks(config, &["retry", "skip"]));
    home.say(&["run", &file, "--json"], "skip\n").exits(0);
}

#[test]
fn the_example_for_two_people_says_how_they_answer() {
    let home = Home::new();
    let told = home.run(&["init", "--from", "two-person-approval", "pair"]).exits(0);
    assert!(told.err.contains("stepwell dev --mail-to-folder outbox"), "{told:?}");
    assert!(told.err.contains("stepwell save pair.json, stepwell start pair --input"), "{told:?}");
    assert!(!told.err.contains("stepwell run"), "nobody could answer it: {told:?}");
    assert!(home.run(&["init", "other"]).exits(0).err.contains("stepwell run other.json"), "{told:?}");
}

#[test]
fn what_is_said_of_channels_is_the_same_whoever_has_the_folder_and_is_said_by_save() {
    let home = Home::new();
    let channels = json!([{"type": "email"}, {"type": "webhook", "url": "https://hooks.example.com"}]);
    let file = home.file("asks.json", approval(json!({ "assignees": ["ann@example.com"], "channels": channels })));
    let told = home.run(&["validate", "--host", &file]).exits(1);
    assert!(told.err.contains("/channels/0") && !told.err.contains("/channels/1"), "{told:?}");
    // `validate` and `save` take no such option: what is said works there too, or names the command that does.
    assert!(
        told.err.contains("STEPWELL_MAIL_TO_FOLDER=DIR") && told.err.contains("stepwell dev --mail-to-folder DIR"),
        "{told:?}"
    );
    let saved = home.run(&["save", &file]).exits(0);
    assert!(saved.err.contains("channel_not_configured") && saved.err.contains("/channels/0"), "{saved:?}");
    assert!(!saved.err.contains("/channels/1"), "{saved:?}");
    // What the checks say themselves is said once.
    assert_eq!(saved.err.matches("human_without_timeout").count(), 1, "{saved:?}");
}
