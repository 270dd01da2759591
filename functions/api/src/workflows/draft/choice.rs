//! Which model writes a draft.

use crate::{
    Answered, App, Caller, Problem,
    executions::start::secret_not_allowed,
    request::aside::aside,
    types::{Checked, Fault},
};
use axum::http::StatusCode;
use document::{Workflow, parse};
use engine::inline::forbidden_secret;
use serde_json::{Value, json};
use std::sync::Arc;

/// The variable that names the model of drafts which name none.
const VARIABLE: &str = "STEPWELL_DRAFT_MODEL";
/// Where the config of the agent stands in the document that is made of a model.
const CONFIG: &str = "/nodes/1/config";

/// A workflow whose agent has the model that a request names, or else the host's own. Its secrets follow the rule of
/// documents that are sent along: whoever has not the scope `admin` names those alone that an admin allowed for it.
///
/// # Errors
/// 422 where no model is named, or what is named is none; 403 where the caller may not name its key.
pub(super) async fn chosen(app: &App, caller: &Caller, named: Option<&Value>) -> Answered<Arc<Workflow>> {
    let own = || std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty()).map(Value::String);
    let Some(named) = named.cloned().or_else(own) else {
        let hint = "give `model` as provider/name, or set STEPWELL_DRAFT_MODEL on the host";
        return Err(Problem::field("invalid_model", "/model", "no model is named", hint));
    };
    let document = json!({
        "id": "draft",
        "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "writer", "type": "agent", "config": {"model": config(&named)?}}],
        "edges": [{"from": "start", "to": "writer"}],
    });
    let parsed = aside(move || parse(&document)).await?.map_err(|issues| {
        let errors = Checked::of(false, &issues).errors.into_iter().map(|fault| Fault {
            path: fault.path.strip_prefix(CONFIG).unwrap_or("/model").to_owned(),
            node: None,
            ..fault
        });
        let errors: Vec<Fault> = errors.collect();
        let detail =
            errors.first().map_or_else(String::new, |one| format!("the model cannot be asked: {}", one.message));
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_model", detail).with_errors(errors)
    })?;
    match forbidden_secret(&*app.host, &caller.owner, &caller.scopes, &parsed.workflow).await? {
        Some(name) => Err(secret_not_allowed(name)),
        None => Ok(parsed.workflow),
    }
}

/// A model as the config of an agent has it: an object as it is, also in a text; else a text `provider/name`.
fn config(named: &Value) -> Answered<Value> {
    let found = match named {
        Value::Object(_) => Some(named.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).ok(),
        Value::String(text) => text.trim().split_once('/').map(|(provider, name)| {
            let provider = provider.trim();
            json!({"provider": provider, "name": name.trim()})
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    found.ok_or_else(|| {
        let hint = "give provider/name, such as openai/gpt-5-mini, or an object as `model` in the config of an `agent`";
        Problem::field("invalid_model", "/model", "this names no model", hint)
    })
}
