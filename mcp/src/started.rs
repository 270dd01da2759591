//! Starting an execution, and seeing what it comes to.

use crate::{call::Call, patience::follow, result};
use api::{
    desk::{Asked, part},
    executions::read,
    types::{Accepted, Execution, StartBody},
};
use axum::http::{HeaderMap, HeaderValue, Method};
use rmcp::model::CallToolResult;
use std::time::Duration;
use stepwell_core::execution;

/// Asks the API to start a saved workflow. The outer error is that of a key which can be no header.
pub async fn started(
    call: &Call<'_>,
    id: &str,
    body: StartBody,
    key: Option<&str>,
) -> Result<Asked<Accepted>, CallToolResult> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let key = HeaderValue::from_str(key);
        let key = key.map_err(|_| result::misfit("idempotency_key has characters that no header may have"))?;
        headers.insert("idempotency-key", key);
    }
    let path = format!("/v1/workflows/{}/executions", part(id));
    Ok(call.desk.send_with(Method::POST, &path, headers, &body).await)
}

/// What an execution that the caller has started came to within that time.
pub async fn come_to(
    call: &Call<'_>,
    id: &str,
    patience: Duration,
    there: fn(&execution::Execution) -> bool,
) -> Asked<Execution> {
    let state = follow(call, id, patience, there).await?;
    Ok(read::execution(call.app, &state).await?)
}
