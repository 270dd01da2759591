//! `stepwell fork EXECUTION CHECKPOINT`.

use super::{Exit, Failure, Globals, Outcome, change::change_or, client::Client, output, patch::WORDS, source};
use api::types::{Accepted, CheckpointId, ForkBody, WouldFork};

/// The arguments of `stepwell fork`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The checkpoint at which the new one begins, as `stepwell history` shows it
    checkpoint: String,
    /// Give the new one this input: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    input: Option<String>,
    /// Change its workflow so: a JSON Patch (RFC 6902), as JSON, @FILE or - for stdin
    #[arg(long, value_name = "PATCH")]
    patch: Option<String>,
    /// Only tell what the new one would come to by what this one recorded since
    #[arg(long)]
    dry_run: bool,
}

/// Starts the new execution, and prints its id.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let input = args.input.as_deref().map(|input| source::input(input, "--input")).transpose()?;
    let patch = args.patch.as_deref().map(|patch| source::input(patch, "--patch")).transpose()?;
    let checkpoint_id = CheckpointId(args.checkpoint);
    let body = ForkBody { checkpoint_id, input, patch, dry_run: args.dry_run.then_some(true) };
    let advise = async |_: &Client, id: &str, failure: Failure| advised(failure, globals, id);
    let changed = change_or(globals, &args.execution, "fork", &body, advise).await?;
    if changed.is_printed(globals) {
        return Ok(Exit::Done);
    }
    if args.dry_run {
        show(&changed.reply.read()?);
        return Ok(Exit::Done);
    }
    let forked: Accepted = changed.reply.read()?;
    output::line(&forked.execution_id);
    changed.tell_idle(true);
    Ok(Exit::Done)
}

/// A refusal in the words of the command line.
fn advised(failure: Failure, globals: &Globals, id: &str) -> Failure {
    match failure.code.as_str() {
        "checkpoint_ahead" | "outside_lineage" => {
            let hint = format!("`{}` shows its checkpoints", globals.pasted(&["history", id]));
            failure.with_hint(&hint)
        }
        _ => failure.in_words(&WORDS),
    }
}

fn show(would: &WouldFork) {
    for one in &would.would_run {
        output::line(&output::clean(&format!("{} → {}", one.node, one.port.as_deref().unwrap_or("fails"))));
    }
    for one in &would.needs_recordings {
        output::line(&output::clean(&format!("{} → not recorded", one.node)));
    }
    let end = would.status.map_or_else(|| "cannot be told".to_owned(), |status| status.to_string());
    eprintln!("the fork's end: {end}; nothing was done");
}
