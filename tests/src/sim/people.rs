//! What people answer in a simulation.

use serde_json::{Value, json};
use stepwell_core::interaction::{Answer, Interaction, InteractionKind};

/// The answer that a question asks for by its text; where it does not say, yes or the first option.
pub fn answer(one: &Interaction) -> Answer {
    // Each in turn, since one person has one vote.
    let has_answered = |person: &&String| one.responses.iter().any(|it| it.by == **person);
    let by = one.assignees.iter().find(|person| !has_answered(person)).or(one.assignees.first());
    let by = by.cloned().unwrap_or_else(|| "boss@example.com".into());
    let mut answer = Answer { by, ..Answer::default() };
    match one.kind {
        InteractionKind::Decision if one.on_error => answer.option = Some("abort".into()),
        InteractionKind::Decision => answer.option = one.options.first().map(|option| option.id.clone()),
        InteractionKind::Input => answer.data = Some(one.schema.as_ref().map_or_else(|| json!({}), sample)),
        InteractionKind::Ask => answer.text = Some("a text".into()),
        InteractionKind::Approval | InteractionKind::Review | InteractionKind::Authorization => {
            answer.approved = Some(!one.question.contains("no"));
        }
    }
    answer
}

/// A small value that satisfies a plain JSON Schema.
pub fn sample(schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|all| all.first()) {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("number" | "integer") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1500)),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("date") => json!("2026-11-21"),
            Some("email") => json!("a@example.com"),
            _ => json!("some text"),
        },
        Some("boolean") => json!(true),
        Some("array") => json!([schema.get("items").map(sample).unwrap_or_default()]),
        _ => {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            Value::Object(properties.map(|(name, schema)| (name.clone(), sample(schema))).collect())
        }
    }
}
