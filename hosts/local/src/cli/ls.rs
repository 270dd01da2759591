//! `stepwell ls`: executions, newest first.

use super::{
    Globals, Outcome, output,
    page::{List, Paging},
};
use api::types::Execution;

/// The arguments of `stepwell ls`.
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

const EXECUTIONS: List<Execution, 6> = List {
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

fn row(one: &Execution) -> [String; 6] {
    [
        one.execution_id.clone(),
        one.workflow_id.clone(),
        one.status.to_string(),
        format!("{} %", one.progress),
        one.started_at.to_string(),
        output::short(&one.message, 60),
    ]
}
