//! The fields of a question's form. Each is named by the JSON Pointer of its value in the answer, as reasons against an
//! answer are.

use super::schema;
use crate::limits::{SLACK_FIELD_LABEL, SLACK_FIELDS, SLACK_LABEL, SLACK_OPTIONS, SLACK_TEXT};
use crate::slack::text::length;
use serde_json::{Value, json};
use stepwell_core::interaction::{Interaction, InteractionKind as Kind, REWIND, SecurityLevel};

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

    fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// Whether Slack can show all of it. What is cut would not be what the person answers to.
    fn fits(&self) -> bool {
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

/// The form of a question; none where Slack cannot show all of it.
pub(in crate::slack) fn form(question: &Interaction) -> Option<Form> {
    let form = match question.kind {
        Kind::Approval => Form::of(vec![approved(), comment()]),
        Kind::Authorization => Form::of(authorization(question)?),
        Kind::Review => Form::of(vec![approved(), content(question), comment()]),
        Kind::Decision => Form::of(vec![option(question), comment()]),
        Kind::Ask => Form::of(vec![Field::new("/text", "Answer", paragraph())]),
        Kind::Input => schema::form(question.schema.as_ref()?)?,
    };
    let shown = !form.fields.is_empty() && form.fields.len() <= SLACK_FIELDS;
    (shown && form.fields.iter().all(Field::fits)).then_some(form)
}

impl Form {
    fn of(fields: Vec<Field>) -> Self {
        Self { fields, given: Vec::new() }
    }
}

/// Whether a question's answer needs the name of its tool to be typed.
pub(in crate::slack) fn needs_tool(question: &Interaction) -> bool {
    question.authorization.as_ref().is_some_and(|about| about.security_level == SecurityLevel::High)
}

fn paragraph() -> Takes {
    Takes::Text { lines: true, least: 0, most: SLACK_TEXT as u64 }
}

fn approved() -> Field {
    let options = vec![(json!(true), "Approve".to_owned()), (json!(false), "Reject".to_owned())];
    Field::new("/approved", "Decision", Takes::One(options))
}

fn comment() -> Field {
    Field::new("/comment", "Comment", paragraph()).optional()
}

/// Where the tool has no name that could be typed, there is no form.
fn authorization(question: &Interaction) -> Option<Vec<Field>> {
    if !needs_tool(question) {
        return Some(vec![approved(), comment()]);
    }
    question.authorization.as_ref()?.tool.as_str().filter(|name| !name.is_empty())?;
    let line = Takes::Text { lines: false, least: 0, most: SLACK_TEXT as u64 };
    let tool = Field::new("/tool", "The tool's name", line).optional();
    let tool = Field { hint: Some("To approve, type the name of the tool as it is shown above.".into()), ..tool };
    Some(vec![approved(), tool, comment()])
}

/// The content of a review, as text where it is one.
fn content(question: &Interaction) -> Field {
    let (takes, initial) = match question.content.clone().unwrap_or_default() {
        Value::String(text) => (paragraph(), Value::String(text)),
        other => (Takes::Json, Value::String(format!("{other:#}"))),
    };
    // A content that was emptied would be taken for one that was left as it is.
    let required = initial.as_str().is_some_and(|text| !text.is_empty());
    let hint = Some("Change it where it is to be changed.".to_owned());
    Field { hint, initial: Some(initial), required, ..Field::new("/content", "Content", takes) }
}

fn option(question: &Interaction) -> Field {
    // To go back takes the name of a node, which the inbox asks for.
    let options = question.options.iter().filter(|option| !(question.on_error && option.id == REWIND));
    let options = options.map(|option| (json!(option.id), option.label.clone())).collect();
    Field::new("/option", "Decision", Takes::One(options))
}
