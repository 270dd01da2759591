//! `export` and `import`: executions go on in another data folder.

use crate::support::{Home, Told, signal, until};
use serde_json::{Value, json};

/// Asks for a yes, after a value of so many bytes, and says what it was asked.
fn approval(bytes: usize) -> Value {
    let code = format!("console.log('made {bytes}'); return {{text: 'x'.repeat({bytes})}}");
    json!({"id": "pay", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "make", "type": "code", "config": {"code": code}},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay {{ input.amount }}?", "timeout_seconds": 3600}},
        {"id": "paid", "type": "transform", "config": {"expression": "size(ctx.make.output.text)"}}],
        "edges": [{"from": "start", "to": "make"}, {"from": "make", "to": "ask"},
            {"from": "ask", "port": "approved", "to": "paid"}]})
}

/// A folder in which an execution of the document waits for a person, and its id.
fn waiting(document: &Value) -> (Home, String) {
    let home = Home::new();
    let file = home.file("w.json", document);
    let told = home.run(&["run", &file, "--no-input", "--input", r#"{"amount": 3}"#, "--json"]).exits(3);
    let id = told.json()["execution_id"].as_str().unwrap().to_owned();
    (home, id)
}

fn elsewhere(home: &Home, args: &[&str]) -> Told {
    home.run(&[args, &["--data", "elsewhere"]].concat())
}

fn turns(home: &Home, id: &str, data: &str) -> Vec<Value> {
    let told = home.run(&["history", id, "--json", "--data", data]).exits(0);
    told.json()["history"].as_array().unwrap().clone()
}

#[test]
fn an_execution_that_waits_for_a_person_is_answered_in_another_folder() {
    // Given an execution that waits, with a value that lies beside the journal,
    let (home, id) = waiting(&approval(400_000));
    let told = home.run(&["export", &id[..13], "--out", "one.jsonl"]).exits(0);
    assert!(told.err.contains("1 execution") && told.err.contains("no secrets") && told.out.is_empty(), "{told:?}");
    // when it is imported into a folder that does not exist yet, after a look at what would be,
    let told = elsewhere(&home, &["import", "one.jsonl", "--dry-run"]).exits(0);
    assert_eq!(told.out, format!("{id} would be imported\n"));
    elsewhere(&home, &["show", &id]).exits(1);
    let told = elsewhere(&home, &["import", "one.jsonl"]).exits(0);
    assert_eq!(told.out, format!("{id} is imported: it is waiting_human\n"));
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    // then its history is the same, and says that it came from elsewhere,
    let (there, here) = (turns(&home, &id, ".stepwell"), turns(&home, &id, "elsewhere"));
    assert_eq!(there.len() + 1, here.len());
    assert_eq!(there[1..], here[1..there.len()]);
    assert_eq!(here[there.len()]["state_summary"], "Imported from another host by me@example.com.");
    let lines = elsewhere(&home, &["logs", &id]).exits(0).out;
    assert!(lines.contains("made 400000"), "captured lines come along: {lines}");
    // to import it again changes nothing,
    let told = elsewhere(&home, &["import", "one.jsonl"]).exits(0);
    assert_eq!(told.out, format!("{id} was here already, and nothing changed: it is waiting_human\n"));
    assert_eq!(turns(&home, &id, "elsewhere"), here);
    assert_eq!(elsewhere(&home, &["logs", &id]).exits(0).out, lines);
    // and it goes on to its end.
    elsewhere(&home, &["answer", &id, "--approve"]).exits(0);
    let told = elsewhere(&home, &["run", "--resume", &id]).exits(0);
    assert_eq!(told.out.trim(), "400000");
    let told = elsewhere(&home, &["import", "one.jsonl", "--json"]).exits(0).json();
    let expected = json!([{"execution_id": id, "taken": "unchanged", "executions": 1, "status": "completed"}]);
    assert_eq!(told["executions"], expected);
    // Once the first has gone on as well, the two are no longer the same.
    home.run(&["answer", &id, "--reject"]).exits(0);
    home.run(&["export", &id, "--out", "two.jsonl"]).exits(0);
    let told = elsewhere(&home, &["import", "two.jsonl", "--json"]).exits(1);
    assert_eq!(told.json()["error"]["code"], "exists_with_another_journal", "{told:?}");
    assert!(told.err.contains("line 2 of the file") && told.err.contains("stepwell delete"), "{told:?}");
}

#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let (home, id) = waiting(&approval(10));
    let text = home.run(&["export", &id]).exits(0).out;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "what it is, the execution, that it is whole, and the end: {text}");
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&first["stepwell_export"], &first["executions"]), (&json!(1), &json!([id])));
    let cut = [lines[..3].join("\n"), "\n".into()].concat();
    let newer = text.replacen("\"stepwell_export\":1", "\"stepwell_export\":2", 1);
    for (wrong, why, code) in [
        (cut.as_str(), "the file was cut", "invalid_export"),
        (&text[..text.len() / 2], "line 2", "invalid_export"),
        (&text.replacen("Pay ", "Say ", 1), "says that the lines before it are others", "invalid_export"),
        (&newer, "format 2", "unknown_format"),
        ("{}\n", "no export", "invalid_export"),
        ("", "empty", "usage"),
        (&format!("{text}{text}"), "behind the end", "invalid_export"),
    ] {
        let told = home.say(&["import", "-", "--data", "elsewhere", "--json"], wrong).exits(2);
        let error = &told.json()["error"];
        assert_eq!(error["code"], code, "{told:?}");
        assert!(error["message"].as_str().unwrap().contains(why), "{why}: {told:?}");
    }
    assert!(!home.path("elsewhere").exists(), "nothing was opened");
    home.say(&["import", "-", "--data", "elsewhere"], &text).exits(0);
    elsewhere(&home, &["show", &id]).exits(0);
    home.run(&["import", "none.jsonl"]).exits(2);
    home.run(&["export", "00000000-0000-0000-0000-000000000000"]).exits(1);
    home.run(&["export", &id, "--json"]).exits(2);
    home.run(&["export", &id, "--out", "no/such/folder.jsonl"]).exits(2);
}

#[test]
fn children_go_with_their_parent_and_not_by_themselves() {
    let body = json!({"nodes": [{"id": "ask", "type": "human", "config": {"kind": "approval", "question": "{{ item }}?", "timeout_seconds": 3600}}],
        "edges": []});
    let document = json!({"id": "all", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "['a', 'b', 'c']", "body": body}}],
        "edges": [{"from": "start", "to": "each"}]});
    let (home, id) = waiting(&document);
    let told = home.run(&["export", &id, "--out", "all.jsonl", "--json"]).exits(0).json();
    assert_eq!((&told["count"], &told["executions"]), (&json!(4), &json!([id])));
    let child = home.run(&["ls", "--parent", &id, "--json"]).exits(0).json()["items"][0]["execution_id"].clone();
    let told = home.run(&["export", child.as_str().unwrap()]).exits(1);
    assert!(told.err.contains(&id), "{told:?}");
    let told = elsewhere(&home, &["import", "all.jsonl"]).exits(0);
    assert_eq!(told.out, format!("{id} with 3 executions below it is imported: it is waiting_human\n"));
    // All are answered there, and the parent completes.
    let asked = elsewhere(&home, &["inbox", "--json"]).exits(0).json();
    let asked = asked["items"].as_array().unwrap();
    assert_eq!(asked.len(), 3);
    for question in asked {
        elsewhere(&home, &["answer", question["interaction_id"].as_str().unwrap(), "--approve"]).exits(0);
    }
    let told = elsewhere(&home, &["run", "--resume", &id, "--json"]).exits(0).json();
    assert_eq!(told["status"], "completed");
    // And it is deleted with them.
    elsewhere(&home, &["delete", &id, "--yes"]).exits(0);
    let told = elsewhere(&home, &["import", "all.jsonl", "--json"]).exits(0).json();
    assert_eq!(told["executions"][0]["executions"], 4);
}

#[test]
fn large_executions_travel_in_parts_and_a_running_host_goes_on_with_them() {
    let large =
        |id: &str| json!({"id": id, "type": "code", "config": {"code": format!("return '{id}'.repeat(900000)")}});
    let document = json!({"id": "wait", "output": "size(ctx.a.output) + size(ctx.c.output)", "nodes": [
        {"id": "start", "type": "manual_trigger"}, large("a"), large("b"), large("c"), large("d"),
        {"id": "later", "type": "wait", "config": {"seconds": 3}},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "?", "timeout_seconds": 3600}}],
        "edges": [{"from": "start", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "d"},
            {"from": "d", "to": "later"}, {"from": "later", "to": "ask"}]});
    let home = Home::new();
    let file = home.file("w.json", document);
    home.run(&["save", &file]).exits(0);
    let mut run = home.spawn(&["run", &file, "--no-input"]);
    let row = || home.run(&["ls", "--json"]).json()["items"][0].clone();
    until("it waits for the time", || row()["status"] == "waiting");
    let id = row()["execution_id"].as_str().unwrap().to_owned();
    home.run(&["export", &id, "--out", "large.jsonl"]).exits(0);
    signal(&run, "-KILL");
    run.wait().unwrap();
    let lines = std::fs::read_to_string(home.path("large.jsonl")).unwrap().lines().count();
    assert!(lines > 4, "{lines}");
    // A host that runs takes it in, and its timer goes on there.
    let mut dev = home.spawn(&["dev", "--port", "0", "--data", "elsewhere"]);
    until("it serves", || elsewhere(&home, &["ls"]).code == Some(0));
    elsewhere(&home, &["import", "large.jsonl"]).exits(0);
    let there = || elsewhere(&home, &["show", &id, "--json"]).json();
    until("the timer fires", || there()["status"] == "waiting_human");
    elsewhere(&home, &["answer", &id, "--approve"]).exits(0);
    until("it completes", || there()["status"] == "completed");
    assert_eq!(there()["output"], 1_800_000);
    signal(&dev, "-TERM");
    dev.wait().unwrap();
}

#[test]
fn what_came_before_a_refusal_is_told() {
    // Given a file of three executions, of which the second has gone another way in the other folder,
    let home = Home::new();
    let file = home.file("w.json", approval(10));
    let ids: Vec<String> = (0..3)
        .map(|_| {
            let told = home.run(&["run", &file, "--no-input", "--input", r#"{"amount": 3}"#, "--json"]).exits(3);
            told.json()["execution_id"].as_str().unwrap().to_owned()
        })
        .collect();
    home.run(&["export", &ids[1], "--out", "one.jsonl"]).exits(0);
    elsewhere(&home, &["import", "one.jsonl"]).exits(0);
    home.run(&["answer", &ids[1], "--approve"]).exits(0);
    elsewhere(&home, &["answer", &ids[1], "--reject"]).exits(0);
    home.run(&["export", &ids[0], &ids[1], &ids[2], "--out", "all.jsonl"]).exits(0);
    // when it is imported, then what is here is told, and then what is in the way.
    let told = elsewhere(&home, &["import", "all.jsonl"]).exits(1);
    assert_eq!(told.out, format!("{} is imported: it is waiting_human\n", ids[0]), "{told:?}");
    assert!(told.err.contains(&ids[1]) && !told.err.contains(&ids[2]), "{told:?}");
    let told = elsewhere(&home, &["import", "all.jsonl", "--json"]).exits(1).json();
    let expected = json!([{"execution_id": ids[0], "taken": "unchanged", "executions": 1, "status": "waiting_human"}]);
    assert_eq!(told["error"]["executions"], expected, "{told}");
}
