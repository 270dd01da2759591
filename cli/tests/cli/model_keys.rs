//! The keys of providers of language models: from the environment where none is stored, and to their own address alone.

use crate::{
    provider::Provider,
    support::{Home, Told},
};
use serde_json::{Value, json};
use std::path::Path;

const KEY: &str = "sk-of-the-environment-0123";

fn document(model: &Value) -> Value {
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "agent", "type": "agent", "retry": {"max_attempts": 1}, "config": {"model": model, "prompt": "Hello"}}],
        "edges": [{"from": "start", "to": "agent"}]})
}

/// Runs an agent of this provider, with the key in the environment or without.
fn run(home: &Home, provider: &Provider, of: &str, key: Option<&str>) -> Told {
    let file = home.file("asks.json", document(&provider.model(of)));
    let mut command = home.command(&["run", &file, "--json", "--http-allow", &provider.allowed()]);
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"] {
        match key {
            Some(key) => command.env(name, key),
            None => command.env_remove(name),
        };
    }
    Told::of(command.output().unwrap())
}

fn has_no_key(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            has_no_key(&entry.path());
        } else if entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(KEY), "{}", entry.path().display());
        }
    }
}

#[test]
fn a_key_of_the_environment_goes_to_no_address_but_its_providers() {
    let provider = Provider::saying(vec!["Hello".into()]);
    for of in ["openai", "anthropic", "gemini"] {
        let home = Home::new();
        let told = run(&home, &provider, of, Some(KEY)).exits(1);
        let execution = told.json();
        assert_eq!(execution["error"]["code"], "secret_not_allowed", "{of}: {told:?}");
        assert!(!told.err.contains("no secret is stored"), "the key is there: {told:?}");
        assert!(!told.err.contains(KEY) && !told.out.contains(KEY));
        has_no_key(&home.path(".stepwell"));
    }
    assert!(provider.came().is_empty());
}

#[test]
fn without_the_variable_the_key_is_missing() {
    let (home, provider) = (Home::new(), Provider::saying(vec!["Hello".into()]));
    for key in [None, Some(""), Some(" ")] {
        let told = run(&home, &provider, "openai", key).exits(1);
        assert!(told.err.contains("no secret is stored under the name `OPENAI_API_KEY`"), "{told:?}");
        assert_eq!(told.json()["error"]["code"], "template_error", "{told:?}");
    }
    assert!(provider.came().is_empty());
}

#[test]
fn a_key_that_is_stored_counts_before_that_of_the_environment_and_goes_where_it_may() {
    let provider = Provider::saying(vec!["You sent sk-that-is-stored-4567.".into()]);
    let home = Home::new();
    home.say(&["secret", "set", "OPENAI_API_KEY", "--host", "127.0.0.1"], "sk-that-is-stored-4567").exits(0);
    let told = run(&home, &provider, "openai", Some(KEY)).exits(0);
    assert_eq!(told.json()["output"]["text"], "You sent [secret OPENAI_API_KEY].", "{told:?}");
    let came = provider.came();
    assert!(came.len() == 1 && came[0].contains("Bearer sk-that-is-stored-4567"), "{came:?}");
    // The list of secrets has what is stored, and a removed one leaves that of the environment.
    let listed = home.run(&["secret", "ls", "--json"]).exits(0).out;
    assert!(listed.contains("OPENAI_API_KEY") && !listed.contains("ANTHROPIC"), "{listed}");
    home.run(&["secret", "rm", "OPENAI_API_KEY"]).exits(0);
    assert_eq!(run(&home, &provider, "openai", Some(KEY)).exits(1).json()["error"]["code"], "secret_not_allowed");
}

#[test]
fn no_other_variable_is_a_secret() {
    let (home, provider) = (Home::new(), Provider::saying(vec!["Hello".into()]));
    let mut model = provider.model("openai");
    model["api_key"] = json!("{{ secrets.HOME }}");
    let file = home.file("asks.json", document(&model));
    let told = home.run(&["run", &file, "--json", "--http-allow", &provider.allowed()]).exits(1);
    assert_eq!(told.json()["error"]["code"], "template_error", "{told:?}");
    assert!(provider.came().is_empty());
}
