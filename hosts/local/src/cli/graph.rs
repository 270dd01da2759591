//! `stepwell graph FILE`: a picture of a workflow.

use super::{Exit, Failure, Globals, Outcome, check::Checked, output};
use document::picture;
use serde_json::json;
use std::path::PathBuf;

/// The arguments of `stepwell graph`.
#[derive(clap::Args)]
pub struct Args {
    /// The workflow file
    file: PathBuf,
    /// The kind of picture
    #[arg(long, short, value_enum, default_value = "mermaid")]
    format: Format,
    /// Write it to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Mermaid,
    Dot,
    Svg,
}

/// Draws the workflow to a file or stdout. Exit 1 where it is not valid.
pub fn run(globals: &Globals, args: Args) -> Outcome {
    let workflow = Checked::read(&args.file)?.workflow()?;
    let (name, picture) = match args.format {
        Format::Mermaid => ("mermaid", picture::mermaid(&workflow)),
        Format::Dot => ("dot", picture::dot(&workflow)),
        Format::Svg => ("svg", picture::svg(&workflow)),
    };
    match &args.output {
        Some(file) => {
            std::fs::write(file, &picture).map_err(|error| {
                let hint = "check that its folder exists and that you may write there";
                Failure::usage(format!("cannot write {}: {error}", file.display()), hint)
            })?;
            if globals.json {
                output::json(&json!({"format": name, "file": file.display().to_string()}));
            }
        }
        None if globals.json => output::json(&json!({"format": name, "picture": picture})),
        None => output::line(picture.trim_end()),
    }
    Ok(Exit::Done)
}
