//! The tools that there always are. Each does what a route of the API does, and gives what that gives.

mod ask;
mod interactions;
mod workflows;

use crate::call::{Call, Done};
use rmcp::model::{JsonObject, Tool};

/// The tools that there always are, as clients are told of them.
pub fn all() -> Vec<Tool> {
    let all = [
        workflows::list_tool(),
        workflows::start_tool(),
        workflows::get_tool(),
        interactions::list_tool(),
        interactions::answer_tool(),
        ask::ask_tool(),
        ask::authorization_tool(),
    ];
    all.into()
}

/// Calls the tool of that name. None where it is none of those that there always are.
pub async fn run(call: &Call<'_>, name: &str, arguments: JsonObject) -> Option<Done> {
    Some(match name {
        "list_workflows" => workflows::list(call, arguments).await,
        "start_workflow" => workflows::start(call, arguments).await,
        "get_execution" => workflows::get(call, arguments).await,
        "list_interactions" => interactions::list(call, arguments).await,
        "answer" => interactions::answer(call, arguments).await,
        "ask_human" => ask::ask(call, arguments).await,
        "request_authorization" => ask::authorization(call, arguments).await,
        _ => return None,
    })
}
