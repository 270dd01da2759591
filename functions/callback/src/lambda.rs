//! What invokes the callback function: HTTP from an API, and pauses that begin from the wait machine.

use aws::Aws;
use axum::Router;
use lambda_http::{Context, Error, request::LambdaRequest};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use shared::id::{ExecutionId, InteractionId};

/// What the wait machine sends as a pause begins: `{"open": {…}}`.
#[derive(Deserialize)]
struct Begun {
    open: Opening,
}

#[derive(Deserialize)]
struct Opening {
    execution: ExecutionId,
    interaction: InteractionId,
    /// Completes the pause. Whoever has it can: it is kept from logs and errors.
    token: String,
}

/// What each kind of event has and the other has not.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "requestContext")]
    request: Option<serde::de::IgnoredAny>,
}

/// One event of either kind.
///
/// # Errors
/// Where an event is of neither, or a pause could not be opened: then the wait machine tries again.
pub async fn handle(host: &Aws, service: &Router, event: &str, context: Context) -> Result<Box<RawValue>, Error> {
    let shape: Shape = serde_json::from_str(event)?;
    if shape.request.is_some() {
        let request: LambdaRequest = serde_json::from_str(event)?;
        return api::lambda::whole(service, request, context).await;
    }
    // The text of the error would repeat what stands there.
    let Begun { open } = serde_json::from_str(event)
        .map_err(|_| "this is neither an HTTP request (requestContext) nor a pause of the wait machine (open)")?;
    let Opening { execution, interaction, token } = open;
    host.open(&execution, &interaction, &token).await.inspect_err(|error| {
        tracing::error!(%execution, %interaction, %error, "a pause could not be opened");
    })?;
    tracing::info!(%execution, %interaction, "a pause has begun");
    Ok(to_raw_value(&serde_json::json!({}))?)
}
