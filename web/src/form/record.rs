//! A value by the fields of the form that it was typed into: what they are called, and what was chosen, in words. Rows of a
//! list are counted from 1.

use super::{
    field::{Choice, Field, Input, Kind, plain},
    schema::readable,
};
use crate::{look::is_long, moment::moment, value::for_people};
use document::time::Time;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// The value, to be read.
pub fn record(field: &Field, value: &Value) -> Markup {
    match (&field.kind, value) {
        (_, Value::Null) => nothing(),
        (Kind::Object(fields), Value::Object(members)) => object(fields, members),
        (Kind::List(_) | Kind::Several(_), Value::Array(items)) if items.is_empty() => html! { span.soft { "None" } },
        (Kind::List(list), Value::Array(items)) => {
            html! { ol.rows { @for item in items { li { (record(&list.item, item)) } } } }
        }
        (Kind::Several(choices), Value::Array(chosen)) => {
            html! { @for (at, one) in chosen.iter().enumerate() { @if at > 0 { ", " } bdi { (label(choices, one)) } } }
        }
        (Kind::Choice(choices), value) => html! { bdi { (label(choices, value)) } },
        (Kind::Text(about), Value::String(text)) => self::text(about.input, text),
        (_, Value::Array(_) | Value::Object(_)) => for_people(value),
        (_, Value::String(text)) => self::text(Input::Line, text),
        (_, value) => html! { bdi { (plain(value)) } },
    }
}

fn nothing() -> Markup {
    html! { span.soft { "Not answered" } }
}

/// The members of an object in the order of the form, and after them what the form has no field for.
fn object(fields: &[Field], members: &Map<String, Value>) -> Markup {
    let others = members.iter().filter(|(key, _)| !fields.iter().any(|field| field.key == **key));
    html! {
        dl.facts {
            @for field in fields {
                dt { bdi { (field.label) } }
                dd { @match members.get(&field.key) { Some(value) => (record(field, value)), None => (nothing()) } }
            }
            @for (key, value) in others { dt { bdi { (readable(key)) } } dd { (for_people(value)) } }
        }
    }
}

fn label(choices: &[Choice], value: &Value) -> String {
    choices.iter().find(|choice| choice.value == *value).map_or_else(|| plain(value), |choice| choice.label.clone())
}

/// A text as its field shows it: a day and a moment in words.
fn text(input: Input, text: &str) -> Markup {
    match input {
        Input::Date => html! { bdi { (day(text).unwrap_or_else(|| text.to_owned())) } },
        Input::Moment => html! { @match Time::parse(text) { Some(time) => (moment(time)), None => bdi { (text) } } },
        Input::Line | Input::Lines | Input::Email | Input::Url => {
            html! { div.plain.scrolls[is_long(text)] dir="auto" tabindex=[is_long(text).then_some("0")] { (text) } }
        }
    }
}

/// A day in words, such as `1 March 2026`; none where the text is no day.
pub fn day(text: &str) -> Option<String> {
    let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
    Some(day.strftime("%-d %B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::field_of;
    use serde_json::json;

    #[test]
    fn an_answer_is_read_by_the_words_of_its_form() {
        let schema = json!({"type": "object", "properties": {
            "leaves": {"type": "string", "format": "date", "title": "Day of departure"}, "single": {"type": "boolean", "title": "Single room"},
            "class": {"oneOf": [{"const": 2, "title": "Second class"}]}, "note": {"type": "string"},
            "stops": {"type": "array", "items": {"type": "string"}}, "extras": {"type": "array", "uniqueItems": true, "items": {"enum": ["A", "B"]}},
            "address": {"type": "object", "properties": {"street": {"type": "string"}}}}});
        let answer = json!({"leaves": "2026-03-01", "single": true, "class": 2, "stops": ["Lyon", "<b>"], "extras": ["A", "B"],
            "address": {"street": "12 Mill Lane"}, "not_asked": {"rows": [7]}});
        let shown = record(&field_of("data", &schema), &answer).into_string();
        for part in [
            "<dt><bdi>Day of departure</bdi></dt><dd><bdi>1 March 2026</bdi></dd>",
            "<dt><bdi>Single room</bdi></dt><dd><bdi>Yes</bdi></dd>",
            "Second class",
            "<dt><bdi>Note</bdi></dt><dd><span class=\"soft\">Not answered</span></dd>",
            "<ol class=\"rows\"><li><div class=\"plain\" dir=\"auto\">Lyon</div></li>",
            "&lt;b&gt;",
            "<bdi>A</bdi>, <bdi>B</bdi>",
            "12 Mill Lane",
            "<dt><bdi>Not asked</bdi></dt>",
        ] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(!shown.contains(['{', '[']) && !shown.contains("true"), "{shown}");
    }
}
