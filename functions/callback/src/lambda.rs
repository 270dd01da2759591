//! The callback function on Lambda: HTTP from the API, and pauses that begin from the wait machine.

use aws::Aws;
use axum::Router;
use lambda_http::{Adapter, Context, Error, LambdaEvent, Service, request::LambdaRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::id::{ExecutionId, InteractionId};
use std::sync::Arc;

/// What the wait machine sends as a pause begins: `{"open": {…}}`.
#[derive(Deserialize)]
struct Opening {
    execution: ExecutionId,
    interaction: InteractionId,
    /// Completes the pause. Whoever has it can: it is kept from logs.
    token: String,
}

/// One event of either kind.
///
/// # Errors
/// Where an event is of no kind that this function takes, or a pause could not be opened: the wait machine tries again.
pub async fn handle(host: &Arc<Aws>, service: Router, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    match payload.get("open") {
        Some(opening) => open(host, opening.clone()).await,
        None => http(service, payload, context).await,
    }
}

async fn open(host: &Aws, opening: Value) -> Result<Value, Error> {
    let Opening { execution, interaction, token } = serde_json::from_value(opening)
        .map_err(|_| "`open` needs `execution`, `interaction` and `token`: see infra/wait.asl.json")?;
    host.open(&execution, &interaction, &token).await.map_err(|error| {
        tracing::error!(%execution, %interaction, %error, "a pause could not be opened");
        error
    })?;
    tracing::info!(%execution, %interaction, "a pause is open");
    Ok(json!({}))
}

async fn http(service: Router, payload: Value, context: Context) -> Result<Value, Error> {
    let request: LambdaRequest = serde_json::from_value(payload)
        .map_err(|error| format!("this is neither a request of an API nor `{{\"open\": …}}`: {error}"))?;
    let response = Adapter::from(service).call(LambdaEvent::new(request, context)).await;
    let response = response.map_err(|never| match never {})?;
    Ok(serde_json::to_value(response)?)
}
