//! Pauses that begin: the wait machine hands the callback function the task token of each.

use crate::Aws;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use stepwell_core::id::{ExecutionId, InteractionId};

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

/// Opens the pause that an event tells of.
///
/// # Errors
/// Where the event is none, or the pause could not be opened: then the wait machine tries again.
pub async fn open(host: &Aws, event: &str) -> Result<Box<RawValue>, Error> {
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
