//! Saved workflows as tools of their own: those whose document says `metadata.mcp: true`. The API lists workflows without
//! their schemas, so they are read from the catalogue, of the caller's owner alone.

use crate::{
    call::{Call, Done},
    limits, result,
    started::{come_to, started},
    tools,
};
use api::{App, Problem, cursor, executions::wait, types::StartBody};
use engine::port::{SavedWorkflow, Window};
use rmcp::{
    ErrorData,
    model::{CallToolResult, JsonObject, Tool},
};
use serde_json::{Map, Value, json};
use stepwell_core::execution::Status;

/// The name of the list in its cursors.
const LIST: &str = "mcp-tools";

/// A saved workflow that is a tool.
pub struct Saved(SavedWorkflow);

/// A part of the tools.
pub struct Part {
    /// The tools.
    pub tools: Vec<Tool>,
    /// The cursor of the next part; none at the end.
    pub next_cursor: Option<String>,
}

/// An error of the protocol for what the store or the cursor is to blame for.
fn unlisted(problem: &Problem) -> ErrorData {
    ErrorData::internal_error(problem.detail().to_owned(), None)
}

/// The tools that the workflows of an owner are. A workflow with the name of a tool that there always is can be started
/// by its id alone.
///
/// # Errors
/// A cursor that is none, and what the store says.
pub async fn tools(app: &App, owner: &str, cursor: Option<&str>) -> Result<Part, ErrorData> {
    let inner = cursor.map(|text| {
        let unknown = || ErrorData::invalid_params("this cursor is none of this list", None);
        cursor::read(LIST, text).ok_or_else(unknown)
    });
    let window = Window { limit: limits::PAGE_ITEMS, cursor: inner.transpose()? };
    let page = app.host.catalogue().list(owner, &window).await.map_err(|error| unlisted(&error.into()))?;
    let fixed = tools::all();
    let is_free = |saved: &SavedWorkflow| fixed.iter().all(|tool| tool.name != saved.id.as_str());
    let tools = page.items.iter().filter(|saved| is_offered(saved) && is_free(saved)).map(tool).collect();
    Ok(Part { tools, next_cursor: page.next_cursor.map(|inner| cursor::write(LIST, &inner)) })
}

/// The workflow of the caller's owner that is a tool of that name.
///
/// # Errors
/// What the store says.
pub async fn named(call: &Call<'_>, name: &str) -> Result<Option<Saved>, ErrorData> {
    if name.is_empty() || name.len() > api::limits::NAME_BYTES {
        return Ok(None);
    }
    let found = call.app.host.catalogue().saved(&call.caller.owner, name, None).await;
    let found = found.map_err(|error| unlisted(&error.into()))?;
    Ok(found.filter(is_offered).map(Saved))
}

fn is_offered(saved: &SavedWorkflow) -> bool {
    !saved.deleted && saved.document.pointer("/metadata/mcp") == Some(&Value::Bool(true))
}

fn tool(saved: &SavedWorkflow) -> Tool {
    let text = |name: &str| saved.document.get(name).and_then(Value::as_str);
    let about = text("description").or(text("name")).unwrap_or(saved.id.as_str()).to_owned();
    Tool::new(saved.id.to_string(), about, schema(saved))
}

/// The schema of a tool's arguments, which always are an object: the workflow's own where that takes objects, else an
/// object whose `input` is the workflow's.
fn schema(saved: &SavedWorkflow) -> JsonObject {
    let Some(schema) = saved.document.get("input_schema").and_then(Value::as_object) else {
        return Map::from_iter([("type".to_owned(), json!("object"))]);
    };
    let mut schema = schema.clone();
    if takes_input(saved) {
        let properties = json!({ "input": schema });
        return Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), properties),
            ("required".to_owned(), json!(["input"])),
        ]);
    }
    schema.entry("type").or_insert_with(|| json!("object"));
    schema
}

/// Whether the workflow's input is no object, so that it is an argument named `input`.
fn takes_input(saved: &SavedWorkflow) -> bool {
    saved.document.pointer("/input_schema/type").is_some_and(|kind| *kind != json!("object"))
}

impl Saved {
    /// Starts the workflow with the arguments as its input, and waits until it ends or asks a person.
    pub async fn run(&self, call: &Call<'_>, mut arguments: JsonObject) -> Done {
        let input =
            if takes_input(&self.0) { arguments.remove("input").unwrap_or_default() } else { Value::Object(arguments) };
        let body = StartBody { input: Some(input), version: None, metadata: None };
        let accepted = match started(call, self.0.id.as_str(), body, None).await {
            Ok(accepted) => accepted?,
            Err(misfit) => return Ok(misfit),
        };
        let execution = come_to(call, &accepted.execution_id, call.patience, wait::ended_or_asks).await?;
        Ok(outcome(&execution))
    }
}

/// What an execution came to: its output, why it failed, or what it waits for.
fn outcome(execution: &api::types::Execution) -> CallToolResult {
    let id = &execution.execution_id;
    let mut told = json!({ "execution_id": id, "status": execution.status });
    if execution.status == Status::Completed {
        told["output"] = execution.output.clone();
        let text = execution.output.as_str().map_or_else(|| execution.output.to_string(), str::to_owned);
        return result::told(text, told);
    }
    if execution.status.is_terminal() {
        told["error"] = serde_json::to_value(&execution.error).unwrap_or_default();
        let why = execution
            .error
            .as_ref()
            .map_or_else(|| execution.message.clone(), |error| format!("{} ({})", error.message, error.code));
        return result::failed(format!("{why}; the execution is {id}"), told);
    }
    told["pending_interactions"] = serde_json::to_value(&execution.pending_interactions).unwrap_or_default();
    let text = format!("{} Call get_execution with execution_id {id} to see how it goes on.", execution.message);
    result::told(text, told)
}
