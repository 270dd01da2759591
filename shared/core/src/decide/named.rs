//! The people whom the template of a document names.

use crate::limits;
use document::{GROUP, group_of, is_group_name};
use expression::{ExprError, Scope, Template};
use serde_json::Value;
use std::collections::BTreeSet;

/// The people whom a template names, at most as many as a document may name.
pub(super) fn people(key: &str, template: Option<&Template>, scope: &Scope<'_>) -> Result<Vec<String>, ExprError> {
    let Some(template) = template else { return Ok(Vec::new()) };
    let refused = |why: &str| ExprError { code: "template_error", message: format!("`{key}` {why}") };
    let named = as_people(template.render(scope)?).map_err(|why| refused(&why))?;
    // An empty list of assignees must not mean that anyone may answer. An empty `escalate_to` only asks nobody more.
    if named.is_empty() && key == "assignees" {
        return Err(refused("names nobody: give e-mail addresses or names, or leave it out to ask anyone"));
    }
    if let Some(name) = named.iter().filter_map(|one| group_of(one)).find(|name| !is_group_name(name)) {
        return Err(refused(&format!("names the group `{name}`: a name has 1 to 64 bytes without control characters")));
    }
    let named = each_once(named);
    let bytes: usize = named.iter().map(String::len).sum();
    if named.len() <= limits::PEOPLE && bytes <= limits::PEOPLE_BYTES {
        return Ok(named);
    }
    let (most, most_bytes) = (limits::PEOPLE, limits::PEOPLE_BYTES);
    let message =
        format!("`{key}` names {} people in {bytes} bytes: {most} in {most_bytes} bytes can be asked", named.len());
    Err(ExprError { code: "too_many_people", message })
}

/// The people without blanks around them, each once however the name is written; groups in the one way that lists know.
pub(super) fn each_once(people: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let one_way = |person: &str| group_of(person).map_or_else(|| person.to_owned(), |name| format!("{GROUP}{name}"));
    let trimmed = people.iter().map(|person| one_way(person.trim()));
    trimmed.filter(|person| !person.is_empty() && seen.insert(person.to_ascii_lowercase())).collect()
}

/// The people in a rendered value: a text with commas, or a list whose items are names or, from templates, lists of
/// names.
pub(super) fn as_people(value: Value) -> Result<Vec<String>, String> {
    let listed = |item: Value| match item {
        Value::Array(inner) => inner,
        one => vec![one],
    };
    match value {
        Value::Array(items) => items.into_iter().flat_map(listed).map(as_person).collect(),
        Value::Null => Ok(Vec::new()),
        Value::String(text) => {
            Ok(text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect())
        }
        other => as_person(other).map(|one| vec![one]),
    }
}

fn as_person(value: Value) -> Result<String, String> {
    let what = match value {
        Value::String(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Value::String(_) => "an empty text",
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Array(_) => "a list within a list within a list",
        Value::Object(_) => "an object",
    };
    Err(format!("names {what}, which is nobody: give e-mail addresses or names"))
}
