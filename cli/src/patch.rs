//! `stepwell patch EXECUTION`.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply, escaped},
    failure::Words,
    output,
    pick::pick,
    source::{self, Source, Unread},
};
use api::types::{ExecutionWorkflow, PatchBody, Patched};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The arguments of `stepwell patch`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The changes: a JSON Patch (RFC 6902), as JSON, @FILE or - for stdin
    #[arg(required_unless_present_any = ["workflow", "show"], conflicts_with_all = ["workflow", "show"])]
    operations: Option<String>,
    /// Go on by this workflow file instead of changes to the present one
    #[arg(long, value_name = "FILE", conflicts_with = "show")]
    workflow: Option<PathBuf>,
    /// Print the workflow that the execution runs by, and change nothing
    #[arg(long)]
    show: bool,
    /// Only tell whether it is possible
    #[arg(long, conflicts_with = "show")]
    dry_run: bool,
    /// Record this reason in the history
    #[arg(long, conflicts_with = "show")]
    reason: Option<String>,
}

/// What the API calls operations, and people a patch.
pub const WORDS: [Words; 2] = [
    Words {
        path: "/operations",
        flag: "PATCH",
        hint: Some("`stepwell patch EXECUTION --show` prints the workflow that is patched; nothing was changed"),
    },
    Words {
        path: "/patch",
        flag: "--patch",
        hint: Some("`stepwell patch EXECUTION --show` prints the present workflow; nothing was started"),
    },
];

/// Patches the execution. Exit 1 where its past is not one of the patched workflow.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let operations = match (&args.operations, &args.workflow) {
        (Some(operations), _) => source::input(operations, "PATCH")?,
        (None, Some(file)) => json!([{"op": "replace", "path": "", "value": document(file)?}]),
        (None, None) => Value::Null,
    };
    let body = PatchBody { operations, description: args.reason, dry_run: args.dry_run.then_some(true) };
    let client = Client::open(globals).await?;
    let answer = async {
        let id = pick(&client, &args.execution).await?;
        let base = format!("/v1/executions/{}", escaped(&id));
        if args.show {
            client.get(&format!("{base}/workflow")).await
        } else {
            client.post(&format!("{base}/patch"), &body).await
        }
    }
    .await;
    let idle = client.idle();
    client.close().await;
    let answer: Reply = answer.map_err(|failure: Failure| failure.in_words(&WORDS))?;
    if args.show {
        let shown: ExecutionWorkflow = answer.read()?;
        output::json(if globals.json { &answer.0 } else { &shown.workflow });
        return Ok(Exit::Done);
    }
    if globals.json {
        output::json(&answer.0);
        return Ok(Exit::Done);
    }
    let patched: Patched = answer.read()?;
    for warning in &patched.warnings {
        eprintln!("{} {}", output::yellow("warning:"), output::clean(&warning.message));
    }
    if args.dry_run {
        output::line(&format!("{} could go on by it, as of checkpoint {}", patched.execution_id, patched.checkpoint));
        eprintln!("nothing was changed; leave out --dry-run to do it");
    } else {
        output::line(&format!("{} goes on by it since checkpoint {}", patched.execution_id, patched.checkpoint));
        if let Some(idle) = idle {
            eprintln!("{idle}");
        }
    }
    Ok(Exit::Done)
}

/// The document of a workflow file.
fn document(file: &Path) -> Result<Value, Failure> {
    match Source::read(file) {
        Ok(source) => Ok(source.document),
        Err(Unread::File(failure)) => Err(failure),
        Err(Unread::Malformed(_, malformed)) => {
            let message = format!("{} is no workflow: {}", file.display(), malformed.message);
            Err(Failure::usage(message, "`stepwell validate` shows the place"))
        }
    }
}
