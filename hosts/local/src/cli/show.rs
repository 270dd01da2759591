//! `stepwell show EXECUTION`: status, nodes, error, open questions.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    output,
};
use serde_json::Value;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
}

/// Shows an execution: for people with its nodes, with `--json` exactly what `GET /v1/executions/{id}` answers.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let path = format!("/v1/executions/{}", escaped(&args.execution));
    let answers = async {
        let execution = client.get(&path).await?;
        // With `--json` the one answer is shown as it is, so the nodes are not asked for.
        let nodes = if globals.json { Value::Null } else { client.get(&format!("{path}/nodes")).await? };
        Ok::<_, super::Failure>((execution, nodes))
    }
    .await;
    client.close().await;
    let (execution, nodes) = answers?;
    if globals.json {
        output::json(&execution);
        return Ok(Exit::Done);
    }
    head(&execution);
    let items = nodes["items"].as_array().cloned().unwrap_or_default();
    output::line("");
    output::table(["NODE", "STATUS", "VISITS", "ATTEMPTS", "TOOK", "ERROR"], items.iter().map(row));
    for question in execution["pending_interactions"].as_array().into_iter().flatten() {
        let text = |pointer| output::clean(&output::text(question, pointer));
        output::line(&format!("\n? {} asks: {}", text("/node"), text("/question")));
        output::line(&format!("  answer with: stepwell answer {}{} …", text("/interaction_id"), globals.data_flag()));
    }
    Ok(Exit::Done)
}

fn head(execution: &Value) {
    let text = |pointer| output::clean(&output::text(execution, pointer));
    let version = match text("/workflow_version").as_str() {
        "" => String::new(),
        version => format!(" (version {version})"),
    };
    output::line(&format!("execution  {}", text("/execution_id")));
    output::line(&format!("workflow   {}{version}", text("/workflow_id")));
    output::line(&format!("status     {}, {} %", text("/status"), text("/progress")));
    output::line(&format!("started    {} by {}", text("/started_at"), text("/started_by")));
    if !text("/completed_at").is_empty() {
        output::line(&format!("ended      {}", text("/completed_at")));
    }
    output::line(&format!("message    {}", text("/message")));
    for (name, pointer) in [("input", "/input"), ("output", "/output")] {
        if !execution[name].is_null() {
            output::line(&format!("{name:<11}{}", output::short(&text(pointer), 200)));
        }
    }
}

fn row(node: &Value) -> [String; 6] {
    let text = |pointer| output::text(node, pointer);
    let error = match text("/error/code").as_str() {
        "" => String::new(),
        code => output::short(&format!("{code}: {}", text("/error/message")), 80),
    };
    let took = node["duration_ms"].as_u64().map(output::took).unwrap_or_default();
    [text("/node"), text("/status"), text("/visits"), text("/attempts"), took, error]
}
