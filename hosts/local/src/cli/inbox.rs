//! `stepwell inbox`: questions that wait, soonest deadline first.

use super::{
    Globals, Outcome, output,
    page::{List, Paging},
};
use serde_json::Value;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// Only those that this person may answer; `me` for yourself
    #[arg(long, value_name = "EMAIL")]
    assignee: Option<String>,
    /// Only of this execution
    #[arg(long, value_name = "ID")]
    execution: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

const QUESTIONS: List<5> = List {
    path: "/v1/interactions",
    empty: "nothing waits for an answer",
    headings: ["INTERACTION", "KIND", "DEADLINE", "ASKED", "QUESTION"],
    row,
    hint: Some("answer with: stepwell answer INTERACTION --approve (or --reject, --option, …)"),
};

/// Shows one page of the open questions that the options let through.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let filter =
        vec![("status", Some("pending".into())), ("assignee", args.assignee), ("execution_id", args.execution)];
    QUESTIONS.show(globals, filter, args.paging).await
}

fn row(one: &Value) -> [String; 5] {
    let text = |pointer| output::text(one, pointer);
    let people = one["assignees"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let people = if people.is_empty() { "anyone".to_owned() } else { people.join(", ") };
    [text("/interaction_id"), text("/kind"), text("/deadline"), people, output::short(&text("/question"), 60)]
}
