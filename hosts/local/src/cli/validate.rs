//! `stepwell validate FILE…`: static checks with source excerpts.

use super::{Exit, Globals, Outcome, check::Checked, output};
use api::types::{self, Fault};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The arguments of `stepwell validate`.
#[derive(clap::Args)]
pub struct Args {
    /// Workflow files, JSON or YAML
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Checks all files. Exit 1 where any has errors, 2 where one cannot be read or parsed.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let mut results = Vec::new();
    let (mut unread, mut valid) = (None, true);
    for file in &args.files {
        match Checked::read(file) {
            Ok(checked) => {
                let checked = checked.with_scripts().await;
                checked.tell();
                valid &= checked.workflow.is_some();
                if !globals.json {
                    output::line(&format!("{}: {}", file.display(), summary(&checked)));
                }
                results.push((file, checked.result()));
            }
            // The failure of a single file is the command's own; among several, one must not hide what the others say.
            Err(failure) if args.files.len() == 1 => return Err(failure),
            Err(failure) => {
                failure.tell(false);
                let error = Fault { code: failure.code.clone(), message: failure.message().into(), ..Fault::default() };
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

/// The result of one of several files.
#[derive(Serialize)]
struct Of<'a> {
    file: String,
    #[serde(flatten)]
    result: &'a types::Checked,
}

/// The result of one file as the API gives it; those of several files in a list, each with the name of its file.
fn together(results: &[(&PathBuf, types::Checked)]) -> Value {
    if let [(_, one)] = results {
        return json!(one);
    }
    let valid = results.iter().all(|(_, result)| result.valid);
    let of = |(file, result): &'_ (&PathBuf, types::Checked)| json!(Of { file: file.display().to_string(), result });
    json!({"valid": valid, "files": results.iter().map(of).collect::<Vec<_>>()})
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
