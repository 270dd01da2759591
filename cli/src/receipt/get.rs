//! `stepwell receipt get INTERACTION`.

use crate::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    output, pick,
};
use api::types::Interaction;

/// The arguments of `stepwell receipt get`.
#[derive(clap::Args)]
pub struct Args {
    /// The question, by its id or the beginning of it; `last` is the one that was over last in the last execution
    interaction: String,
}

/// Writes a receipt as it is signed. Exit 1 where the question has none.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let found = async {
        let id = pick::over(&client, &args.interaction).await?;
        client.get(&format!("/v1/interactions/{}", escaped(&id))).await
    };
    let found = found.await;
    client.close().await;
    let one: Interaction = found?.read()?;
    let Some(receipt) = one.receipt else {
        let hint = "a question has a receipt once it is answered or timed out; one that was cancelled has none";
        return Err(
            Failure::failed(format!("the question is {}: it has no receipt", one.status), hint).with_code("no_receipt")
        );
    };
    if receipt.signature.is_none() {
        eprintln!("{}", output::dim("the host that decided it signs nothing, so that it proves nothing"));
    }
    output::json(&receipt);
    Ok(Exit::Done)
}
