//! `stepwell show EXECUTION`: status, nodes, error, open questions.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    output,
    pick::pick,
};
use api::types::{Execution, Node, Nodes};

/// The arguments of `stepwell show`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
}

/// Shows an execution: for people with its nodes, with `--json` exactly what `GET /v1/executions/{id}` answers.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let answers = async {
        let path = format!("/v1/executions/{}", escaped(&pick(&client, &args.execution).await?));
        let execution = client.get(&path).await?;
        // With `--json` the one answer is shown as it is, so the nodes are not asked for.
        let nodes = if globals.json { None } else { Some(client.get(&format!("{path}/nodes")).await?) };
        Ok::<_, super::Failure>((execution, nodes))
    }
    .await;
    client.close().await;
    let (execution, nodes) = answers?;
    let Some(nodes) = nodes else {
        output::json(&execution.0);
        return Ok(Exit::Done);
    };
    let (execution, nodes): (Execution, Nodes) = (execution.read()?, nodes.read()?);
    head(&execution);
    output::line("");
    output::table(["NODE", "STATUS", "VISITS", "ATTEMPTS", "TOOK", "ERROR"], nodes.items.iter().map(row));
    for question in &execution.pending_interactions {
        let (node, asks) = (output::clean(&question.node), output::clean(&question.question));
        output::line(&format!("\n? {node} asks: {asks}"));
        let id = output::clean(&question.interaction_id);
        output::line(&format!("  answer with: stepwell answer {id}{} …", globals.data_flag()));
    }
    Ok(Exit::Done)
}

fn head(execution: &Execution) {
    let version = execution.workflow_version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let line = |name: &str, text: &str| output::line(&format!("{name:<11}{}", output::clean(text)));
    line("execution", &execution.execution_id);
    line("workflow", &format!("{}{version}", execution.workflow_id));
    line("status", &format!("{}, {} %", execution.status, execution.progress));
    line("started", &format!("{} by {}", execution.started_at, output::maybe(&execution.started_by)));
    if let Some(end) = execution.completed_at {
        line("ended", &end.to_string());
    }
    line("message", &execution.message);
    if let Some(list) = &execution.http_allow {
        line("reaches", &format!("{list} (--http-allow)"));
    }
    for (name, value) in [("input", &execution.input), ("output", &execution.output)] {
        if !value.is_null() {
            line(name, &output::short(&output::text(value), 200));
        }
    }
}

fn row(node: &Node) -> [String; 6] {
    let error = node.error.as_ref().map(|error| output::short(&format!("{}: {}", error.code, error.message), 80));
    let took = node.duration_ms.map(output::took).unwrap_or_default();
    let (visits, attempts) = (node.visits.to_string(), node.attempts.to_string());
    [node.node.clone(), node.status.to_string(), visits, attempts, took, error.unwrap_or_default()]
}
