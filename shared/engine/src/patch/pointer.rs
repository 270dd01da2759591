//! What a JSON Pointer (RFC 6901) of an operation names that is not there, in words of the document.

use json_patch::PatchOperation;
use serde_json::Value;

/// Members of an object that are named where another one is asked for.
const NAMED: usize = 12;

/// Says which place of a document that an operation needs is not there; none where all are.
pub(super) fn absent(document: &Value, operation: &PatchOperation) -> Option<String> {
    let (from, path, adds) = match operation {
        PatchOperation::Add(add) => (None, &add.path, true),
        PatchOperation::Remove(remove) => (None, &remove.path, false),
        PatchOperation::Replace(replace) => (None, &replace.path, false),
        PatchOperation::Move(moves) => (Some(&moves.from), &moves.path, true),
        PatchOperation::Copy(copy) => (Some(&copy.from), &copy.path, true),
        PatchOperation::Test(test) => (None, &test.path, false),
    };
    from.and_then(|from| missing(document, from.as_str(), false)).or_else(|| missing(document, path.as_str(), adds))
}

/// The first step of a pointer that leads nowhere. `adds`: the last one may be new.
fn missing(document: &Value, pointer: &str, adds: bool) -> Option<String> {
    let mut at = document;
    let mut walked = String::new();
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    for (number, step) in steps.iter().enumerate() {
        let may_be_new = adds && number + 1 == steps.len();
        let name = step.replace("~1", "/").replace("~0", "~");
        let place = if walked.is_empty() { "the document" } else { &walked[1..] };
        let none = |has: String| Some(format!("there is no {walked}/{step}: {place} {has}"));
        at = match at {
            Value::Object(fields) => match fields.get(&name) {
                Some(field) => field,
                None if may_be_new => return None,
                None => return none(format!("has {}", names(fields.keys()))),
            },
            Value::Array(items) => {
                let index = name.parse::<usize>().ok().filter(|index| index.to_string() == name);
                match index.and_then(|index| items.get(index)) {
                    Some(item) => item,
                    None if may_be_new && (name == "-" || index == Some(items.len())) => return None,
                    None => return none(format!("has {}", counted(items.len()))),
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return none(format!("is {}", kind(at)));
            }
        };
        walked.push('/');
        walked.push_str(step);
    }
    None
}

fn names<'k>(keys: impl ExactSizeIterator<Item = &'k String>) -> String {
    let more = keys.len().saturating_sub(NAMED);
    let named: Vec<&str> = keys.take(NAMED).map(String::as_str).collect();
    match (named.len(), more) {
        (0, _) => "no members".into(),
        (_, 0) => named.join(", "),
        (_, more) => format!("{} and {more} more", named.join(", ")),
    }
}

fn counted(items: usize) -> String {
    if items == 1 { "1 item".into() } else { format!("{items} items") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::applied;
    use serde_json::{Value, json};

    fn refusal(operation: Value) -> String {
        let nodes = json!([{"id": "a"}, {"id": "b", "config": {"url": "u"}}, {"id": "c"}]);
        let document = json!({"nodes": nodes, "edges": [], "a/b": 1});
        applied(document, &json!([operation])).unwrap_err().message
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        for (operation, told) in [
            (json!({"op": "remove", "path": "/nodes/9"}), "there is no /nodes/9: nodes has 3 items"),
            (json!({"op": "replace", "path": "/nodes/9/config/url", "value": 1}), "no /nodes/9: nodes has 3 items"),
            (json!({"op": "add", "path": "/nodes/4", "value": {}}), "there is no /nodes/4: nodes has 3 items"),
            (json!({"op": "replace", "path": "/nodes/-", "value": {}}), "there is no /nodes/-: nodes has 3 items"),
            (json!({"op": "replace", "path": "/nodes/01", "value": {}}), "there is no /nodes/01: nodes has 3 items"),
            (json!({"op": "test", "path": "/node", "value": {}}), "no /node: the document has nodes, edges, a/b"),
            (json!({"op": "replace", "path": "/nodes/1/confg", "value": 1}), "nodes/1 has id, config"),
            (json!({"op": "add", "path": "/nodes/1/config/url/x", "value": 1}), "nodes/1/config/url is a text"),
            (json!({"op": "move", "from": "/edges/0", "path": "/nodes/-"}), "no /edges/0: edges has 0 items"),
            (json!({"op": "copy", "from": "/nodes/0", "path": "/settings/x"}), "there is no /settings: the document"),
            (json!({"op": "remove", "path": "/a~1b/c"}), "there is no /a~1b/c: a~1b is a number"),
        ] {
            let message = refusal(operation);
            assert!(message.contains(told), "{message}");
        }
    }

    #[test]
    fn a_test_that_fails_is_told_as_such() {
        let message = refusal(json!({"op": "test", "path": "/nodes/0/id", "value": "z"}));
        assert!(!message.contains("there is no"), "{message}");
    }
}
