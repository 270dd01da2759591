//! Fields as Slack's input blocks. A block is called by the position of its field, since pointers may be longer than what
//! Slack takes.

use super::field::{Field, Form, Takes};
use crate::limits::SLACK_TEXT;
use crate::slack::text::{label, plain};
use document::time::Time;
use serde_json::{Value, json};

/// The name of the element within a field's block.
pub(super) const VALUE: &str = "value";

/// The name of the block of the field at this position.
pub(super) fn block_id(position: usize) -> String {
    format!("field.{position}")
}

/// The input blocks of a form.
pub(in crate::slack) fn inputs(form: &Form) -> Vec<Value> {
    form.fields.iter().enumerate().map(|(position, field)| input(position, field)).collect()
}

fn input(position: usize, field: &Field) -> Value {
    let mut element = element(field);
    element["action_id"] = json!(VALUE);
    let mut block = json!({
        "type": "input", "block_id": block_id(position), "label": plain(&field.label),
        "optional": !field.required, "element": element,
    });
    if let Some(hint) = &field.hint {
        block["hint"] = plain(hint);
    }
    block
}

/// The element that takes what a field takes, with what stands in it at first.
fn element(field: &Field) -> Value {
    let text = field.initial.as_ref().and_then(Value::as_str);
    let mut element = match &field.takes {
        Takes::Text { lines, least, most } => {
            let mut element = json!({"type": "plain_text_input", "multiline": lines, "max_length": (*most).max(1)});
            if *least > 0 && least <= most {
                element["min_length"] = json!(least);
            }
            element
        }
        Takes::Lines { .. } | Takes::Json => {
            json!({"type": "plain_text_input", "multiline": true, "max_length": SLACK_TEXT})
        }
        Takes::Email => json!({"type": "email_text_input"}),
        Takes::Url => json!({"type": "url_text_input"}),
        Takes::Number { integer, least, most } => {
            let mut element = json!({"type": "number_input", "is_decimal_allowed": !integer});
            for (name, bound) in [("min_value", least), ("max_value", most)] {
                if let Some(bound) = bound {
                    element[name] = json!(bound.to_string());
                }
            }
            element
        }
        Takes::Date => json!({"type": "datepicker"}),
        Takes::Moment => json!({"type": "datetimepicker"}),
        Takes::One(options) => {
            // A radio button that was chosen cannot be left empty again, which a menu can.
            let kind = if options.len() == 2 && field.required { "radio_buttons" } else { "static_select" };
            json!({"type": kind, "options": shown(options)})
        }
        Takes::Any(options) => json!({"type": "multi_static_select", "options": shown(options)}),
    };
    let initial = match &field.takes {
        Takes::Text { .. } | Takes::Email | Takes::Url | Takes::Json => text.map(|text| ("initial_value", json!(text))),
        Takes::Number { .. } => {
            let number = field.initial.as_ref().filter(|value| value.is_number());
            number.map(|value| ("initial_value", json!(value.to_string())))
        }
        Takes::Lines { .. } => field.initial.as_ref().and_then(lines).map(|text| ("initial_value", json!(text))),
        Takes::Date => text.filter(|text| text.len() == 10).map(|text| ("initial_date", json!(text))),
        Takes::Moment => text.and_then(Time::parse).map(|at| ("initial_date_time", json!(at.0.div_euclid(1_000)))),
        Takes::One(options) => {
            let found = options.iter().position(|(value, _)| Some(value) == field.initial.as_ref());
            found.map(|at| ("initial_option", shown(options)[at].clone()))
        }
        Takes::Any(options) => {
            let chosen = field.initial.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
            let at = |value: &Value| options.iter().position(|(known, _)| known == value);
            let all = shown(options);
            let chosen: Vec<Value> = chosen.iter().filter_map(at).map(|at| all[at].clone()).collect();
            (!chosen.is_empty()).then(|| ("initial_options", json!(chosen)))
        }
    };
    if let Some((name, value)) = initial {
        element[name] = value;
    }
    element
}

/// Options, each with its position as its value.
fn shown(options: &[(Value, String)]) -> Vec<Value> {
    let one = |(at, (_, text)): (usize, &(Value, String))| json!({"text": label(text), "value": at.to_string()});
    options.iter().enumerate().map(one).collect()
}

/// A list as lines; none where it is not one of texts and numbers, or is too long.
fn lines(list: &Value) -> Option<String> {
    let line = |value: &Value| match value {
        Value::String(text) if !text.contains('\n') => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let lines: Option<Vec<String>> = list.as_array()?.iter().map(line).collect();
    lines.map(|lines| lines.join("\n")).filter(|text| !text.is_empty() && text.len() <= SLACK_TEXT)
}
