//! `stepwell unstick EXECUTION ACTION`.

use super::{Exit, Globals, Outcome, change::change, output, source};
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
    let changed = change(globals, &args.execution, "unstick", &body).await?;
    if changed.is_printed(globals) {
        return Ok(Exit::Done);
    }
    let execution: Execution = changed.reply.read()?;
    output::line(&format!("{} is {}", execution.execution_id, execution.status));
    changed.tell_idle(execution.completed_at.is_none());
    Ok(Exit::Done)
}
