//! The JSON Schema of the workflow format and the reader of documents say the same of the same document, as far as a
//! schema can say it.

use crate::docs::{blocks, files, read, root};
use document::validate::{Issue, check, schema::Schema};
use serde_json::{Value, json};
use std::fs;
use stepwell_tests::{
    generate::{Knobs, case},
    rng::Rng,
};

fn schema() -> Schema {
    Schema::compile(&document::format::schema()).map_err(|wrong| wrong.message).unwrap()
}

fn assert_fits(schema: &Schema, document: &Value, what: &str) {
    let violations = schema.violations(document);
    assert_eq!(violations, [], "{what}\n{document:#}");
}

#[test]
fn the_schema_in_the_documents_is_that_of_the_code() {
    let text = format!("{:#}\n", document::format::schema());
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        fs::write(root().join("docs/workflow.schema.json"), &text).unwrap();
    }
    assert!(read("docs/workflow.schema.json") == text, "it is out of date: run this test once with UPDATE_DOCUMENT=1");
}

#[test]
fn every_example_carries_the_schema_and_fits_it_and_so_does_every_workflow_of_the_documents() {
    let schema = schema();
    for path in files(&root().join("examples"), ".json") {
        let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(document["$schema"], "../docs/workflow.schema.json", "{}", path.display());
        assert_fits(&schema, &document, &path.display().to_string());
        let stored = document::parse(&document).unwrap().workflow.document.clone();
        assert_eq!(stored["$schema"], document["$schema"], "it is kept: who reads the workflow back edits it too");
        assert_fits(&schema, &stored, &path.display().to_string());
    }
    for path in files(&root().join("docs"), ".md") {
        for (_, block) in
            blocks(&fs::read_to_string(&path).unwrap()).into_iter().filter(|(info, _)| info == "json workflow")
        {
            assert_fits(&schema, &serde_json::from_str(&block).unwrap(), &path.display().to_string());
        }
    }
}

const KNOBS: Knobs = Knobs { deterministic: false, size: 12, waits: true, children: true };

#[test]
fn every_document_that_the_generator_makes_fits_the_schema() {
    let schema = schema();
    for seed in 0..300 {
        let case = case(seed, KNOBS);
        for document in case.saved.iter().chain([&case.document]) {
            assert_fits(&schema, document, &format!("seed {seed}"));
        }
    }
}

/// Members whose content is the author's own: any change of it is as good as what was there.
const FREE: [&str; 6] = ["metadata", "set", "body", "input", "output", "content"];

/// Every place of a document that a slip may hit.
fn places(at: &str, value: &Value, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let at = format!("{at}/{key}");
        found.push(at.clone());
        // A map's body is nodes and edges, and a request's is the author's own.
        if !FREE.contains(&key) || (key == "body" && value.get("nodes").is_some()) {
            places(&at, value, found);
        }
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(ix, value)| below(&ix.to_string(), value)),
        _ => {}
    }
}

/// A document with one slip: something is missing, of another type, or new.
fn slipped(document: &Value, rng: &mut Rng) -> (Value, String) {
    let mut all = Vec::new();
    places("", document, &mut all);
    let at = rng.pick(&all).clone();
    let (parent, key) = at.rsplit_once('/').unwrap();
    let mut document = document.clone();
    let strange = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!(""),
        json!("some text"),
        json!([]),
        json!({}),
        json!([{}]),
    ];
    let what = match rng.below(3) {
        0 => {
            if let Some(parent) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent.remove(key);
            }
            "removed"
        }
        1 => {
            *document.pointer_mut(&at).unwrap() = rng.pick(&strange).clone();
            "replaced"
        }
        _ => {
            if !FREE.contains(&key)
                && let Some(object) = document.pointer_mut(&at).and_then(Value::as_object_mut)
            {
                object.insert("unheard_of".into(), json!(1));
            }
            "added"
        }
    };
    (document, format!("{what} at {at}"))
}

/// Whether an error is about the shape of a part alone: neither about how parts fit together, nor about what a text means.
fn is_of_shape(issue: &Issue) -> bool {
    let together = ["can never", "an edge enters the trigger", "are called", "is no schedule", "no RFC 3339"];
    ["schema", "invalid_config", "unknown_type"].contains(&issue.code.as_str())
        && !together.iter().any(|words| issue.message.contains(words))
}

#[test]
fn reader_and_schema_agree_on_documents_with_a_slip() {
    let schema = schema();
    let (mut refused, mut taken) = (0, 0);
    for seed in 0..3_000 {
        let mut rng = Rng::new(seed, 7);
        let (document, what) = slipped(&case(seed % 100, KNOBS).document, &mut rng);
        let (errors, _) = check(&document);
        let fits = schema.violations(&document).is_empty();
        match errors.iter().find(|issue| is_of_shape(issue)) {
            Some(issue) => assert!(!fits, "seed {seed}, {what}: the reader says {issue:?}, and the schema nothing"),
            None => assert!(
                fits || !errors.is_empty(),
                "seed {seed}, {what}: only the schema refuses it: {:?}",
                schema.violations(&document)
            ),
        }
        if fits { taken += 1 } else { refused += 1 }
    }
    assert!(refused > 500 && taken > 500, "{refused} refused, {taken} taken");
}
