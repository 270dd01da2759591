//! `stepwell pause | resume | cancel EXECUTION`.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply, escaped},
    output, run,
};
use api::types::{Ended, Execution, Reason, WentOn};

/// The arguments of `stepwell pause`, `resume` and `cancel`.
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
    let client = Client::open(globals).await?;
    let path = format!("/v1/executions/{}", escaped(&args.execution));
    let mut answer = client.post(&format!("{path}/{what}"), &Reason { reason: args.reason }).await;
    if let Err(failure) = answer {
        answer = Err(advised(&client, globals, &path, what, failure).await);
    }
    let idle = client.is_folder();
    client.close().await;
    let answer = answer?;
    if globals.json {
        output::json(&answer.0);
        return Ok(Exit::Done);
    }
    let execution: Execution = answer.read()?;
    output::line(&format!("{} is {}{}", args.execution, execution.status, went_on(what, &answer)?));
    for question in execution.pending_interactions.iter().filter(|_| what == "resume") {
        eprintln!("  answer with: {}", run::ask::command(question, &globals.place_flag()));
    }
    if idle && execution.completed_at.is_none() && what != "pause" {
        eprintln!("nothing runs in this data folder now: `stepwell dev` or `stepwell run FILE --resume` goes on");
    }
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

/// Names the command that answers, where a resume finds the execution waiting for a person.
async fn advised(client: &Client, globals: &Globals, path: &str, what: &str, failure: Failure) -> Failure {
    let asks = matches!(failure.code.as_str(), "waits_for_an_answer" | "invalid_answer" | "several_open_interactions");
    if what != "resume" || !asks {
        return failure;
    }
    let shown = match client.get(path).await {
        Ok(shown) => shown.read::<Execution>(),
        Err(other) => Err(other),
    };
    let Ok(execution) = shown else { return failure.with_hint("answer it with `stepwell answer`") };
    let flag = globals.place_flag();
    let commands: Vec<_> = execution.pending_interactions.iter().map(|one| run::ask::command(one, &flag)).collect();
    failure.with_hint(&format!("answer with: {}", commands.join("\n  or with: ")))
}
