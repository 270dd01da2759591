//! What this release reads it reads with fields that it does not know: so the next one may add some, and be taken back.

use super::{
    declared,
    forms::{Read, texts},
    golden,
};
use engine::envelope::Envelope;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use stepwell_core::{event::Turn, execution::Execution, task::NodeLog};

/// The paths of all objects in a value.
fn objects(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(path.to_owned());
            fields.iter().for_each(|(name, one)| {
                objects(one, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found)
            });
        }
        Value::Array(all) => {
            (0..).zip(all).for_each(|(at, one): (usize, _)| objects(one, &format!("{path}/{at}"), found))
        }
        _ => {}
    }
}

/// The path without the numbers of lists.
fn kind(path: &str) -> String {
    path.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/")
}

/// Tries each object with one more member. `by_id` are the ends of paths of objects whose members have names of their own,
/// such as ids of nodes: what is added there is no field.
fn tries<T: DeserializeOwned>(
    read: &Read,
    by_id: &[String],
    seen: &mut BTreeSet<String>,
    refused: &mut BTreeSet<String>,
) {
    serde_json::from_value::<T>(read.json.clone()).unwrap_or_else(|error| panic!("{}: {error}", read.what));
    let mut paths = Vec::new();
    objects(&read.json, "", &mut paths);
    for path in paths {
        let name = format!("{}{}", read.what, kind(&path));
        if by_id.iter().any(|end| name.ends_with(end.as_str())) || !seen.insert(name.clone()) {
            continue;
        }
        let mut later = read.json.clone();
        later.pointer_mut(&path).expect("it is there")["zz"] = json!({ "of": ["a later release"] });
        if let Err(error) = serde_json::from_value::<T>(later) {
            refused.insert(format!("{name}: {error}"));
        }
    }
}

#[test]
fn fields_of_a_later_release_are_passed_over_everywhere() {
    let by_id = declared("aws-by-id.txt");
    let (mut seen, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for (_, lying) in golden() {
        for read in lying.0.iter().flat_map(texts) {
            match read.what.as_str() {
                "x#/t# turns" => tries::<Vec<Turn>>(&read, &by_id, &mut seen, &mut refused),
                "x#/t# state" => tries::<Execution>(&read, &by_id, &mut seen, &mut refused),
                "x#/t# lines" => tries::<Vec<NodeLog>>(&read, &by_id, &mut seen, &mut refused),
                "message" => tries::<Envelope>(&read, &by_id, &mut seen, &mut refused),
                _ => {}
            }
        }
    }
    assert!(seen.len() > 50, "{seen:?}");
    assert!(refused.is_empty(), "{refused:#?}");
}
