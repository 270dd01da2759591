//! Which fields the form of a question has, by its kind.

use super::{
    field::{Field, Form, Takes},
    schema,
};
use crate::limits::{SLACK_FIELDS, SLACK_TEXT};
use serde_json::{Value, json};
use stepwell_core::interaction::{Interaction, InteractionKind as Kind, REWIND, SecurityLevel};

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
