//! `stepwell diff EXECUTION A B`: what changed between two checkpoints.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    columns::Column,
    output,
    pick::pick,
};
use api::types::{Checkpoint, Node};
use serde::Serialize;
use serde_json::{Value, json};

/// The arguments of `stepwell diff`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The one checkpoint, as `stepwell history` shows it
    from: String,
    /// The other checkpoint
    to: String,
}

/// One thing that is not the same at both checkpoints.
#[derive(Debug, PartialEq, Serialize)]
struct Change {
    /// The node; null for the execution itself.
    node: Option<String>,
    /// What of it.
    what: &'static str,
    /// What it was at the one checkpoint.
    from: Value,
    /// What it is at the other.
    to: Value,
}

/// Shows what changed. Exit 0 where nothing did, too.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let answers = async {
        let path = format!("/v1/executions/{}", escaped(&pick(&client, &args.execution).await?));
        let one = client.get(&format!("{path}/checkpoints/{}", escaped(&args.from))).await?;
        let other = client.get(&format!("{path}/checkpoints/{}", escaped(&args.to))).await?;
        Ok::<_, Failure>((one.read::<Checkpoint>()?, other.read::<Checkpoint>()?))
    }
    .await;
    client.close().await;
    let (from, to) = answers?;
    let changes = changes(&from, &to);
    if globals.json {
        let id = &to.state.execution_id;
        output::json(&json!({"execution_id": id, "from": from.checkpoint, "to": to.checkpoint, "changes": changes}));
        return Ok(Exit::Done);
    }
    if changes.is_empty() {
        output::line(&format!("checkpoints {} and {} are the same", from.checkpoint, to.checkpoint));
        return Ok(Exit::Done);
    }
    let columns = [Column::whole("NODE"), Column::whole("WHAT"), Column::text("FROM"), Column::text("TO")];
    let text = |value: &Value| if value.is_null() { "-".to_owned() } else { output::clean(&shown(value)) };
    let row = |change: &Change| {
        let node = change.node.clone().unwrap_or_else(|| "(execution)".into());
        [node, change.what.to_owned(), text(&change.from), text(&change.to)]
    };
    output::table(columns, changes.iter().map(row));
    Ok(Exit::Done)
}

/// A value as a person reads it: text without quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is not the same, the execution first, then its nodes as the document has them.
fn changes(from: &Checkpoint, to: &Checkpoint) -> Vec<Change> {
    let of_execution = |at: &Checkpoint| {
        let state = &at.state;
        [
            ("status", json!(state.status)),
            ("output", json!(state.output)),
            ("error", json!(state.error)),
            ("loop_counters", json!(state.loop_counters)),
        ]
    };
    let mut all = Vec::new();
    differences(&mut all, None, of_execution(from), of_execution(to));
    for now in &to.nodes {
        let then = from.nodes.iter().find(|node| node.node == now.node);
        differences(&mut all, Some(&now.node), parts(then), parts(Some(now)));
    }
    for gone in from.nodes.iter().filter(|node| to.nodes.iter().all(|other| other.node != node.node)) {
        differences(&mut all, Some(&gone.node), parts(Some(gone)), parts(None));
    }
    all
}

/// The parts of a node that are compared.
fn parts(node: Option<&Node>) -> [(&'static str, Value); 6] {
    let of = |part: fn(&Node) -> Value| node.map_or(Value::Null, part);
    [
        ("status", of(|node| json!(node.status))),
        ("visits", of(|node| json!(node.visits))),
        ("attempts", of(|node| json!(node.attempts))),
        ("port", of(|node| json!(node.port))),
        ("output", of(|node| node.output.clone())),
        ("error", of(|node| json!(node.error))),
    ]
}

fn differences<const N: usize>(
    all: &mut Vec<Change>,
    node: Option<&str>,
    from: [(&'static str, Value); N],
    to: [(&'static str, Value); N],
) {
    for ((what, from), (_, to)) in from.into_iter().zip(to) {
        if from != to {
            all.push(Change { node: node.map(str::to_owned), what, from, to });
        }
    }
}
