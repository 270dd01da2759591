//! `stepwell graph FILE`: a picture of a workflow.

use super::{Exit, Failure, Globals, Outcome, check::Checked, output};
use document::picture;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The arguments of `stepwell graph`.
#[derive(clap::Args)]
pub struct Args {
    /// The workflow file
    file: PathBuf,
    /// The kind of picture [default: by the ending of --output, else mermaid]
    #[arg(long, short, value_enum)]
    format: Option<Format>,
    /// Write it to this file instead of stdout; its ending (.svg, .dot, .mmd) says which kind it is
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
    let format = match (args.format, &args.output) {
        (Some(format), _) => format,
        (None, Some(file)) => by_ending(file)?,
        (None, None) => Format::Mermaid,
    };
    let workflow = Checked::read(&args.file)?.workflow()?;
    let (name, picture) = match format {
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

/// The kind of picture that the ending of a file's name says; mermaid for a name that says none.
fn by_ending(file: &Path) -> Result<Format, Failure> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "svg" => Ok(Format::Svg),
        "dot" | "gv" => Ok(Format::Dot),
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "pdf" | "ps" | "html" => {
            let message = format!("there are no pictures of the kind .{ending}");
            Err(Failure::usage(message, "write .svg, .dot or .mmd; other programs make the rest of these"))
        }
        _ => Ok(Format::Mermaid),
    }
}
