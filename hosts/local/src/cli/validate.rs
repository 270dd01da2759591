//! `stepwell validate FILE…`: static checks with source excerpts.

use super::{Exit, Globals, Outcome, check::Checked, output};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// Workflow files, JSON or YAML
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Checks all files. Exit 1 where any has errors, 2 where one cannot be read or parsed.
pub fn run(globals: &Globals, args: Args) -> Outcome {
    let mut results = Vec::new();
    let (mut unread, mut valid) = (None, true);
    for file in &args.files {
        match Checked::read(file) {
            Ok(checked) => {
                checked.tell();
                valid &= checked.workflow.is_some();
                if !globals.json {
                    output::line(&format!("{}: {}", file.display(), summary(&checked)));
                }
                results.push((file, checked.json()));
            }
            // The failure of a single file is the command's own; among several, one must not hide what the others say.
            Err(failure) if args.files.len() == 1 => return Err(failure),
            Err(failure) => {
                failure.tell(false);
                let error = json!({"code": failure.code, "path": "", "message": failure.message()});
                results.push((file, json!({"valid": false, "errors": [error], "warnings": []})));
                unread = Some(Exit::Usage);
            }
        }
    }
    if globals.json {
        output::json(&together(&results));
    }
    Ok(unread.unwrap_or(if valid { Exit::Done } else { Exit::Failed }))
}

/// The result of one file as the API gives it; those of several files in a list, each with the name of its file.
fn together(results: &[(&PathBuf, Value)]) -> Value {
    if let [(_, one)] = results {
        return one.clone();
    }
    let files = results.iter().map(|(file, result)| {
        let mut named = json!({"file": file.display().to_string()});
        if let (Some(named), Some(result)) = (named.as_object_mut(), result.as_object()) {
            named.extend(result.clone());
        }
        named
    });
    let valid = results.iter().all(|(_, result)| result["valid"] == true);
    json!({"valid": valid, "files": files.collect::<Vec<_>>()})
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
