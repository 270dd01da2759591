//! `stepwell ls`: executions, newest first.

use super::{
    Globals, Outcome, output,
    page::{List, Paging},
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
    #[command(flatten)]
    paging: Paging,
}

const EXECUTIONS: List<6> = List {
    path: "/v1/executions",
    empty: "there are no such executions",
    headings: ["EXECUTION", "WORKFLOW", "STATUS", "PROGRESS", "STARTED", "MESSAGE"],
    row,
    hint: None,
};

/// Shows one page of the executions that the options let through.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let filter = vec![("status", args.status), ("workflow_id", args.workflow), ("parent", args.parent)];
    EXECUTIONS.show(globals, filter, args.paging).await
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
