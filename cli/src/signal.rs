//! `stepwell signal EXECUTION NAME`: an event for a `wait` node.

use super::{Exit, Globals, Outcome, change::change, client::escaped, output, source};
use api::types::SignalBody;

/// The arguments of `stepwell signal`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// The event's name
    name: String,
    /// The data that the event carries: JSON, @FILE or - for stdin
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    value: Option<String>,
}

/// Sends the event. Where it comes before the `wait` node that expects it, the execution keeps it.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let value = args.value.as_deref().map(|value| source::input(value, "--value")).transpose()?;
    let body = SignalBody { data: value.unwrap_or_default() };
    let changed = change(globals, &args.execution, &format!("signals/{}", escaped(&args.name)), &body).await?;
    if changed.is_printed(globals) {
        return Ok(Exit::Done);
    }
    output::line(&format!("{} has the event {}", changed.id, args.name));
    changed.tell_idle(true);
    Ok(Exit::Done)
}
