//! `stepwell ls`: executions, newest first.

use super::{
    Exit, Globals, Outcome,
    client::{Client, query},
    output,
};
use serde_json::Value;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// Only in these statuses, with commas between them
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only of this workflow
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Only children of this execution
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// How many at most, 1 to 200
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// Where to go on, as `next_cursor` of the page before
    #[arg(long)]
    cursor: Option<String>,
}

/// One page.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let path = query(&[
        ("status", args.status),
        ("workflow_id", args.workflow),
        ("parent", args.parent),
        ("limit", Some(args.limit.to_string())),
        ("cursor", args.cursor),
    ]);
    let page = client.get(&format!("/v1/executions{path}")).await;
    client.close().await;
    let page = page?;
    if globals.json {
        output::json(&page);
        return Ok(Exit::Done);
    }
    let items = page["items"].as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        eprintln!("there are no such executions");
        return Ok(Exit::Done);
    }
    output::table(["EXECUTION", "WORKFLOW", "STATUS", "PROGRESS", "STARTED", "MESSAGE"], items.iter().map(row));
    if let Some(cursor) = page["next_cursor"].as_str() {
        eprintln!("{}", output::dim(&format!("there are more: --cursor {cursor}")));
    }
    Ok(Exit::Done)
}

fn row(one: &Value) -> [String; 6] {
    let text = |pointer| output::text(one, pointer);
    [
        text("/execution_id"),
        text("/workflow_id"),
        text("/status"),
        format!("{} %", text("/progress")),
        text("/started_at"),
        output::short(&text("/message"), 60),
    ]
}
