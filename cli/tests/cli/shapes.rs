//! Tests of what programs read: one shape of `validate --json`, and pictures by the ending of their file.

use crate::support::Home;
use serde_json::{Value, json};

const GOOD: &str = r#"{"id": "good", "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []}"#;
const WRONG: &str = r#"{"id": "wrong", "nodes": [{"id": "start", "type": "manual_triger"}], "edges": []}"#;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn validate_has_the_same_fields_whatever_it_finds() {
    let home = Home::new();
    let (good, wrong) = (home.file("good.json", GOOD), home.file("wrong.json", WRONG));
    let broken = home.file("broken.json", "{");
    for (file, code) in [(good.as_str(), 0), (&wrong, 1), (&broken, 2), ("absent.json", 2)] {
        let told = home.run(&["validate", file, "--json"]).exits(code).json();
        assert_eq!(keys(&told), ["valid", "errors", "warnings"], "{file}");
        assert_eq!(told["valid"], code == 0, "{file}");
        assert_eq!(told["errors"].as_array().unwrap().is_empty(), code == 0, "{file}");
    }
    let told = home.run(&["validate", &broken, "--json"]).exits(2).json();
    assert_eq!((&told["errors"][0]["code"], &told["errors"][0]["severity"]), (&json!("malformed"), &json!("error")));
    assert!(told["errors"][0]["hint"].as_str().unwrap().contains("close what is open"), "{told}");
}

#[test]
fn of_several_files_each_fault_names_its_own() {
    let home = Home::new();
    let (good, wrong) = (home.file("good.json", GOOD), home.file("wrong.json", WRONG));
    let told = home.run(&["validate", &good, &wrong, "absent.json", "--json"]).exits(2).json();
    assert_eq!(keys(&told), ["valid", "errors", "warnings", "files"]);
    let faults: Vec<_> = told["errors"].as_array().unwrap().iter().map(|one| (&one["file"], &one["code"])).collect();
    assert!(faults.contains(&(&json!("wrong.json"), &json!("unknown_type"))), "{told}");
    assert!(faults.contains(&(&json!("absent.json"), &json!("unreadable_file"))), "{told}");
    for one in told["files"].as_array().unwrap() {
        assert_eq!(keys(one), ["file", "valid", "errors", "warnings"], "{told}");
    }
}

#[test]
fn a_picture_is_of_the_kind_that_its_file_says() {
    let home = Home::new();
    let good = home.file("good.json", GOOD);
    let drawn = |args: &[&str], file: &str| {
        home.run(&[&["graph", &good, "-o", file], args].concat()).exits(0);
        std::fs::read_to_string(home.path(file)).unwrap()
    };
    assert!(drawn(&[], "x.svg").contains("<svg"));
    assert!(drawn(&[], "x.SVG").contains("<svg"));
    assert!(drawn(&[], "x.dot").starts_with("digraph") && drawn(&[], "x.gv").starts_with("digraph"));
    assert!(drawn(&[], "x.mmd").starts_with("flowchart") && drawn(&[], "x").starts_with("flowchart"));
    assert!(drawn(&["--format", "dot"], "y.svg").starts_with("digraph"), "what is asked for counts more");
    let told = home.run(&["graph", &good, "-o", "x.png", "--json"]).exits(2);
    assert!(told.err.contains(".svg") && !home.path("x.png").exists(), "{told:?}");
}
