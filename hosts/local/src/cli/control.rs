//! `stepwell pause | resume | cancel EXECUTION`.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    output,
};
use serde_json::json;

/// What they take.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
}

/// Asks for the change that `what` names, which is the last part of the API's path. To ask twice is no error.
pub async fn run(globals: &Globals, what: &str, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let body = args.reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
    let path = format!("/v1/executions/{}/{what}", escaped(&args.execution));
    let answer = client.post(&path, &body).await;
    let idle = client.is_folder();
    client.close().await;
    let execution = answer?;
    if globals.json {
        output::json(&execution);
        return Ok(Exit::Done);
    }
    output::line(&format!("{} is {}", args.execution, output::text(&execution, "/status")));
    if idle && execution["completed_at"].is_null() && what != "pause" {
        eprintln!("nothing runs in this data folder now: `stepwell dev` or `stepwell run FILE --resume` goes on");
    }
    Ok(Exit::Done)
}
