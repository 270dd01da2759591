//! `stepwell draft`: what it writes, what it tells, and what it refuses.

use crate::{provider::Provider, support::Home};
use serde_json::{Value, json};

fn greet(kind: &str) -> Value {
    json!({"id": "greet", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "hello", "type": kind, "config": {"expression": "'Hello, ' + input.name"}}],
        "edges": [{"from": "start", "to": "hello"}]})
}

fn said(document: &Value) -> String {
    format!("```json\n{}\n```", json!({"explanation": "It greets.", "document": document}))
}

#[test]
fn a_draft_is_written_to_a_file_that_runs() {
    let home = Home::new();
    let provider = Provider::saying(vec![said(&greet("transfrom")), said(&greet("transform"))]);
    let (model, allowed) = (provider.model("openai_compatible").to_string(), provider.allowed());
    let draft = ["draft", "Greet whoever is named.", "-o", "greet.json", "--model", &model, "--http-allow", &allowed];
    let told = home.run(&draft).exits(0);
    assert_eq!(told.out, "", "the document is in the file: {told:?}");
    for part in ["It greets.", "greet.json is written", "2 rounds, 20 tokens; nothing is saved, and nothing ran"] {
        assert!(told.err.contains(part), "{told:?}");
    }
    assert!(provider.came()[1].contains("/nodes/1/type"), "the first try's error went back to the model");
    let ran = home.run(&["run", "greet.json", "--input", r#"{"name": "Ada"}"#, "--json"]).exits(0).json();
    assert_eq!(ran["output"], "Hello, Ada");
    // A file that is there is not written over, and no model is asked for that.
    let again = home.run(&draft).exits(2);
    assert!(again.err.contains("greet.json is there already"), "{again:?}");
    assert_eq!(provider.came().len(), 2);
}

#[test]
fn a_file_is_changed_in_place_by_the_model_of_the_environment() {
    let home = Home::new();
    let mut changed = greet("transform");
    changed["name"] = json!("Greet");
    let provider = Provider::saying(vec![said(&changed)]);
    let file = home.file("greet.json", greet("transform"));
    let args = ["draft", "Name it.", "--base", &file, "-o", &file, "--json", "--http-allow", &provider.allowed()];
    let mut command = home.command(&args);
    command.env("STEPWELL_DRAFT_MODEL", provider.model("openai_compatible").to_string());
    let told = crate::support::Told::of(command.output().unwrap()).exits(0).json();
    assert_eq!((&told["valid"], &told["document"]), (&json!(true), &changed));
    let written: Value = serde_json::from_slice(&std::fs::read(home.path("greet.json")).unwrap()).unwrap();
    assert_eq!(written, changed);
    assert!(provider.came()[0].contains("Change this workflow"));
}

#[test]
fn a_draft_that_stays_wrong_is_shown_with_its_errors() {
    let home = Home::new();
    let provider = Provider::saying(vec![said(&greet("transfrom"))]);
    let (model, allowed) = (provider.model("openai_compatible").to_string(), provider.allowed());
    let told = home.run(&["draft", "Greet.", "--model", &model, "--http-allow", &allowed]).exits(1);
    assert_eq!(serde_json::from_str::<Value>(&told.out).unwrap(), greet("transfrom"));
    assert!(told.err.contains("/nodes/1/type") && told.err.contains("5 rounds"), "{told:?}");
    assert_eq!(provider.came().len(), 5);
}

#[test]
fn an_answer_without_a_document_is_told_as_that() {
    let home = Home::new();
    let provider = Provider::saying(vec!["I cannot do that.".into()]);
    let (model, allowed) = (provider.model("openai_compatible").to_string(), provider.allowed());
    let told = home.run(&["draft", "Greet.", "--model", &model, "--http-allow", &allowed]).exits(1);
    let lines: Vec<&str> = told.err.lines().collect();
    assert_eq!(lines[0], "the model wrote no document", "{told:?}");
    assert_eq!(lines[1], "error: the answer holds no JSON object: answer with one, and nothing else", "{told:?}");
}

#[test]
fn without_a_model_or_leave_to_reach_it_nothing_is_drafted() {
    let home = Home::new();
    let none = home.run(&["draft", "Greet."]).exits(1);
    assert_eq!(none.err.matches("no model is named").count(), 1, "{none:?}");
    assert!(none.err.contains("STEPWELL_DRAFT_MODEL"), "{none:?}");
    let nobody = home.run(&["draft", "Greet.", "--model", "nobody/gpt"]).exits(1);
    assert!(
        nobody.err.contains("--model: `nobody` is no provider") && nobody.err.contains("`anthropic`"),
        "{nobody:?}"
    );
    let mut without_key = home.command(&["draft", "Greet.", "--model", "openai/gpt-5-mini"]);
    without_key.env_remove("OPENAI_API_KEY");
    let told = crate::support::Told::of(without_key.output().unwrap()).exits(1);
    assert!(told.err.contains("OPENAI_API_KEY") && told.err.contains("stepwell secret set NAME"), "{told:?}");
    let provider = Provider::saying(vec![said(&greet("transform"))]);
    let model = provider.model("openai_compatible").to_string();
    let told = home.run(&["draft", "Greet.", "--model", &model, "--json"]).exits(1);
    assert!(told.err.contains("address_not_allowed") || told.out.contains("address_not_allowed"), "{told:?}");
    assert!(provider.came().is_empty());
}
