//! `stepwell workflows`: the saved workflows.

use super::{
    Globals, Outcome, output,
    page::{List, Paging},
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
    headings: ["WORKFLOW", "VERSION", "SAVED", "NAME", "DESCRIPTION"],
    row,
    hint: Some("start one with: stepwell start WORKFLOW --input JSON"),
};

/// Shows one page of the latest versions, by id.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    WORKFLOWS.show(globals, Vec::new(), args.paging).await
}

fn row(one: &WorkflowRow) -> [String; 5] {
    let about = output::short(one.description.as_deref().unwrap_or_default(), 60);
    [one.id.clone(), one.version.to_string(), one.saved_at.to_string(), one.name.clone(), about]
}
