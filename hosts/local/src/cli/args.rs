//! The arguments that all commands share, and the list of commands. clap shows the comments on the types that it
//! derives from as the text of `--help`.

use super::*;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Durable workflows with people in them.
#[derive(Parser)]
#[command(name = "stepwell", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// The options that every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The options that every command takes.
#[derive(Args)]
pub struct Globals {
    /// The data folder [default: STEPWELL_DATA, else .stepwell]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Talk to the host at this address instead of a data folder
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// The API token for --url [default: STEPWELL_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Write one JSON value to stdout
    #[arg(long, global = true)]
    pub json: bool,
}

impl Globals {
    /// The data folder: `--data`, else `STEPWELL_DATA`, else `.stepwell` in the current folder.
    pub fn data(&self) -> PathBuf {
        let from_env = || std::env::var_os("STEPWELL_DATA").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        self.data.clone().or_else(from_env).unwrap_or_else(|| ".stepwell".into())
    }

    /// The API token for `--url`: `--token`, else `STEPWELL_TOKEN`. None where neither is given or it is empty.
    pub fn token(&self) -> Option<String> {
        self.token.clone().or_else(|| std::env::var("STEPWELL_TOKEN").ok()).filter(|token| !token.is_empty())
    }

    /// ` --data DIR`, to be added to a command that is suggested, where this one was given the option; else nothing.
    pub fn data_flag(&self) -> String {
        self.data.as_ref().map(|dir| format!(" --data {}", output::quoted(&dir.to_string_lossy()))).unwrap_or_default()
    }
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run one workflow to its end in this process
    Run(run::Args),
    /// Serve the API and run workflows until stopped
    Dev(dev::Args),
    /// Check workflow files without running them
    Validate(validate::Args),
    /// Draw a workflow
    Graph(graph::Args),
    /// List executions, newest first
    Ls(ls::Args),
    /// Show one execution
    Show(show::Args),
    /// Show what happened in an execution, turn by turn
    History(history::Args),
    /// Show the captured lines of an execution
    Logs(logs::Args),
    /// List the questions that wait for an answer, soonest deadline first
    Inbox(inbox::Args),
    /// Answer a question
    Answer(answer::Args),
    /// Let no further node start
    Pause(control::Args),
    /// Go on after a pause
    Resume(control::Args),
    /// End an execution
    Cancel(control::Args),
    /// Send an event to an execution, now or before it waits for one
    Signal(signal::Args),
    /// Manage the credentials that workflows use
    Secret {
        /// The command on credentials.
        #[command(subcommand)]
        command: SecretCommand,
    },
    /// Manage API tokens
    Token {
        /// The command on tokens.
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Check the set-up
    Doctor(doctor::Args),
}

/// `stepwell secret …`
#[derive(Subcommand)]
pub enum SecretCommand {
    /// Store a credential; its value is read from stdin
    Set(secret::Args),
}

/// `stepwell token …`
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown once
    Create(token::Args),
}
