//! `stepwell save FILE…`: saves workflows, so that they can be started by their ids.

use super::{Exit, Failure, Globals, Outcome, check::Checked, client::Client, output, source};
use api::types::Saved;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The arguments of `stepwell save`.
#[derive(clap::Args)]
pub struct Args {
    /// Workflow files, JSON or YAML; - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Saves each file: a new version of its workflow, unless the latest has the same content. Exit 1 where any is refused;
/// the others are saved all the same.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let mut read = Vec::new();
    let mut failures = Vec::new();
    for file in &args.files {
        match checked(file) {
            Ok(checked) => read.push((file, checked)),
            Err(failure) => failures.push(failure),
        }
    }
    // A single file that cannot be saved is the command's own failure; nothing is opened for it.
    if read.is_empty() && failures.len() == 1 {
        return Err(failures.remove(0));
    }
    let client = Client::as_served(globals).await?;
    let mut saved = Vec::new();
    for (file, checked) in read {
        match keep(&client, &checked).await {
            Ok(answer) => {
                if !globals.json {
                    output::line(&format!("{}: {}", source::shown(file), told(&answer)));
                }
                saved.push(answer);
            }
            Err(failure) => failures.push(failure),
        }
    }
    client.close().await;
    if saved.is_empty() && failures.len() == 1 {
        return Err(failures.remove(0));
    }
    if globals.json {
        match (args.files.len(), saved.first()) {
            (1, Some(one)) => output::json(one),
            _ => output::json(&json!({"items": saved})),
        }
    } else if failures.is_empty() {
        let ids = saved.iter().map(|one| one.id.as_str()).collect::<Vec<_>>();
        eprintln!("{}", output::dim(&format!("start with: stepwell start {}{}", ids.join("|"), globals.flags())));
    }
    for failure in &failures {
        failure.tell(false);
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Reads and checks a file, and tells what is wrong or probably not meant.
pub fn checked(file: &Path) -> Result<Checked, Failure> {
    let checked = Checked::read(file)?;
    checked.workflow()?;
    checked.tell();
    Ok(checked)
}

/// Saves a document, and tells what the host says of it beside the checks.
pub async fn keep(client: &Client, checked: &Checked) -> Result<Saved, Failure> {
    let saved: Saved = client.post("/v1/workflows", &checked.document()).await?.read()?;
    checked.tell_others(&saved.warnings);
    Ok(saved)
}

/// What was saved, for people.
pub fn told(saved: &Saved) -> String {
    format!("{} is saved, version {}", saved.id, saved.version)
}
