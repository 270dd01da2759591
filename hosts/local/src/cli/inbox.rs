//! `stepwell inbox`: questions that wait, soonest deadline first.

use super::{
    Exit, Globals, Outcome,
    client::{Client, query},
    output,
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
    /// How many at most, 1 to 200
    #[arg(long, default_value_t = 50)]
    limit: u16,
}

/// One page.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let path = query(&[
        ("status", Some("pending".into())),
        ("assignee", args.assignee),
        ("execution_id", args.execution),
        ("limit", Some(args.limit.to_string())),
    ]);
    let page = client.get(&format!("/v1/interactions{path}")).await;
    client.close().await;
    let page = page?;
    if globals.json {
        output::json(&page);
        return Ok(Exit::Done);
    }
    let items = page["items"].as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        eprintln!("nothing waits for an answer");
        return Ok(Exit::Done);
    }
    output::table(["INTERACTION", "KIND", "DEADLINE", "ASKED", "QUESTION"], items.iter().map(row));
    eprintln!("{}", output::dim("answer with: stepwell answer INTERACTION --approve (or --reject, --option, …)"));
    Ok(Exit::Done)
}

fn row(one: &Value) -> [String; 5] {
    let text = |pointer| output::text(one, pointer);
    let people = one["assignees"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let people = if people.is_empty() { "anyone".to_owned() } else { people.join(", ") };
    [text("/interaction_id"), text("/kind"), text("/deadline"), people, output::short(&text("/question"), 60)]
}
