//! `stepwell rollback EXECUTION CHECKPOINT` and `stepwell backtrack EXECUTION NODE`.

use super::{
    Exit, Failure, Globals, Outcome,
    change::change_or,
    client::Client,
    columns::{Cell, Column},
    failure::Words,
    output, source,
};
use api::types::{
    BackAnswer, BacktrackBody, CheckpointId, RollbackBody, Undone, WentBack, WouldCompensate, WouldGoBack, WouldRunWith,
};
use serde::Serialize;
use serde_json::Value;
use stepwell_core::execution::Status;

/// The arguments of `stepwell rollback`.
#[derive(clap::Args)]
pub struct Rollback {
    /// The execution
    execution: String,
    /// The checkpoint to go back to, as `stepwell history` shows it
    checkpoint: String,
    /// How it goes back.
    #[command(flatten)]
    how: How,
}

/// The arguments of `stepwell backtrack`.
#[derive(clap::Args)]
pub struct Backtrack {
    /// The execution
    execution: String,
    /// The node to go back to: it runs again
    node: String,
    /// Give the node this in place of its input: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    input: Option<String>,
    /// How it goes back.
    #[command(flatten)]
    how: How,
}

/// The options that both have.
#[derive(clap::Args)]
struct How {
    /// Compensate nothing: what was done stays
    #[arg(long)]
    no_compensate: bool,
    /// Only tell what would be undone and run
    #[arg(long)]
    dry_run: bool,
    /// Record this reason in the history
    #[arg(long)]
    reason: Option<String>,
}

impl How {
    fn compensate(&self) -> Option<bool> {
        self.no_compensate.then_some(false)
    }

    fn dry_run(&self) -> Option<bool> {
        self.dry_run.then_some(true)
    }
}

/// Goes back to a checkpoint. Exit 1 where it is refused, or gets stuck.
pub async fn rollback(globals: &Globals, args: Rollback) -> Outcome {
    let body = RollbackBody {
        checkpoint_id: Some(CheckpointId(args.checkpoint.clone())),
        compensate: args.how.compensate(),
        dry_run: args.how.dry_run(),
        checkpoint: None,
        reason: args.how.reason,
    };
    let again = again(&args.checkpoint, None, &body.reason, body.compensate);
    go_back(globals, "rollback", &args.execution, &again, &body).await
}

/// Goes back to before a node. Exit 1 where it is refused, or gets stuck.
pub async fn backtrack(globals: &Globals, args: Backtrack) -> Outcome {
    let body = BacktrackBody {
        node: args.node.clone(),
        input: args.input.as_deref().map(|input| source::input(input, "--input")).transpose()?,
        compensate: args.how.compensate(),
        dry_run: args.how.dry_run(),
        checkpoint: None,
        reason: args.how.reason,
    };
    let again = again(&args.node, args.input.as_deref(), &body.reason, body.compensate);
    go_back(globals, "backtrack", &args.execution, &again, &body).await
}

/// The arguments of the same command behind the execution, without `--dry-run`.
fn again(to: &str, input: Option<&str>, reason: &Option<String>, compensate: Option<bool>) -> Vec<String> {
    let mut again = vec![to.to_owned()];
    for (option, value) in [("--input", input), ("--reason", reason.as_deref())] {
        again.extend(value.into_iter().flat_map(|value| [option.to_owned(), value.to_owned()]));
    }
    again.extend(compensate.is_some().then(|| "--no-compensate".to_owned()));
    again
}

/// Asks for what the last part of the API's path names, and tells the answer. `again` are the arguments that do it.
async fn go_back(globals: &Globals, what: &str, execution: &str, again: &[String], body: &impl Serialize) -> Outcome {
    let advise = async |_: &Client, id: &str, failure: Failure| advised(failure, globals, id);
    let changed = change_or(globals, execution, what, body, advise).await?;
    let read: BackAnswer = changed.reply.read()?;
    let is_printed = changed.is_printed(globals);
    match read {
        BackAnswer::Would(would) => {
            if !is_printed {
                plan(&would);
                let again: Vec<&str> = again.iter().map(String::as_str).collect();
                let command = [&[what, would.execution_id.as_str()][..], &again].concat();
                eprintln!("nothing was changed; to do it: {}", globals.pasted(&command));
            }
            Ok(Exit::Done)
        }
        BackAnswer::Went(went) => {
            if !is_printed {
                tell(&went, globals);
            }
            changed.tell_idle(!went.status.is_terminal() && went.status != Status::Stuck);
            Ok(if went.status == Status::Stuck { Exit::Failed } else { Exit::Done })
        }
    }
}

/// What the API calls the arguments.
const WORDS: [Words; 2] = [
    Words {
        path: "/checkpoint_id",
        flag: "CHECKPOINT",
        hint: Some("`stepwell history EXECUTION` shows the checkpoints"),
    },
    Words { path: "/node", flag: "NODE", hint: Some("`stepwell show EXECUTION` names the nodes of its workflow") },
];

/// Replaces the hint of a refusal by one in the words of the command line, where there is a better one.
fn advised(failure: Failure, globals: &Globals, id: &str) -> Failure {
    match failure.code.as_str() {
        "checkpoint_ahead" | "outside_lineage" | "not_visited" => {
            let hint = format!("`{}` shows what it can go back to", globals.pasted(&["history", id]));
            failure.with_hint(&hint).in_words(&WORDS)
        }
        _ => failure.in_words(&WORDS),
    }
}

/// Tells what would be undone, in order, and what then runs.
fn plan(would: &WouldGoBack) {
    output::line(&output::clean(&would.message));
    if !would.would_compensate.is_empty() {
        output::line("");
        let columns = [Column::whole("UNDOES"), Column::whole("VISIT"), Column::whole("BY"), Column::text("WITH")];
        output::table(columns, rows(&would.would_compensate, 0));
    }
    if !would.would_run.is_empty() {
        output::line("");
        let columns = [Column::whole("THEN RUNS"), Column::text("WITH")];
        output::table(columns, would.would_run_with.iter().map(then));
    }
}

/// A row for each thing that would be undone, those within a child below it and further in.
fn rows(all: &[WouldCompensate], depth: usize) -> Vec<[Cell; 4]> {
    let of = |one: &WouldCompensate| {
        let within = one.would_compensate.as_deref().unwrap_or_default();
        [vec![row(one, depth)], rows(within, depth + 1)].concat()
    };
    all.iter().flat_map(of).collect()
}

fn row(one: &WouldCompensate, depth: usize) -> [Cell; 4] {
    let (by, with) = match (&one.child, &one.would_compensate) {
        (Some(child), Some(within)) if within.is_empty() => ("the child itself", format!("{child}: nothing in it")),
        (Some(child), Some(_)) => ("the child itself", child.clone()),
        (Some(child), None) => ("the child itself", format!("{child} (not looked into)")),
        (None, _) => (one.r#type.as_deref().unwrap_or_default(), with(one.config.as_ref(), one.error.as_deref())),
    };
    let with = if one.outcome_unknown { format!("{with} (nobody knows whether it was done)") } else { with };
    let node = format!("{}{}", "  ".repeat(depth), one.node);
    [node.into(), one.visit.to_string().into(), by.into(), with.trim_start().to_owned().into()]
}

/// A row for a node that would run then.
fn then(one: &WouldRunWith) -> [Cell; 2] {
    [one.node.clone().into(), with(one.config.as_ref(), one.error.as_deref()).into()]
}

/// What a node runs with, or is undone with, in a line: a request by its first line and its body, anything else as it is.
fn with(config: Option<&Value>, error: Option<&str>) -> String {
    if let Some(error) = error {
        return format!("cannot be rendered now: {error}");
    }
    let Some(config) = config else { return String::new() };
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    match (text("method"), text("url"), text("code")) {
        (Some(method), Some(url), _) => {
            let body = config.get("body").map(|body| format!(" {}", output::text(body))).unwrap_or_default();
            format!("{method} {url}{body}")
        }
        (_, _, Some(code)) => code.to_owned(),
        _ => output::text(config),
    }
}

/// Tells what came of it.
fn tell(went: &WentBack, globals: &Globals) {
    output::line(&output::clean(&format!("{} is {}. {}", went.execution_id, went.status, went.message)));
    if !went.compensated.is_empty() {
        output::line("");
        let how = |one: &Undone| match (&one.child, one.skipped) {
            (_, true) => "left as it is".to_owned(),
            (Some(child), false) => format!("child {child}"),
            (None, false) => "compensated".to_owned(),
        };
        let rows = went.compensated.iter().map(|one| [one.node.clone(), one.visit.to_string(), how(one)]);
        output::table([Column::whole("UNDONE"), Column::whole("VISIT"), Column::whole("HOW")], rows);
    }
    if went.status == Status::Stuck {
        eprintln!("the way out: {}", globals.pasted(&["unstick", &went.execution_id, "retry"]));
    }
}
