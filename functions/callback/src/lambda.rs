//! The callback function on Lambda: answers HTTP requests of an API, and opens the pauses that the wait state machine
//! begins.

use aws::Aws;
use axum::Router;
use lambda_http::{Context, Error, request::LambdaRequest};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use shared::id::{ExecutionId, InteractionId};

/// The event that the wait state machine sends when a pause begins: `{"open": {…}}`.
#[derive(Deserialize)]
struct Begun {
    open: Opening,
}

/// The pause of one interaction.
#[derive(Deserialize)]
struct Opening {
    execution: ExecutionId,
    interaction: InteractionId,
    /// The task token that completes the pause. Anybody who has it can do so, so it stays out of logs and errors.
    token: String,
}

/// The field that a request has, and the event of a pause has not.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "requestContext")]
    request: Option<serde::de::IgnoredAny>,
}

/// Handles one event of either kind: returns the response to a request, or `{}` once a pause is open.
///
/// # Errors
/// Where the event is of neither kind, or the pause could not be opened. The wait state machine then tries again.
pub async fn handle(host: &Aws, service: &Router, event: &str, context: Context) -> Result<Box<RawValue>, Error> {
    let shape: Shape = serde_json::from_str(event)?;
    if shape.request.is_some() {
        let request: LambdaRequest = serde_json::from_str(event)?;
        return api::lambda::whole(service, request, context).await;
    }
    // Serde's own error is dropped, since it could repeat a part of the token.
    let Begun { open } = serde_json::from_str(event)
        .map_err(|_| "this is neither an HTTP request (requestContext) nor a pause of the wait machine (open)")?;
    let Opening { execution, interaction, token } = open;
    host.open(&execution, &interaction, &token).await.inspect_err(|error| {
        tracing::error!(%execution, %interaction, %error, "a pause could not be opened");
    })?;
    tracing::info!(%execution, %interaction, "a pause has begun");
    Ok(to_raw_value(&serde_json::json!({}))?)
}
