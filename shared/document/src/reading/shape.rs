//! What a JSON Schema says about the members that expressions name.

use serde_json::Value;

/// The JSON Schema of the execution's input, as the document gives it.
pub(crate) struct Shape(pub(crate) Value);

/// The first name on a path that a closed schema rules out, with the names that it knows.
pub(crate) fn unknown(mut schema: &Value, path: &[String]) -> Option<(String, Vec<String>)> {
    for name in path {
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(member) = properties.and_then(|properties| properties.get(name)) {
            schema = member;
            continue;
        }
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false))
            && schema.get("patternProperties").is_none()
            && schema.get("type").is_some_and(|kind| kind == "object");
        let known = properties.map(|properties| properties.keys().cloned().collect());
        return closed.then(|| (name.clone(), known.unwrap_or_default()));
    }
    None
}

/// The schema that `properties` give for a path of names; none where they do not name each of them.
pub(crate) fn member<'s>(schema: &'s Value, path: &[String]) -> Option<&'s Value> {
    path.iter().try_fold(schema, |schema, name| schema.get("properties")?.get(name))
}

/// The types that a schema declares for a path of names; none where it declares none.
pub(crate) fn types(schema: &Value, path: &[String]) -> Option<Vec<String>> {
    match member(schema, path)?.get("type")? {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The type of a literal. Null has none here: comparing with it asks whether there is a value at all.
pub(crate) fn type_of(literal: &Value) -> Option<&'static str> {
    match literal {
        Value::String(_) => Some("string"),
        Value::Number(_) => Some("number"),
        Value::Bool(_) => Some("boolean"),
        _ => None,
    }
}

/// Whether no value can be of a type in each of two lists. An integer is a number and the other way round.
pub(crate) fn apart(one: &[String], other: &[&str]) -> bool {
    let number = |name: &str| matches!(name, "number" | "integer");
    let meet = |a: &str, b: &str| a == b || number(a) && number(b);
    !one.iter().any(|a| other.iter().any(|b| meet(a, b)))
}
