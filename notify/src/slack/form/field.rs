//! A form and its fields. Each is named by the JSON Pointer of its value in the answer, as reasons against an answer are.

use crate::limits::{SLACK_FIELD_LABEL, SLACK_LABEL, SLACK_OPTIONS, SLACK_TEXT};
use crate::slack::text::length;
use serde_json::Value;

/// A form.
#[derive(Debug, Default, PartialEq)]
pub(in crate::slack) struct Form {
    /// The fields, in the order in which they are shown.
    pub fields: Vec<Field>,
    /// Values that are in the answer whatever is filled in: objects that are required, and constants of a schema.
    pub given: Vec<(String, Value)>,
}

/// One field.
#[derive(Debug, PartialEq)]
pub(in crate::slack) struct Field {
    /// JSON Pointer of the value in the answer.
    pub at: String,
    /// What the field is called.
    pub label: String,
    /// More about it.
    pub hint: Option<String>,
    /// Whether Slack insists on a value.
    pub required: bool,
    /// The value that an empty field makes; none: the answer has no value there.
    pub empty: Option<Value>,
    /// What stands in the field at first.
    pub initial: Option<Value>,
    /// What it takes.
    pub takes: Takes,
}

/// What a field takes.
#[derive(Debug, PartialEq)]
pub(in crate::slack) enum Takes {
    /// A text, in several lines or in one.
    Text { lines: bool, least: u64, most: u64 },
    /// An e-mail address.
    Email,
    /// A URL.
    Url,
    /// A number.
    Number { integer: bool, least: Option<f64>, most: Option<f64> },
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// One of several values, each with what people read.
    One(Vec<(Value, String)>),
    /// Any of several values.
    Any(Vec<(Value, String)>),
    /// A list of texts or numbers, one in each line.
    Lines { numbers: bool },
    /// Any value, as JSON.
    Json,
}

impl Field {
    /// A field whose label is a text of this program's own.
    pub fn new(at: &str, label: &str, takes: Takes) -> Self {
        Self {
            at: at.to_owned(),
            label: label.to_owned(),
            hint: None,
            required: true,
            empty: None,
            initial: None,
            takes,
        }
    }

    /// The same, which may be left empty.
    pub fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// Whether Slack can show all of it. What is cut would not be what the person answers to.
    pub fn fits(&self) -> bool {
        let label = !self.label.is_empty() && length(&self.label) <= SLACK_FIELD_LABEL;
        let hint = self.hint.as_ref().is_none_or(|hint| length(hint) <= SLACK_FIELD_LABEL);
        let takes = match &self.takes {
            Takes::One(options) | Takes::Any(options) => {
                let shown = |text: &str| !text.trim().is_empty() && length(text) <= SLACK_LABEL;
                !options.is_empty() && options.len() <= SLACK_OPTIONS && options.iter().all(|(_, text)| shown(text))
            }
            Takes::Text { least, .. } => *least <= SLACK_TEXT as u64,
            Takes::Email | Takes::Url | Takes::Number { .. } | Takes::Date | Takes::Moment => true,
            Takes::Lines { .. } | Takes::Json => true,
        };
        let initial = self.initial.as_ref().and_then(Value::as_str).is_none_or(|text| length(text) <= SLACK_TEXT);
        label && hint && takes && initial
    }
}

impl Form {
    /// A form of these fields.
    pub fn of(fields: Vec<Field>) -> Self {
        Self { fields, given: Vec::new() }
    }
}
