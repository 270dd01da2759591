//! What this user's own processes may ask of the host beyond the API: to move an execution, and to keep what it needs.

use crate::Local;
use api::{Answered, Path, Problem};
use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    routing::put,
};
use nodes::AllowList;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where an execution is adopted, without its id. It is no route of the API: no other host has it.
const PLACE: &str = "/local/executions";

/// What an execution needs of the host that moves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// What its requests may reach although it is not public, as the text of an allow list. None leaves what is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_allow: Option<String>,
}

/// The path at which an execution is adopted. Its id is made of letters, digits and hyphens.
pub fn place(id: &str) -> String {
    format!("{PLACE}/{id}")
}

/// The routes, in front of those of the API.
pub fn routes(host: &Arc<Local>, api: Router) -> Router {
    Router::new().route(&format!("{PLACE}/{{id}}"), put(adopt)).with_state(host.clone()).fallback_service(api)
}

/// Moves an execution, which need not be there yet, and keeps what it needs: 204.
async fn adopt(
    State(host): State<Arc<Local>>,
    Path(id): Path<String>,
    body: Result<Json<Needs>, JsonRejection>,
) -> Answered<StatusCode> {
    let unread = |error: JsonRejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_json", error.body_text());
    let Json(Needs { http_allow }) = body.map_err(unread)?;
    if let Some(list) = &http_allow {
        AllowList::parse(list).map_err(|error| {
            let hint = "write it as 127.0.0.1:9000,10.0.0.0/8,name.internal";
            Problem::field("invalid_field", "/http_allow", error, hint)
        })?;
    }
    host.adopt(&id.as_str().into(), http_allow).await?;
    Ok(StatusCode::NO_CONTENT)
}
