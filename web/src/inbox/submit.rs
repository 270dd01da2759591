//! An answer of a form, as the API takes it.

use api::types::{AnswerBody, AnswersBody};
use serde_json::Value;
use stepwell_core::interaction::{Answer, Interaction};

/// The body of an answer to one question.
pub fn body(answer: Answer, answer_as: Option<String>) -> AnswerBody {
    let Answer { approved, option, data, text, content, tool, arguments, comment, .. } = answer;
    AnswerBody { approved, option, data, text, content, tool, arguments, comment, answer_as }
}

/// Whether the last answer of a person to a question is this one.
pub fn stands(one: &Interaction, by: &str, body: &AnswerBody) -> bool {
    let Some(last) = one.responses.iter().rev().find(|response| response.by.eq_ignore_ascii_case(by)) else {
        return false;
    };
    let said = match (body.approved, &body.option, &body.data, &body.text) {
        (Some(approved), ..) => last.decision == if approved { "approved" } else { "rejected" },
        (None, Some(option), ..) => last.decision == *option,
        (None, None, Some(data), _) => last.answer == *data,
        (None, None, None, Some(text)) => last.answer == Value::String(text.clone()),
        (None, None, None, None) => false,
    };
    let edited = body.content.as_ref().is_none_or(|content| last.answer == *content);
    said && edited && last.comment == body.comment
}

/// The same answer to several. The form of several has no arguments of a tool, since those of one are not another's.
pub fn to_several(interaction_ids: Vec<String>, one: AnswerBody) -> AnswersBody {
    let AnswerBody { approved, option, data, text, content, tool, comment, answer_as, arguments: _ } = one;
    AnswersBody { interaction_ids, approved, option, data, text, content, tool, comment, answer_as }
}
