//! `stepwell signal EXECUTION NAME`: an event for a `wait` node.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    output,
    pick::pick,
    source,
};
use api::types::SignalBody;

/// The arguments of `stepwell signal`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The event's name
    name: String,
    /// The data that the event carries: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    value: Option<String>,
}

/// Sends the event. Where it comes before the `wait` node that expects it, the execution keeps it.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let value = args.value.as_deref().map(|value| source::input(value, "--value")).transpose()?;
    let client = Client::open(globals).await?;
    let answer = async {
        let id = pick(&client, &args.execution).await?;
        let path = format!("/v1/executions/{}/signals/{}", escaped(&id), escaped(&args.name));
        client.post(&path, &SignalBody { data: value.unwrap_or_default() }).await.map(|answer| (id, answer))
    }
    .await;
    let idle = client.idle();
    client.close().await;
    let (id, execution) = answer?;
    if globals.json {
        output::json(&execution.0);
        return Ok(Exit::Done);
    }
    output::line(&format!("{id} has the event {}", args.name));
    if let Some(idle) = idle {
        eprintln!("{idle}");
    }
    Ok(Exit::Done)
}
