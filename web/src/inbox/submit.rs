//! An answer of a form, as the API takes it.

use api::types::{AnswerBody, AnswersBody};
use stepwell_core::interaction::Answer;

/// The body of an answer to one question.
pub fn body(answer: Answer, answer_as: Option<String>) -> AnswerBody {
    let Answer { approved, option, data, text, content, tool, arguments, comment, .. } = answer;
    AnswerBody { approved, option, data, text, content, tool, arguments, comment, answer_as }
}

/// The same answer to several. The form of several has no arguments of a tool, since those of one are not another's.
pub fn to_several(interaction_ids: Vec<String>, one: AnswerBody) -> AnswersBody {
    let AnswerBody { approved, option, data, text, content, tool, comment, answer_as, arguments: _ } = one;
    AnswersBody { interaction_ids, approved, option, data, text, content, tool, comment, answer_as }
}
