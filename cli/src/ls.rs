//! `stepwell ls`: executions, newest first.

use super::{
    Globals, Outcome, colour,
    columns::{Cell, Column},
    page::{List, Paging},
    times,
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
    columns: [
        Column::whole("EXECUTION"),
        Column::cut("WORKFLOW"),
        Column::whole("STATUS"),
        Column::whole("PROGRESS"),
        Column::time("STARTED"),
        Column::text("MESSAGE"),
    ],
    row,
    hint: None,
};

/// Shows one page of the executions that the options let through.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let filter = vec![("status", args.status), ("workflow_id", args.workflow), ("parent", args.parent)];
    EXECUTIONS.show(globals, filter, args.paging).await
}

fn row(one: &Execution) -> [Cell; 6] {
    [
        one.execution_id.as_str().into(),
        one.workflow_id.as_str().into(),
        Cell::coloured(one.status, colour::of_status(one.status)),
        format!("{} %", one.progress).into(),
        times::relative(one.started_at.0, local::clock()).into(),
        one.message.as_str().into(),
    ]
}
