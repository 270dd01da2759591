//! `stepwell delete EXECUTION…`: removes ended executions with all their data, or a saved workflow.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    output,
    pick::pick,
};
use serde_json::json;
use std::io::{IsTerminal, stdin};

/// The arguments of `stepwell delete`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["executions", "workflow"]))]
pub struct Args {
    /// Ended executions
    executions: Vec<String>,
    /// Delete this saved workflow instead: nothing starts it any more, and its executions live on
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Do not ask before
    #[arg(long, short)]
    yes: bool,
}

/// Deletes what was named. At a terminal it asks first. Exit 1 where something is refused, such as an execution that
/// has not ended; what was named before it is gone then.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let done = delete(&client, &args).await;
    client.close().await;
    let gone = done?;
    if globals.json {
        output::json(&json!({"deleted": gone}));
    } else {
        gone.iter().for_each(|one| output::line(&format!("{one} is deleted")));
    }
    Ok(Exit::Done)
}

async fn delete(client: &Client, args: &Args) -> Result<Vec<String>, Failure> {
    if let Some(id) = &args.workflow {
        confirm(args, &format!("the workflow {id}"))?;
        client.delete(&format!("/v1/workflows/{}", escaped(id))).await?;
        return Ok(vec![id.clone()]);
    }
    let mut ids = Vec::new();
    for said in &args.executions {
        ids.push(pick(client, said).await?);
    }
    confirm(args, &format!("{} with all data", ids.join(", ")))?;
    for id in &ids {
        client.delete(&format!("/v1/executions/{}", escaped(id))).await?;
    }
    Ok(ids)
}

/// Asks the person at the terminal. A script that names what is to go means it.
fn confirm(args: &Args, what: &str) -> Result<(), Failure> {
    if args.yes || !stdin().is_terminal() {
        return Ok(());
    }
    eprint!("delete {what}? [y/n] ");
    let mut line = String::new();
    let said = stdin().read_line(&mut line).is_ok() && line.trim().to_ascii_lowercase().starts_with('y');
    if said { Ok(()) } else { Err(Failure::failed("nothing was deleted", "answer y, or give --yes")) }
}
