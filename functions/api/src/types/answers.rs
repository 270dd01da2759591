//! The same answer to several questions.

use super::{AnswerBody, Fault, Responded};
use crate::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One answer to several questions of one kind; which field it takes depends on that kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"interaction_ids": ["018f2b6e-7a10-8c3d-9e4f-0123456789ab"], "approved": true}))]
pub struct AnswersBody {
    /// The questions, 1 to 100 of them, each named once. They are answered in this order.
    pub interaction_ids: Vec<String>,
    /// Yes or no, for approvals, reviews or authorizations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// The id of the chosen option, for decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The data, for inputs; beside the option `skip` about failed nodes, the output in its place. Of
    /// an input null is a value; of others it stands for no data.
    #[serde(default, deserialize_with = "::document::json::unique_if_given", skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// The text, for questions of the kind `ask`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The content of reviews as the person edited it.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// The name of the authorizations' tool as the person typed it, where an interface asks for it; a wrong one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// A comment in the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The assignee for whom the user of a local host answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_as: Option<String>,
}

impl AnswersBody {
    /// The questions, and the answer to each of them.
    pub fn split(self) -> (Vec<String>, AnswerBody) {
        let Self { interaction_ids, approved, option, data, text, content, tool, comment, answer_as } = self;
        // The arguments of one tool are not those of another, so several questions take none.
        let arguments = None;
        let answer = AnswerBody { approved, option, data, text, content, tool, arguments, comment, answer_as };
        (interaction_ids, answer)
    }
}

/// What became of an answer to several questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RespondedMany {
    /// One item for each question, in the order of the request.
    pub items: Vec<RespondedItem>,
}

/// What became of the answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"interaction_id": "018f2b6e-7a10-8c3d-9e4f-0123456789ab", "status": "answered",
    "decision": "approved", "responses_needed": 0}))]
pub struct RespondedItem {
    /// The question.
    pub interaction_id: String,
    /// Its state after the answer, or why it was not answered.
    #[serde(flatten)]
    pub outcome: RespondedOutcome,
}

/// The state of a question after an answer, or why it was not answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RespondedOutcome {
    /// The answer was recorded.
    Done(Responded),
    /// It was refused, and nothing was changed.
    Refused {
        /// Why.
        error: WhyNot,
    },
}

/// Why one of several questions was not answered: what the problem details of an answer to it alone would say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhyNot {
    /// The code of the problem, for machines: `already_decided`, `not_found`, `forbidden`, `invalid_answer` and so on.
    pub code: String,
    /// What went wrong and what to do next, for people.
    pub message: String,
    /// How the question was decided before; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Every reason for which the answer does not fit; absent where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

impl RespondedItem {
    /// The item of a question that was answered, or not.
    pub fn of(interaction_id: String, done: Result<Responded, Problem>) -> Self {
        let outcome = match done {
            Ok(responded) => RespondedOutcome::Done(responded),
            Err(problem) => RespondedOutcome::Refused { error: WhyNot::from(&problem) },
        };
        Self { interaction_id, outcome }
    }
}

impl From<&Problem> for WhyNot {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code().to_owned(),
            message: problem.detail().to_owned(),
            decision: problem.member("decision").and_then(Value::as_str).map(str::to_owned),
            errors: problem.errors().to_vec(),
        }
    }
}
