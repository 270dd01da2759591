//! What agents and their models say to each other: what a model is asked next, what of its answer can be used, and what
//! comes of it in the end.

mod asked;
mod calls;
mod decided;
mod memory;
mod misfits;
mod models;
mod outcome;
mod servers;
mod transcript;

pub use asked::groups_asked;
pub(crate) use calls::ended;
pub use calls::{Call, Ended, Planned, Verdict, judge};
pub use decided::Decided;
pub use memory::{key_of, last_of};
pub use models::name_used_up;
pub(crate) use models::{Tries, note, used_up};
pub use outcome::{misfit, output};
pub use servers::listed;
pub use transcript::{ask, opens, transcript};

use crate::{
    execution::{Children, Execution, Talk},
    id::Activation,
};
use document::{
    node::agent::Head,
    work::{Message, ModelAnswer},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the attempt of an agent gave, as its worker reports it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// What the agent found when it began.
    Opened {
        /// The key of the conversation that is remembered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// What is remembered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<Vec<Message>>,
        /// The tools of servers, and what the workflows take that are tools, by node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tools: Option<Value>,
    },
    /// What a model answered, and what it was told first.
    Answered {
        /// What the model was told first.
        asked: Head,
        /// Its answer.
        answer: ModelAnswer,
        /// The groups whom it wants to ask and in which nobody is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        empty: Vec<String>,
        /// Positions of the models that were asked before and have no quota any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        used_up: Vec<u32>,
    },
    /// What the tool calls of the latest answer gave.
    Ended(Vec<Ended>),
    /// The node's output, as an earlier run of the same visit recorded it.
    Finished(Value),
}

impl Heard {
    /// The report of an agent's output that is known already.
    pub fn finished(output: &Value) -> Value {
        json!({ "finished": output })
    }
}

/// The conversation of an agent at its latest visit; none before the model has answered.
pub fn talk<'a>(state: &'a Execution, activation: &Activation) -> Option<&'a Talk> {
    state.node(&activation.node).filter(|node| node.visit == activation.visit)?.talk.as_deref()
}

/// Whether all tool calls of a model's latest answer have come to an end, and what they gave is still to be gathered. That
/// is so whichever attempt gathers it: one that failed is followed by another.
pub fn collects(state: &Execution, activation: &Activation) -> bool {
    awaited(state, activation).is_some_and(|kids| kids.ended.len() == kids.count)
}

/// The executions of the tool calls of a model's latest answer, as long as it is not recorded what they gave; none where no
/// call was run.
pub(crate) fn awaited<'a>(state: &'a Execution, activation: &Activation) -> Option<&'a Children> {
    let said = talk(state, activation)?.turns.last().filter(|said| !said.is_gathered())?;
    let kids = state.children.get(&activation.node).filter(|kids| kids.visit == activation.visit)?;
    (kids.attempt > said.attempt).then_some(kids)
}
