//! `stepwell workflows`: the saved workflows.

use super::{
    Globals, Outcome,
    columns::{Cell, Column},
    page::{List, Paging},
    times,
};
use api::types::WorkflowRow;

/// The arguments of `stepwell workflows`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    paging: Paging,
}

const WORKFLOWS: List<WorkflowRow, 5> = List {
    path: "/v1/workflows",
    empty: "no workflow is saved; `stepwell save FILE` saves one",
    columns: [
        Column::whole("WORKFLOW"),
        Column::whole("VERSION"),
        Column::time("SAVED"),
        Column::cut("NAME"),
        Column::text("DESCRIPTION"),
    ],
    row,
    hint: Some("start one with: stepwell start WORKFLOW --input JSON"),
};

/// Shows one page of the latest versions, by id.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    WORKFLOWS.show(globals, Vec::new(), args.paging).await
}

fn row(one: &WorkflowRow) -> [Cell; 5] {
    [
        one.id.as_str().into(),
        one.version.to_string().into(),
        times::relative(one.saved_at.0, local::clock()).into(),
        one.name.as_str().into(),
        one.description.as_deref().unwrap_or_default().into(),
    ]
}
