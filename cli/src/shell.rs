//! `stepwell completions SHELL` and `stepwell man`: what shells and `man` know of the commands, made from them.

use super::{Exit, Failure, Globals, Outcome, output};
use clap::Command;
use serde_json::json;
use std::path::PathBuf;

/// The arguments of `stepwell completions`.
#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// The arguments of `stepwell man`.
#[derive(clap::Args)]
pub struct Man {
    /// Write a page for each command into this folder, instead of the first one to stdout
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Writes a shell's script about the program to stdout.
pub fn completions(args: &Completions, mut program: Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "stepwell", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}

/// Writes the page of the program, or those of all commands as files.
pub fn man(globals: &Globals, args: &Man, program: Command) -> Outcome {
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(program).render(&mut page);
        rendered.map_err(|error| Failure::failed(format!("the page cannot be made: {error}"), "report this"))?;
        output::line(String::from_utf8_lossy(&page).trim_end());
        return Ok(Exit::Done);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder));
    written.map_err(|error| {
        let hint = "check that you may write there";
        Failure::usage(format!("cannot write into {}: {error}", folder.display()), hint).with_code("unwritable_file")
    })?;
    if globals.json {
        output::json(&json!({"folder": folder.display().to_string()}));
    } else {
        let shown = folder.display();
        output::line(&format!("the pages are in {shown}: man -l {shown}/stepwell.1"));
    }
    Ok(Exit::Done)
}
