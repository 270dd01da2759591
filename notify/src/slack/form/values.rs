//! The answer that the values of a form make, and reasons against it beside the fields that they are about.

use super::{
    field::{Field, Form, Takes},
    fields::{form, needs_tool},
    view::{VALUE, block_id},
};
use document::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use stepwell_core::{
    decide::emptied,
    error::Reason,
    interaction::{Answer, Interaction},
};

/// The answer that values make. `values` is what Slack sends as `view.state.values`.
///
/// # Errors
/// Every reason why they make none.
pub(in crate::slack) fn answer(question: &Interaction, values: &Value) -> Result<Answer, Vec<Reason>> {
    let Some(form) = form(question) else {
        return Err(vec![reason("no_form", "", "this question is answered in the inbox".into())]);
    };
    let mut said = filled(&form, values)?;
    if is_blank(&form, "/content", values) {
        if let Some(reason) = emptied(question, said.get("approved").and_then(Value::as_bool)) {
            return Err(vec![reason]);
        }
        if let Some(said) = said.as_object_mut() {
            said.remove("content");
        }
    }
    let typed = said.get("tool").is_some();
    if needs_tool(question) && said.get("approved") == Some(&json!(true)) && !typed {
        return Err(vec![reason("tool_missing", "/tool", "type the tool's name to approve its use".into())]);
    }
    let mut take = |name: &str| said.as_object_mut().and_then(|said| said.remove(name));
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    Ok(Answer {
        approved: take("approved").and_then(|value| value.as_bool()),
        option: text(take("option")),
        text: text(take("text")),
        tool: text(take("tool")),
        comment: text(take("comment")),
        content: take("content"),
        data: take("data"),
        ..Answer::default()
    })
}

/// Whether a form has a field at this pointer in which nothing stands.
fn is_blank(form: &Form, at: &str, values: &Value) -> bool {
    let position = form.fields.iter().position(|field| field.at == at);
    let text = position.map(|position| values[block_id(position)][VALUE]["value"].as_str().unwrap_or_default());
    text.is_some_and(|text| text.trim().is_empty())
}

/// The object of all values, each at the pointer of its field.
fn filled(form: &Form, values: &Value) -> Result<Value, Vec<Reason>> {
    let mut said = json!({});
    for (at, value) in &form.given {
        put(&mut said, at, value.clone());
    }
    let mut reasons = Vec::new();
    for (position, field) in form.fields.iter().enumerate() {
        match value(field, &values[block_id(position)][VALUE]) {
            Ok(Some(value)) => put(&mut said, &field.at, value),
            Ok(None) => {
                if let Some(empty) = &field.empty {
                    put(&mut said, &field.at, empty.clone());
                }
            }
            Err(why) => reasons.push(reason("invalid_field", &field.at, why)),
        }
    }
    if reasons.is_empty() { Ok(said) } else { Err(reasons) }
}

/// The value of one field; none where it is empty.
fn value(field: &Field, sent: &Value) -> Result<Option<Value>, String> {
    let text = sent["value"].as_str().filter(|text| !text.is_empty());
    Ok(match &field.takes {
        Takes::Text { .. } => text.map(|text| json!(text)),
        Takes::Email | Takes::Url => text.map(|text| json!(text.trim())),
        Takes::Number { .. } => text.map(number).transpose()?,
        Takes::Json => {
            let wrong = |error: serde_json::Error| format!("this is no JSON: {error}");
            let text = text.filter(|text| !text.trim().is_empty());
            text.map(|text| serde_json::from_str(text).map_err(wrong)).transpose()?
        }
        Takes::Lines { numbers } => {
            let lines = text.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
            let read = |line: &str| if *numbers { number(line) } else { Ok(json!(line)) };
            let list: Vec<Value> = lines.map(read).collect::<Result<_, _>>()?;
            (!list.is_empty()).then(|| Value::Array(list))
        }
        Takes::Date => sent["selected_date"].as_str().map(|day| json!(day)),
        Takes::Moment => {
            let at = sent["selected_date_time"].as_i64().and_then(|seconds| seconds.checked_mul(1_000));
            at.map(|at| json!(Time(at).to_string()))
        }
        Takes::One(options) => chosen(options, &sent["selected_option"])?,
        Takes::Any(options) => {
            let sent = sent["selected_options"].as_array().cloned().unwrap_or_default();
            let list: Vec<Option<Value>> = sent.iter().map(|one| chosen(options, one)).collect::<Result<_, _>>()?;
            (!list.is_empty()).then(|| list.into_iter().flatten().collect())
        }
    })
}

/// The value of the option that was chosen; none where none was.
fn chosen(options: &[(Value, String)], sent: &Value) -> Result<Option<Value>, String> {
    let Some(position) = sent["value"].as_str() else { return Ok(None) };
    let found = position.parse::<usize>().ok().and_then(|at| options.get(at));
    found.map(|(value, _)| Some(value.clone())).ok_or_else(|| "there is no such option: choose again".to_owned())
}

/// A number as it was typed.
fn number(text: &str) -> Result<Value, String> {
    let typed = text.trim();
    let value = serde_json::from_str::<Value>(typed.strip_prefix('+').unwrap_or(typed)).ok();
    let value = value.or_else(|| typed.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number));
    value.filter(Value::is_number).ok_or_else(|| format!("{typed} is no number"))
}

/// Puts a value at a pointer, with the objects on the way to it.
fn put(root: &mut Value, pointer: &str, value: Value) {
    let mut at = root;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[name];
    }
    *at = value;
}

/// Each reason by the block of its field: that at its pointer, or the nearest one around it; where the reason is about more
/// than one field, that which it names; or else the first one, which says what it is about.
pub(in crate::slack) fn beside_fields(question: &Interaction, reasons: &[Reason]) -> BTreeMap<String, String> {
    let fields = form(question).map(|form| form.fields).unwrap_or_default();
    let mut beside: BTreeMap<String, String> = BTreeMap::new();
    for reason in reasons {
        let around = |field: &Field| {
            let inside = |outer: &str, inner: &str| {
                inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
            };
            inside(&field.at, &reason.path) || inside(&reason.path, &field.at)
        };
        let near = fields.iter().enumerate().filter(|(_, field)| around(field));
        // Of those around the place the longest is the nearest; of those within it, the first is as good as any.
        let position = named(&fields, reason).or_else(|| {
            near.max_by_key(|(at, field)| (field.at.len().min(reason.path.len()), std::cmp::Reverse(*at)))
                .map(|(at, _)| at)
        });
        let place = reason.path.rsplit('/').next().filter(|part| position.is_none() && !part.is_empty());
        let about = place.map(|part| format!("{part}: ")).unwrap_or_default();
        let told = beside.entry(block_id(position.unwrap_or_default())).or_default();
        let gap = if told.is_empty() { "" } else { "; " };
        *told = format!("{told}{gap}{about}{}", reason.message);
    }
    beside
}

/// The one field that a reason about an object names: a property that it lacks, or that a rule compares.
fn named(fields: &[Field], reason: &Reason) -> Option<usize> {
    let names = |field: &&Field| {
        let below = field.at.strip_prefix(reason.path.as_str()).and_then(|rest| rest.strip_prefix('/'));
        below.is_some_and(|below| {
            let name = below.split('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let compared = format!("answer.{}", below.replace('/', "."));
            let is_compared =
                reason.message.match_indices(&compared).any(|(at, it)| ends(&reason.message[at + it.len()..]));
            reason.message.starts_with(&format!("\"{name}\" ")) || (reason.code == "rule" && is_compared)
        })
    };
    // A rule about several is shown at the first of them.
    fields.iter().position(|field| names(&field))
}

fn reason(code: &str, path: &str, message: String) -> Reason {
    Reason { code: code.into(), path: path.into(), message }
}
