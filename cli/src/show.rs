//! `stepwell show EXECUTION`: status, nodes, error, warnings, open questions.

use super::{
    Exit, Globals, Outcome, agents,
    client::{Client, escaped},
    colour,
    columns::{Cell, Column, cut},
    commands, limits, output,
    pick::pick,
    times, warnings,
};
use api::types::{ChildCounts, Execution, Interaction, Node, Nodes, Timestamp, lost};
use serde_json::Value;

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
    let served = client.idle().is_none();
    client.close().await;
    let (execution, nodes) = answers?;
    let Some(nodes) = nodes else {
        output::json(&execution.0);
        return Ok(Exit::Done);
    };
    let (execution, nodes): (Execution, Nodes) = (execution.read()?, nodes.read()?);
    head(&execution);
    output::line("");
    let columns = [
        Column::whole("NODE"),
        Column::whole("STATUS"),
        Column::whole("VISITS"),
        Column::whole("ATTEMPTS"),
        Column::time("TOOK"),
        Column::text("OUTPUT"),
    ];
    output::table(columns, nodes.items.iter().map(|node| row(node, &execution)));
    nodes.items.iter().for_each(agents::tell);
    errors(&nodes.items);
    if !execution.warnings.is_empty() {
        output::line(&format!("\n{}:", output::counted(execution.warnings.len(), "warning")));
        warnings::lines(&execution.warnings).iter().for_each(|line| output::line(line));
    }
    if !execution.output.is_null() {
        output::line(&format!("\noutput\n{}", whole(&execution.output)));
    }
    execution.pending_interactions.iter().for_each(|question| asked(question, globals, served));
    for line in output::with_lines("go on with:", &commands::ways_on(&execution, globals)) {
        output::line(&line);
    }
    Ok(Exit::Done)
}

/// What the execution is, in a line for each of its facts.
fn head(execution: &Execution) {
    let version = execution.workflow_version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let line = |name: &str, text: &str| output::line(&format!("{name:<NAMES$}{text}"));
    line("execution", &output::clean(&execution.execution_id));
    line("workflow", &output::clean(&format!("{}{version}", execution.workflow_id)));
    let status = colour::of_status(execution.status).paint(execution.status.as_str(), colour::on_stdout());
    line("status", &format!("{status}, {} %", execution.progress));
    let by = execution.started_by.as_ref().map(|by| format!(" by {}", output::clean(by))).unwrap_or_default();
    line("started", &format!("{}{by}", moment(execution.started_at)));
    if let Some(end) = execution.completed_at {
        line("ended", &moment(end));
    }
    line("message", &output::quoted_lines(&execution.message));
    if let Some(list) = &execution.http_allow {
        line("reaches", &format!("{} (--http-allow)", output::clean(&list.to_string())));
    }
    if !execution.input.is_null() {
        let width = output::width().map_or(limits::LINE, |width| width.saturating_sub(NAMES));
        line("input", &cut(&output::clean(&output::text(&execution.input)).replace('\n', " "), width));
    }
}

/// Columns of the names of an execution's facts.
const NAMES: usize = 11;

/// A time as people count, and exactly.
fn moment(at: Timestamp) -> String {
    format!("{} ({at})", times::relative(at.0, local::clock()))
}

fn row(node: &Node, execution: &Execution) -> [Cell; 6] {
    let took = node.duration_ms.map(output::took).unwrap_or_default();
    [
        node.node.as_str().into(),
        Cell::coloured(node.status, colour::of_node(node.status)),
        node.visits.to_string().into(),
        node.attempts.to_string().into(),
        took.into(),
        cut(&gave(node, execution), limits::LINE).into(),
    ]
}

/// What a node gave so far: how far its children or its iterations are, and its output; of a node that only agents use,
/// what it is to them.
fn gave(node: &Node, execution: &Execution) -> String {
    // The counters name a loop by the loops around it and itself.
    let begun = |(path, begun): (&String, &Value)| {
        (path.rsplit('/').next() == Some(&node.node)).then(|| format!("iteration {begun}"))
    };
    let far = node.children.as_ref().map(counted).or_else(|| execution.loop_counters.iter().find_map(begun));
    let output = match lost(&node.output) {
        Some(_) => Some("(lost)".to_owned()),
        None => Some(output::text(&node.output)).filter(|output| !output.is_empty()),
    };
    let lent = node.lent_to.iter().map(agents::lent);
    far.into_iter().chain(lent).chain(output).collect::<Vec<_>>().join("; ")
}

/// Counts of children, such as `412 of 1000 children, 3 failed (5 tolerated)`.
fn counted(children: &ChildCounts) -> String {
    let ChildCounts { count, completed, failed, tolerated } = children;
    output::children(u64::from(*count), u64::from(completed + failed), u64::from(*failed), *tolerated)
}

/// Tells why nodes failed, in full, and whose output is lost.
fn errors(nodes: &[Node]) {
    let failed = nodes.iter().filter_map(|node| {
        let error = node.error.as_ref()?;
        let attempt = error.attempt.map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
        Some(format!("{}: {} ({}{attempt})", node.node, error.message, error.code))
    });
    let gone =
        nodes.iter().filter_map(|node| Some(format!("{}: its output is lost: {}", node.node, lost(&node.output)?)));
    for (number, text) in failed.chain(gone).enumerate() {
        let before = if number == 0 { "\n" } else { "" };
        let mark = colour::Colour::Red.paint("✗", colour::on_stdout());
        output::line(&format!("{before}{mark} {}", output::quoted_lines(&text)));
    }
}

/// A value in full, unless it is too large to be looked at.
fn whole(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned);
    let text = output::clean(&text);
    if text.len() <= limits::SHOWN_BYTES {
        return text;
    }
    let end = (0..=limits::SHOWN_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…\n{} bytes; --json has them all", &text[..end], text.len())
}

/// Tells a question, and the commands that answer it.
fn asked(question: &Interaction, globals: &Globals, served: bool) {
    let (node, asks) = (output::clean(&question.node), output::quoted_lines(&question.question));
    let people = question.assignees.iter().map(|person| format!(" {}", output::clean(person))).collect::<Vec<_>>();
    let mark = colour::Colour::Yellow.paint("?", colour::on_stdout());
    output::line(&format!("\n{mark} {node} asks{}: {asks}", people.join(",")));
    if let Some(deadline) = question.deadline {
        output::line(&format!("  until {deadline}, {}", times::relative(deadline.0, local::clock())));
    }
    for line in commands::ways(question, globals, served) {
        output::line(&line);
    }
}
