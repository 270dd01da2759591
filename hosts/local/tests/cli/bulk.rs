//! One thing asked of many executions, on a data folder and through a host that has it.

use crate::{
    dev::Dev,
    support::{Home, signal, until},
};
use serde_json::{Value, json};

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
    let home = Home::new();
    let file = home.file("brittle.json", brittle());
    let mut dev = home.spawn(&["dev", "--port", "0"]);
    until("dev serves", || home.run(&["open", "--print"]).code == Some(0));
    home.run(&["save", &file]).exits(0);
    for _ in 0..20 {
        home.run(&["start", "brittle"]).exits(0);
    }
    until("all have failed", || {
        let failed = home.run(&["ls", "--status", "failed", "--json"]).exits(0).json();
        failed["items"].as_array().unwrap().len() == 20
    });
    let job = home.run(&["bulk", "retry", "--workflow", "brittle", "--no-wait", "--json"]).exits(0).json();
    signal(&dev, "-KILL");
    dev.wait().unwrap();
    let dev = Dev::start(&home);
    let id = job["job_id"].as_str().unwrap();
    let shown = || home.run(&["jobs", id, "--json"]).exits(0).json();
    until("it is done", || shown()["status"] == "completed");
    assert_eq!((&shown()["done"], &shown()["refused"], &shown()["failed"]), (&json!(20), &json!(0), &json!(0)));
    let mut seen = 0;
    for row in home.run(&["ls", "--json"]).exits(0).json()["items"].as_array().unwrap() {
        let history = home.run(&["history", row["execution_id"].as_str().unwrap(), "--json"]).exits(0).out;
        assert_eq!(history.matches(r#""type":"execution_retried""#).count(), 1, "{history}");
        seen += 1;
    }
    assert_eq!(seen, 20);
    dev.stop().exits(0);
}
