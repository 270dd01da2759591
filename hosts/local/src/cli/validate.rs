//! `stepwell validate FILE…`: static checks with source excerpts.

use super::{Exit, Globals, Outcome, check::Checked, output};
use serde_json::json;
use std::path::PathBuf;

/// What it takes.
#[derive(clap::Args)]
pub struct Args {
    /// Workflow files, JSON or YAML
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Exit 1 where any file has errors, 2 where one cannot be read or parsed.
pub fn run(globals: &Globals, args: Args) -> Outcome {
    let mut results = Vec::new();
    let mut valid = true;
    for file in &args.files {
        let checked = Checked::read(file)?;
        checked.tell();
        valid &= checked.workflow.is_some();
        if !globals.json {
            output::line(&format!("{}: {}", file.display(), summary(&checked)));
        }
        results.push((file, checked.json()));
    }
    if globals.json {
        output::json(&match results.as_slice() {
            [(_, one)] => one.clone(),
            several => {
                let files = several.iter().map(|(file, result)| {
                    let mut result = result.clone();
                    result["file"] = json!(file.display().to_string());
                    result
                });
                json!({"valid": valid, "files": files.collect::<Vec<_>>()})
            }
        });
    }
    Ok(if valid { Exit::Done } else { Exit::Failed })
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
