//! One thing asked of many executions, on a data folder and through a host that has it.

use crate::{
    dev::Dev,
    support::{Home, until},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Fails whenever it runs.
fn brittle() -> Value {
    json!({"id": "brittle", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "no", "type": "fail", "config": {"message": "it breaks"}}], "edges": [{"from": "start", "to": "no"}]})
}

#[test]
fn what_failed_in_a_folder_is_retried_although_nobody_runs_it() {
    let home = Home::new();
    let file = home.file("brittle.json", brittle());
    for _ in 0..3 {
        home.run(&["run", &file]).exits(1);
    }
    let told = home.run(&["bulk", "retry", "--workflow", "brittle", "--dry-run"]).exits(0);
    assert_eq!(told.out.lines().next(), Some("would retry 3 executions (3 failed)"), "{told:?}");
    assert_eq!(told.out.lines().count(), 4, "and their ids: {told:?}");
    assert!(home.run(&["jobs"]).exits(0).err.contains("there are no jobs"));

    let told = home.run(&["bulk", "retry", "--workflow", "brittle", "--reason", "again"]).exits(0);
    assert!(told.out.starts_with("retry ") && told.out.contains(" is completed: 3 of 3: 3 done"), "{told:?}");
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    let listed = home.run(&["ls", "--status", "running", "--json"]).exits(0).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);

    // To cancel asks nobody where no terminal is there. What was cancelled is retried only where that is said.
    let job = home.run(&["bulk", "cancel", "--status", "running,paused", "--json"]).exits(0).json();
    assert_eq!((&job["status"], &job["done"], &job["matched"]), (&json!("completed"), &json!(3), &json!(3)));
    assert_eq!(home.run(&["bulk", "retry", "--workflow", "brittle", "--json"]).exits(0).json()["matched"], 0);
    let job = home.run(&["bulk", "retry", "--status", "cancelled", "--json", "--no-wait"]).exits(0).json();
    let id = job["job_id"].as_str().unwrap();
    // Nobody waits for it and nobody runs the folder, so it is done when somebody does.
    let shown = home.run(&["jobs", &id[..30], "--json"]).exits(0).json();
    assert_eq!((&shown["status"], &shown["done"]), (&json!("running"), &json!(0)));
    let table = home.run(&["jobs"]).exits(0).out;
    assert_eq!(table.lines().count(), 5, "{table}");
    let dev = Dev::start(&home);
    until("it is done", || home.run(&["jobs", id, "--json"]).exits(0).json()["status"] == "completed");
    until("they run", || {
        let failed = home.run(&["ls", "--status", "failed", "--json"]).exits(0).json();
        failed["items"].as_array().unwrap().len() == 3
    });
    dev.stop().exits(0);
}

#[test]
fn a_job_is_cancelled_by_the_beginning_of_its_id() {
    let home = Home::new();
    home.run(&["run", &home.file("brittle.json", brittle())]).exits(1);
    let job = home.run(&["bulk", "retry", "--status", "failed", "--no-wait", "--json"]).exits(0).json();
    let id = job["job_id"].as_str().unwrap();
    let told = home.run(&["jobs", &id[..12], "--cancel"]).exits(0);
    assert!(told.out.contains(&format!("retry {id} is cancelled: 0 of 1")), "{told:?}");
    assert_eq!(home.run(&["show", "last", "--json"]).exits(0).json()["status"], "failed");
    let told = home.run(&["jobs", "00000000-0000-0000-0000-000000000000"]).exits(1);
    assert!(told.err.contains("stepwell jobs"), "{told:?}");
}

#[test]
fn a_command_that_means_everything_or_nothing_is_refused() {
    let home = Home::new();
    home.run(&["run", &home.file("brittle.json", brittle())]).exits(1);
    let told = home.run(&["bulk", "retry"]).exits(2);
    assert!(told.err.contains("--workflow ID"), "{told:?}");
    home.run(&["bulk", "explode", "--workflow", "brittle"]).exits(2);
    home.run(&["bulk", "retry", "--metadata", "team"]).exits(2);
    let told = home.run(&["bulk", "retry", "--status", "broken"]).exits(1);
    assert!(told.err.contains("names no status"), "{told:?}");
    home.run(&["bulk", "retry", "--workflow", "brittle", "--dry-run", "--no-wait"]).exits(2);
    // A refusal is told and is no failure of the command.
    let told = home.run(&["bulk", "redrive", "--status", "failed"]).exits(0);
    assert!(told.out.contains("1 of 1: 0 done, 1 refused") && told.err.contains("stuck"), "{told:?}");
}

#[test]
fn a_host_that_is_killed_goes_on_with_its_jobs_when_it_is_back() {
    const EXECUTIONS: u64 = 300;
    let home = Home::new();
    let file = home.file("brittle.json", brittle());
    let dev = Dev::start(&home);
    home.run(&["save", &file]).exits(0);
    for _ in 0..EXECUTIONS {
        dev.post("/v1/workflows/brittle/executions", &json!({}));
    }
    let failed = || {
        let told = home.run(&["bulk", "retry", "--status", "failed", "--dry-run", "--json"]).exits(0);
        told.json()["matched"].as_u64().unwrap()
    };
    until("all have failed", || failed() == EXECUTIONS);
    let job = dev.post("/v1/executions/bulk", &json!({"action": "retry", "filter": {"workflow_id": "brittle"}}));
    let id = job["job_id"].as_str().unwrap();
    // It is killed at once, and then a little later each time.
    dev.kill();
    for millis in [5, 15, 30] {
        let dev = Dev::start(&home);
        std::thread::sleep(Duration::from_millis(millis));
        dev.kill();
    }
    let dev = Dev::start(&home);
    let shown = || home.run(&["jobs", id, "--json"]).exits(0).json();
    until("it is done", || shown()["status"] == "completed");
    let shown = shown();
    assert_eq!(["done", "refused", "failed"].map(|name| shown[name].as_u64().unwrap()), [EXECUTIONS, 0, 0], "{shown}");
    until("all have failed again", || failed() == EXECUTIONS);
    let mut cursor = String::new();
    let mut seen = 0;
    loop {
        let page = dev.get(&format!("/v1/executions?limit=200{cursor}"));
        for row in page["items"].as_array().unwrap() {
            let id = row["execution_id"].as_str().unwrap();
            let history = dev.get(&format!("/v1/executions/{id}/history")).to_string();
            assert_eq!(history.matches(r#""type":"execution_retried""#).count(), 1, "{history}");
            seen += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, EXECUTIONS);
    dev.stop().exits(0);
}
