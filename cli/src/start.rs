//! `stepwell start WORKFLOW`: starts an execution of a saved workflow.

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    client::{Client, escaped},
    logging::{About, LogArgs},
    numbers::whole,
    output,
    run::{
        plan::{Plan, Saved},
        signals::Signals,
    },
    source,
};
use api::types::Accepted;
use serde_json::{Value, json};

/// The arguments of `stepwell start`.
#[derive(clap::Args)]
pub struct Args {
    /// The saved workflow
    workflow: String,
    /// The input: JSON, @FILE or - for stdin
    #[arg(long, short, value_name = "JSON", allow_negative_numbers = true)]
    input: Option<String>,
    /// Start this version of it [default: the latest]
    #[arg(long, value_name = "N", value_parser = whole::<{ u64::MAX }, u64>)]
    version: Option<u64>,
    /// Keep this with the execution, by which lists are filtered
    #[arg(long, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// Follow it until it ends or waits, as `run` does
    #[arg(long)]
    wait: bool,
    /// Ask nobody while following it: leave it waiting (exit 3) where a person is needed
    #[arg(long, requires = "wait")]
    no_input: bool,
    /// What the host may take and do, where it is followed in this process.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    logging: LogArgs,
}

/// Starts it, and with `--wait` follows it. Exit 0 where it was started, or as [`run`](super::run::run) exits.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let input = args.input.as_deref().map(|input| source::input(input, "--input")).transpose()?;
    let metadata = args.metadata.iter().map(|pair| metadatum(pair)).collect::<Result<_, _>>()?;
    let saved = Saved { id: args.workflow, version: args.version, input: input.unwrap_or_else(|| json!({})), metadata };
    if args.wait {
        let _logs = args.logging.begin(About::OneExecution, globals.json)?;
        let silent = args.no_input || args.input.as_deref() == Some(source::STDIN);
        return Plan::of_saved(saved, silent, args.allowed).run(globals, Signals::listen()?).await;
    }
    let client = Client::open(globals).await?;
    let started = client.post(&format!("/v1/workflows/{}/executions", escaped(&saved.id)), &saved.body()).await;
    let idle = client.idle();
    client.close().await;
    let started = started.map_err(advised)?;
    if globals.json {
        output::json(&started.0);
    } else {
        output::line(&started.read::<Accepted>()?.execution_id);
    }
    if let Some(idle) = idle {
        eprintln!("{idle}");
    }
    Ok(Exit::Done)
}

fn advised(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "not_found" => {
            failure.with_hint("`stepwell workflows` lists those that are saved; `stepwell save FILE` saves one")
        }
        _ => failure,
    }
}

/// Reads `KEY=VALUE`.
fn metadatum(pair: &str) -> Result<(String, Value), Failure> {
    match pair.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.into())),
        _ => Err(Failure::usage(format!("`{pair}` is not KEY=VALUE"), "write it as --metadata team=billing")),
    }
}
