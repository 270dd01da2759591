//! `stepwell unstick EXECUTION ACTION`.

use super::{Exit, Failure, Globals, Outcome, change::change_or, client::Client, failure::Words, output, source};
use api::types::{Execution, UnstickBody};
use stepwell_core::event::Unstick;

/// The arguments of `stepwell unstick`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The way out
    #[arg(value_enum)]
    action: Way,
    /// The node that is meant, where there are several
    #[arg(long)]
    node: Option<String>,
    /// Go on with this as the node's output: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    output: Option<String>,
    /// Record this reason in the history
    #[arg(long)]
    reason: Option<String>,
}

/// The ways out.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Way {
    /// Try it again
    Retry,
    /// Leave it as it is, and go on
    Skip,
    /// Go on, since somebody has done it by hand
    #[value(alias = "mark_done")]
    MarkDone,
    /// Send the messages again that could not be processed
    Redrive,
}

/// What the API calls the options.
const WORDS: [Words; 2] = [
    Words { path: "/output", flag: "--output", hint: Some("leave it out") },
    Words { path: "/node", flag: "--node", hint: None },
];

/// Takes the way out. Exit 1 where it is refused.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let action = match args.action {
        Way::Retry => Unstick::Retry,
        Way::Skip => Unstick::Skip,
        Way::MarkDone => Unstick::MarkDone,
        Way::Redrive => Unstick::Redrive,
    };
    let output = args.output.as_deref().map(|output| source::input(output, "--output")).transpose()?;
    let body = UnstickBody { action, node: args.node, output, reason: args.reason };
    let advise = async |_: &Client, _: &str, failure: Failure| failure.in_words(&WORDS);
    let changed = change_or(globals, &args.execution, "unstick", &body, advise).await?;
    if changed.is_printed(globals) {
        return Ok(Exit::Done);
    }
    let execution: Execution = changed.reply.read()?;
    output::line(&format!("{} is {}", execution.execution_id, execution.status));
    changed.tell_idle(execution.completed_at.is_none());
    Ok(Exit::Done)
}
