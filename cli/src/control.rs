//! `stepwell pause | resume | cancel | retry EXECUTION`.

use super::{
    Exit, Failure, Globals, Outcome,
    change::change_or,
    client::{Client, Reply, escaped},
    commands, output,
};
use api::types::{Ended, Execution, Interaction, Reason, WentOn};

/// The arguments of `stepwell pause`, `resume`, `cancel` and `retry`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// Record this reason in the history
    #[arg(long)]
    reason: Option<String>,
}

/// Asks for the change that `what` names, which is the last part of the API's path. To ask twice is no error.
pub async fn run(globals: &Globals, what: &str, args: Args) -> Outcome {
    let body = Reason { reason: args.reason };
    let advise = async |client: &Client, id: &str, failure: Failure| match what {
        "resume" => taught(client, id, failure, globals).await,
        _ => failure,
    };
    let changed = change_or(globals, &args.execution, what, &body, advise).await?;
    if changed.is_printed(globals) {
        return Ok(Exit::Done);
    }
    let execution: Execution = changed.reply.read()?;
    output::line(&format!("{} is {}{}", execution.execution_id, execution.status, went_on(what, &changed.reply)?));
    if what == "resume" {
        questions(&execution, globals, changed.is_served()).iter().for_each(|line| eprintln!("{line}"));
    }
    changed.tell_idle(execution.completed_at.is_none() && what != "pause");
    Ok(Exit::Done)
}

/// Says whether a resume ended a pause, so that nobody takes it for the answer to a question.
fn went_on(what: &str, answer: &Reply) -> Result<&'static str, Failure> {
    if what != "resume" {
        return Ok("");
    }
    Ok(match answer.read::<WentOn>()?.resumed {
        Some(Ended::Paused) => ": its pause is over",
        Some(Ended::Interaction) | None => ": there was no pause to end",
    })
}

/// What an execution asks, and the commands that answer it: to resume answers nothing.
fn questions(execution: &Execution, globals: &Globals, served: bool) -> Vec<String> {
    let asked = |question: &Interaction| {
        let head = format!("it asks: {}", output::quoted_lines(&question.question));
        [vec![head], commands::ways(question, globals, served)].concat()
    };
    execution.pending_interactions.iter().flat_map(asked).collect()
}

/// Adds to a refusal to resume an execution that waits for a person how it is answered.
async fn taught(client: &Client, id: &str, failure: Failure, globals: &Globals) -> Failure {
    let execution = client.get(&format!("/v1/executions/{}", escaped(id))).await;
    let served = client.idle().is_none();
    let asks = execution.and_then(|one| one.read()).map(|one: Execution| questions(&one, globals, served));
    let lines = asks.unwrap_or_default();
    if lines.is_empty() { failure } else { failure.with_hint(&lines.join("\n")) }
}
