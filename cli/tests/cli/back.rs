//! Going back and on: `retry`, `rollback`, `backtrack` and `unstick`, on a folder of which nobody else has hold, and through
//! `stepwell dev`.

use crate::{
    dev::Dev,
    support::{Home, Told, until},
};
use serde_json::{Value, json};

/// A trip whose flight and hotel can be cancelled, and whose payment takes no more than 5. `undo` is what cancels the
/// flight.
pub fn trip(undo: &str) -> Value {
    let books = |id: &str, undo: &str| {
        let code = format!("console.log('books {id}'); return {{id: 7}}");
        json!({"id": id, "type": "code", "config": {"code": code},
            "compensate": {"type": "code", "config": {"code": undo}}})
    };
    let pay = "if (output.id > 5) throw new Error('the card takes no ' + output.id); return 'paid ' + output.id";
    json!({"id": "trip", "nodes": [{"id": "start", "type": "manual_trigger"}, books("flight", undo),
            books("hotel", "console.log('cancels hotel', output.id)"), {"id": "pay", "type": "code", "config": {"code": pay}}],
        "edges": [{"from": "start", "to": "flight"}, {"from": "flight", "to": "hotel"}, {"from": "hotel", "to": "pay"}]})
}

/// A folder in which a trip failed at its payment, and its id.
pub fn failed(undo: &str) -> (Home, String) {
    let home = Home::new();
    let file = home.file("trip.json", trip(undo));
    let told = home.run(&["run", &file, "--json"]).exits(1).json();
    assert_eq!(told["error"]["node"], "pay", "{told}");
    (home, told["execution_id"].as_str().unwrap().to_owned())
}

const FINE: &str = "console.log('cancels flight', output.id)";

fn shown(home: &Home, id: &str) -> Value {
    home.run(&["show", id, "--json"]).exits(0).json()
}

/// The words of each line of a table below a heading.
fn rows(told: &Told, heading: &str) -> Vec<Vec<String>> {
    let below = told.out.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    below.take_while(|line| !line.is_empty()).map(words).collect()
}

#[test]
fn a_dry_run_is_a_short_table_and_changes_nothing() {
    let (home, id) = failed(FINE);
    let before = shown(&home, &id);
    let told = home.run(&["rollback", "last", "1", "--dry-run"]).exits(0);
    assert!(told.out.starts_with("Would undo 2 things and run flight.\n"), "{told:?}");
    let undoes: Vec<Vec<String>> =
        rows(&told, "UNDOES").iter().map(|row| row[..3].iter().map(String::clone).collect()).collect();
    assert_eq!(undoes, [["hotel", "1", "code"], ["flight", "1", "code"]]);
    assert_eq!(rows(&told, "THEN RUNS")[0][0], "flight");
    let hint = format!("rollback {id} 1\n");
    assert!(told.err.starts_with("nothing was changed; to do it: ") && told.err.ends_with(&hint), "{told:?}");
    // What is pasted does what was tried.
    let tried =
        ["backtrack", "last", "pay", "--input", r#"{"id": 3}"#, "--no-compensate", "--reason", "why", "--dry-run"];
    let told = home.run(&tried).exits(0);
    let hint = format!("backtrack {id} pay --input '{{\"id\": 3}}' --reason why --no-compensate\n");
    assert!(told.err.ends_with(&hint), "{told:?}");
    let json = home.run(&["backtrack", &id[..30], "pay", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&json["would_compensate"], &json["would_run"]), (&json!([]), &json!(["pay"])));
    assert_eq!(shown(&home, &id), before);
}

#[test]
fn a_dry_run_shows_what_would_be_undone_within_children_below_them() {
    let home = Home::new();
    let book = json!({"id": "book", "type": "code", "config": {"code": "return {id: item}"},
        "compensate": {"type": "code", "config": {"code": FINE}}});
    let document = json!({"id": "trips", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "[1, 2]", "max_concurrency": 1,
                "body": {"nodes": [book], "edges": []}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let file = home.file("trips.json", document);
    home.run(&["run", &file]).exits(0);
    let told = home.run(&["rollback", "last", "1", "--dry-run"]).exits(0);
    let undoes: Vec<Vec<String>> = rows(&told, "UNDOES").iter().map(|row| row[..4].to_vec()).collect();
    let by: Vec<[&str; 3]> = undoes.iter().map(|row| [&row[0], &row[1], &row[2]].map(String::as_str)).collect();
    assert_eq!(by, [["each", "1", "the"], ["book", "1", "code"], ["each", "1", "the"], ["book", "1", "code"]]);
    assert!(told.out.lines().any(|line| line.starts_with("  book")), "{told:?}");
}

#[test]
fn a_trip_that_failed_is_retried_with_the_same_input_and_then_paid_with_another() {
    let (home, id) = failed(FINE);
    // Given a hint of how it goes on.
    let told = home.run(&["show", &id]).exits(0);
    assert!(told.out.trim_end().ends_with(&format!("retry {id}")) && told.out.contains("go on with: "), "{told:?}");
    let told = home.run(&["retry", "last", "--reason", "again"]).exits(0);
    assert_eq!(told.out, format!("{id} is running\n"));
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    home.run(&["run", "--resume", &id]).exits(1);
    // When its payment is given another input, then it is paid.
    let told = home.run(&["backtrack", "last", "pay", "--input", r#"{"id": 3}"#, "--reason", "discount"]).exits(0);
    assert!(told.out.starts_with(&format!("{id} is running. Back at checkpoint ")), "{told:?}");
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    let told = home.run(&["run", "--resume", &id, "--json"]).exits(0).json();
    assert_eq!(told["output"], "paid 3");
    let history = home.run(&["history", &id]).exits(0).out;
    for part in ["Retried by me@example.com: again", "Went back to node pay by me@example.com", "discount"] {
        assert!(history.contains(part), "{part} is not in {history}");
    }
    let told = home.run(&["retry", &id]).exits(1);
    assert!(told.err.contains("completed"), "{told:?}");
}

#[test]
fn a_rollback_in_a_folder_where_nothing_runs_begins_at_once_and_goes_on_later() {
    let (home, id) = failed(FINE);
    let told = home.run(&["rollback", &id, "1"]).exits(0);
    assert_eq!(told.out, format!("{id} is rolling_back. Rolling back to checkpoint 1: 0 of 2 undone.\n"));
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    home.run(&["run", "--resume", &id]).exits(1);
    let logs = home.run(&["logs", &id]).exits(0).out;
    let lines: Vec<&str> = logs.lines().filter_map(|line| line.split_once(": ").map(|(_, text)| text)).collect();
    let all = ["books flight", "books hotel", "cancels hotel 7", "cancels flight 7", "books flight", "books hotel"];
    assert_eq!(lines, all, "{logs}");
}

#[test]
fn a_run_whose_error_rolls_back_tells_what_is_undone() {
    let home = Home::new();
    let mut document = trip(FINE);
    document["settings"] = json!({"on_error": "rollback"});
    let file = home.file("trip.json", document);
    let told = home.run(&["run", &file]).exits(1);
    let lines: Vec<&str> = told.err.lines().map(str::trim).collect();
    let all = [
        "↶ goes back to checkpoint 1, 2 things to undo",
        "› hotel  cancels hotel 7",
        "↶ hotel  undone",
        "› flight  cancels flight 7",
        "↶ flight  undone",
    ];
    let begin = lines.iter().position(|line| *line == all[0]).unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(lines[begin..begin + all.len()], all, "{told:?}");
    assert!(lines.iter().any(|line| line.contains("failed: Failed at node pay")), "{told:?}");
}

#[test]
fn a_rollback_through_dev_is_waited_for() {
    let (home, id) = failed(FINE);
    let dev = Dev::start(&home);
    let told = home.run(&["rollback", "last", "1", "--reason", "rain"]).exits(0);
    assert!(told.out.contains("Back at checkpoint 1, with 2 things undone."), "{told:?}");
    assert_eq!(rows(&told, "UNDONE"), [["hotel", "1", "compensated"], ["flight", "1", "compensated"]]);
    until("it fails again", || shown(&home, &id)["status"] == "failed");
    let json = home.run(&["rollback", &id, "1", "--no-compensate", "--json"]).exits(0).json();
    assert_eq!(
        (&json["success"], &json["compensated"], &json["checkpoint_id"]),
        (&json!(true), &json!([]), &json!("1"))
    );
    dev.stop();
}

#[test]
fn a_stuck_rollback_shows_its_ways_out() {
    let (home, id) = failed("throw new Error('the airline does not answer')");
    let dev = Dev::start(&home);
    let told = home.run(&["rollback", "last", "1"]).exits(1);
    assert!(told.out.starts_with(&format!("{id} is stuck. Stuck: node flight could not be compensated: ")), "{told:?}");
    assert!(told.err.ends_with(&format!("unstick {id} retry\n")), "{told:?}");
    let told = home.run(&["show", &id]).exits(0);
    for way in ["retry", "skip", "mark-done"] {
        assert!(told.out.contains(&format!("unstick {id} {way}\n")), "{way}: {told:?}");
    }
    // To try again leads to the same; whoever has cancelled by phone says so.
    home.run(&["unstick", &id, "retry"]).exits(0);
    until("it is stuck again", || shown(&home, &id)["status"] == "stuck");
    let told = home.run(&["unstick", &id, "mark-done", "--node", "hotel"]).exits(1);
    assert!(told.err.contains("flight"), "{told:?}");
    let told = home.run(&["unstick", &id, "mark-done", "--node", "flight", "--reason", "by phone", "--json"]).exits(0);
    assert_ne!(told.json()["status"], "stuck");
    until("it runs again, and fails as before", || shown(&home, &id)["status"] == "failed");
    let history = home.run(&["history", &id]).exits(0).out;
    assert!(history.contains("by phone"), "{history}");
    dev.stop();
}

#[test]
fn whoever_is_asked_about_a_failed_node_goes_back_to_an_earlier_one() {
    let home = Home::new();
    let pay = "if (Number(output.answer) > 5) throw new Error('too much'); return 'paid ' + output.answer";
    let document = json!({"id": "pays", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "much", "type": "human", "config": {"kind": "ask", "question": "How much?"}},
        {"id": "pay", "type": "code", "config": {"code": pay}, "on_error": "ask_human"}],
        "edges": [{"from": "go", "to": "much"}, {"from": "much", "to": "pay"}]});
    let file = home.file("pays.json", document);
    // A node that there is not is asked for again.
    let told = home.say(&["run", &file], "9\nrewind\nmuhc\nrewind\nmuch\n3\n").exits(0);
    assert_eq!(told.out, "paid 3\n", "{told:?}");
    assert!(told.err.contains("no node muhc"), "{told:?}");
    // The commands that are shown can be pasted once the node's name is filled in.
    let told = home.say(&["run", &file], "9\n").exits(3);
    let command = "--option rewind --value '{\"node\": \"NODE\"}'";
    assert!(told.err.contains(command), "{told:?}");
    home.run(&["answer", "last", "--option", "rewind"]).exits(1);
    home.run(&["answer", "last", "--option", "rewind", "--value", r#"{"node": "much"}"#]).exits(0);
    let told = home.say(&["run", "--resume", "last"], "4\n").exits(0);
    assert_eq!(told.out, "paid 4\n", "{told:?}");
}

#[test]
fn what_cannot_be_is_refused_in_words_that_help() {
    let (home, id) = failed(FINE);
    let before = shown(&home, &id);
    for (args, code, part) in [
        (&["rollback", "last"][..], 2, "CHECKPOINT"),
        (&["rollback", "last", "0"], 1, "checkpoint"),
        (&["rollback", "last", "pay"], 1, "no number"),
        (&["rollback", "last", "999"], 1, "history"),
        (&["rollback", "ffff", "1"], 1, "ffff"),
        (&["backtrack", "last", "taxi"], 1, "no such node"),
        (&["backtrack", "last", "pay", "--input", "{"], 2, "--input"),
        (&["unstick", "last", "retry"], 1, "failed"),
        (&["unstick", "last", "jump"], 2, "mark-done"),
        (&["unstick", "last", "skip", "--output", "{"], 2, "--output"),
        (&["retry", "last", "--because"], 2, "--because"),
    ] {
        let told = home.run(args).exits(code);
        assert!(told.err.contains(part), "{args:?} does not name {part}: {told:?}");
        assert!(told.out.is_empty(), "{told:?}");
    }
    assert_eq!(shown(&home, &id), before);
    let told = home.run(&["rollback", "last", "999", "--json"]).exits(1).json();
    assert_eq!(told["error"]["code"], "checkpoint_ahead");
}
