//! An answer in a conversation, which people give in the words of a conversation: a text or yes and no do for most questions.

use crate::{Answered, Problem, types::AnswerBody};
use serde_json::Value;
use stepwell_core::interaction::{Answer, Interaction, InteractionKind as Kind};

/// What a value says to a question.
///
/// # Errors
/// 422 where it says nothing that answers it.
pub fn said(question: &Interaction, value: Value) -> Answered<Answer> {
    match value {
        Value::String(text) => words(question, &text),
        Value::Object(_) if question.kind == Kind::Input && !has_fields(&value) => {
            Ok(Answer { data: Some(value), ..Answer::default() })
        }
        Value::Object(mut fields) => {
            if let Some(reason) = fields.remove("reason") {
                fields.entry("comment").or_insert(reason);
            }
            let body = serde_json::from_value::<AnswerBody>(Value::Object(fields));
            body.map(answer).map_err(|error| unfit(&format!("the answer is not understood: {error}")))
        }
        Value::Bool(approved) if votes(question) => Ok(Answer { approved: Some(approved), ..Answer::default() }),
        other if question.kind == Kind::Input => Ok(Answer { data: Some(other), ..Answer::default() }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(unfit("the answer is a text, or an object with the fields of an answer"))
        }
    }
}

/// Whether an object has fields of an answer, and is not the data itself.
fn has_fields(value: &Value) -> bool {
    let fields =
        ["approved", "option", "data", "text", "content", "tool", "arguments", "comment", "answer_as", "reason"];
    value
        .as_object()
        .is_some_and(|object| object.contains_key("data") && object.keys().all(|key| fields.contains(&key.as_str())))
}

fn votes(question: &Interaction) -> bool {
    matches!(question.kind, Kind::Approval | Kind::Review | Kind::Authorization)
}

fn answer(body: AnswerBody) -> Answer {
    let AnswerBody { approved, option, data, text, content, tool, arguments, comment, answer_as: _ } = body;
    Answer { approved, option, data, text, content, tool, arguments, comment, ..Answer::default() }
}

/// An answer in words.
fn words(question: &Interaction, text: &str) -> Answered<Answer> {
    let word = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    match question.kind {
        Kind::Ask => Ok(Answer { text: Some(text.to_owned()), ..Answer::default() }),
        Kind::Decision => {
            let meant =
                question.options.iter().find(|one| one.id.to_lowercase() == word || one.label.to_lowercase() == word);
            let option = meant.map_or_else(|| text.to_owned(), |one| one.id.clone());
            Ok(Answer { option: Some(option), ..Answer::default() })
        }
        Kind::Input => {
            let data = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            Ok(Answer { data: Some(data), ..Answer::default() })
        }
        Kind::Approval | Kind::Review | Kind::Authorization => match word.as_str() {
            "yes" | "y" | "ok" | "approve" | "approved" | "true" => {
                Ok(Answer { approved: Some(true), ..Answer::default() })
            }
            "no" | "n" | "reject" | "rejected" | "false" => Ok(Answer { approved: Some(false), ..Answer::default() }),
            _ => Err(unfit("this question is answered by yes or no")),
        },
    }
}

fn unfit(message: &str) -> Problem {
    let hint =
        "send a text, `{\"approved\": true, \"reason\": \"…\"}`, or the fields of POST /v1/interactions/{id}/respond";
    Problem::field("invalid_answer", "/value", message, hint)
}
