//! `stepwell inbox`: questions that wait, soonest deadline first.

use super::{
    Globals, Outcome,
    columns::{Cell, Column},
    page::{List, Paging},
    times,
};
use api::types::Interaction;
use stepwell_core::interaction::InteractionStatus;

/// The arguments of `stepwell inbox`.
#[derive(clap::Args)]
pub struct Args {
    /// Only those that this person may answer; `me` for yourself
    #[arg(long, value_name = "EMAIL")]
    assignee: Option<String>,
    /// Only of this execution
    #[arg(long, value_name = "ID")]
    execution: Option<String>,
    /// Only of executions of this workflow
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Only of this kind: approval, input, decision, review, ask or authorization
    #[arg(long)]
    kind: Option<String>,
    /// Only those in whose question, node and workflow id all of these words stand
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

const QUESTIONS: List<Interaction, 5> = List {
    path: "/v1/interactions",
    empty: "nothing waits for an answer",
    columns: [
        Column::whole("INTERACTION"),
        Column::whole("KIND"),
        Column::time("DEADLINE"),
        Column::text("QUESTION"),
        Column::cut("ASKED"),
    ],
    row,
    hint: Some("answer with: stepwell answer INTERACTION --approve (or --reject, --option, …)"),
};

/// Shows one page of the open questions that the options let through.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let filter = vec![
        ("status", Some(InteractionStatus::Pending.to_string())),
        ("assignee", args.assignee),
        ("execution_id", args.execution),
        ("workflow_id", args.workflow),
        ("kind", args.kind),
        ("q", args.search),
    ];
    QUESTIONS.show(globals, filter, args.paging).await
}

fn row(one: &Interaction) -> [Cell; 5] {
    let people = if one.assignees.is_empty() { "anyone".to_owned() } else { one.assignees.join(", ") };
    let deadline = one.deadline.map(|at| times::relative(at.0, local::clock())).unwrap_or_default();
    [
        one.interaction_id.as_str().into(),
        one.kind.as_str().into(),
        deadline.into(),
        one.question.as_str().into(),
        people.into(),
    ]
}
