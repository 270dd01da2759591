//! `stepwell history EXECUTION`: what happened, turn by turn.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped, query},
    output,
};
use serde_json::Value;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// How many turns at most, 1 to 200
    #[arg(long, default_value_t = 200)]
    limit: u16,
    /// Where to go on, as `next_cursor` of the page before
    #[arg(long)]
    cursor: Option<String>,
}

/// Shows a page of an execution's turns, the oldest first.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let window = query(&[("limit", Some(args.limit.to_string())), ("cursor", args.cursor)]);
    let page = client.get(&format!("/v1/executions/{}/history{window}", escaped(&args.execution))).await;
    client.close().await;
    let page = page?;
    if globals.json {
        output::json(&page);
        return Ok(Exit::Done);
    }
    let turns = page["history"].as_array().cloned().unwrap_or_default();
    output::table(["CHECKPOINT", "WHEN", "WHAT"], turns.iter().map(row));
    if let Some(cursor) = page["next_cursor"].as_str() {
        eprintln!("{}", output::dim(&format!("{} turns in all; go on with --cursor {cursor}", page["total"])));
    }
    Ok(Exit::Done)
}

fn row(turn: &Value) -> [String; 3] {
    [
        output::text(turn, "/checkpoint"),
        output::text(turn, "/timestamp"),
        output::short(&output::text(turn, "/state_summary"), 120),
    ]
}
