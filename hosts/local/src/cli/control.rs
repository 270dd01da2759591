//! `stepwell pause | resume | cancel EXECUTION`.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    output,
    pick::pick,
};
use api::types::{Execution, Reason};

/// The arguments of `stepwell pause`, `resume` and `cancel`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// Record this reason in the history
    #[arg(long)]
    reason: Option<String>,
}

/// Asks for the change that `what` names, which is the last part of the API's path. To ask twice is no error.
pub async fn run(globals: &Globals, what: &str, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let body = Reason { reason: args.reason };
    let answer = async {
        let id = pick(&client, &args.execution).await?;
        client.post(&format!("/v1/executions/{}/{what}", escaped(&id)), &body).await
    }
    .await;
    let idle = client.idle();
    client.close().await;
    let execution = answer?;
    if globals.json {
        output::json(&execution.0);
        return Ok(Exit::Done);
    }
    let execution: Execution = execution.read()?;
    output::line(&format!("{} is {}", execution.execution_id, execution.status));
    if let Some(idle) = idle.filter(|_| execution.completed_at.is_none() && what != "pause") {
        eprintln!("{idle}");
    }
    Ok(Exit::Done)
}
