//! `stepwell validate FILE…`: static checks with source excerpts.

use super::{Exit, Globals, Outcome, check::Checked, client::Client, output, source};
use api::types::{self, Fault};
use document::validate::Severity;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The arguments of `stepwell validate`.
#[derive(clap::Args)]
pub struct Args {
    /// Workflow files, JSON or YAML
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Check also what the host has not set up, such as a channel that would tell nobody: the one at --url, or that of
    /// the data folder
    #[arg(long)]
    host: bool,
}

/// Checks all files. Exit 1 where any has errors, 2 where one cannot be read or parsed.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = if args.host { Some(Client::as_served(globals).await?) } else { None };
    let checked = check(globals, &args.files, client.as_ref()).await;
    if let Some(client) = client {
        client.close().await;
    }
    checked
}

async fn check(globals: &Globals, files: &[PathBuf], host: Option<&Client>) -> Outcome {
    let mut results = Vec::new();
    let (mut unread, mut valid) = (None, true);
    for file in files {
        match Checked::read(file) {
            Ok(checked) => {
                let checked = checked.with_scripts().await;
                let checked = match host {
                    Some(host) => checked.with_host(host).await?,
                    None => checked,
                };
                checked.tell();
                valid &= checked.workflow.is_some();
                if !globals.json {
                    output::line(&format!("{}: {}", source::shown(file), summary(&checked)));
                }
                results.push((file, checked.result()));
            }
            // A file that cannot be read or parsed has one error, told in the same shape as what the checks find.
            Err(failure) => {
                failure.tell(false);
                let error = Fault {
                    code: failure.code.clone(),
                    severity: Some(Severity::Error),
                    message: failure.message().into(),
                    hint: failure.hint(),
                    ..Fault::default()
                };
                results.push((file, types::Checked { valid: false, errors: vec![error], warnings: Vec::new() }));
                unread = Some(Exit::Usage);
            }
        }
    }
    if globals.json {
        output::json(&together(&results));
    }
    Ok(unread.unwrap_or(if valid { Exit::Done } else { Exit::Failed }))
}

/// The result of one file as the API gives it. That of several has the same fields, in which each fault names its file,
/// and `files` with the result of each.
fn together(results: &[(&PathBuf, types::Checked)]) -> Value {
    if let [(_, one)] = results {
        return json!(one);
    }
    let name = |file: &Path| source::shown(file);
    let of = |file: &Path, result: &types::Checked| {
        let types::Checked { valid, errors, warnings } = result;
        json!({"file": name(file), "valid": valid, "errors": errors, "warnings": warnings})
    };
    let all = |faults: fn(&types::Checked) -> &Vec<Fault>| {
        let of_file = |(file, result): &(&PathBuf, types::Checked)| {
            let named = |fault: &Fault| json!(Named { file: name(file), fault });
            faults(result).iter().map(named).collect::<Vec<_>>()
        };
        results.iter().flat_map(of_file).collect::<Vec<_>>()
    };
    json!({
        "valid": results.iter().all(|(_, result)| result.valid),
        "errors": all(|result| &result.errors),
        "warnings": all(|result| &result.warnings),
        "files": results.iter().map(|(file, result)| of(file, result)).collect::<Vec<_>>(),
    })
}

/// A fault of one of several files.
#[derive(Serialize)]
struct Named<'a> {
    file: String,
    #[serde(flatten)]
    fault: &'a Fault,
}

fn summary(checked: &Checked) -> String {
    let warnings = output::counted(checked.warnings.len(), "warning");
    match (checked.errors.len(), checked.warnings.len()) {
        (0, 0) => "valid".into(),
        (0, _) => format!("valid, {warnings}"),
        (errors, 0) => output::counted(errors, "error"),
        (errors, _) => format!("{}, {warnings}", output::counted(errors, "error")),
    }
}
