//! Pauses that begin: the wait state machine hands the callback function the task token of each.

use crate::Aws;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use stepwell_core::id::{ExecutionId, InteractionId};

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

/// Opens the pause that an event of the wait state machine tells of, and returns `{}`.
///
/// # Errors
/// Where the event is none, or the pause could not be opened. The wait state machine then tries again.
pub async fn open(host: &Aws, event: &str) -> Result<Box<RawValue>, Error> {
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
