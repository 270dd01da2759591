//! The `stepwell` binary: the command line, and the child process in which `code` nodes run JavaScript. One file per
//! command, and what they share. Results go to stdout, everything else to stderr.

mod agents;
mod allowed;
mod answer;
mod answer_many;
mod args;
mod banner;
mod bulk;
mod change;
mod changes;
mod chat;
mod check;
mod client;
mod colour;
mod columns;
mod commands;
mod control;
mod delete;
mod dev;
mod diff;
mod doctor;
mod draft;
mod example;
mod failure;
mod folder;
mod fork;
mod globals;
mod graph;
mod groups;
mod history;
mod inbox;
mod init;
mod jobs;
mod kept;
mod limits;
mod logging;
mod logs;
mod ls;
mod mcp;
mod moving;
mod notifications;
mod numbers;
mod open;
mod output;
mod owner;
mod page;
mod patch;
mod pick;
mod put_to;
mod query;
mod reached;
mod receipt;
mod rollback;
mod run;
mod save;
mod schema;
mod secret;
mod secrets;
mod serving;
mod shell;
mod show;
mod signal;
mod source;
mod start;
mod steers;
mod times;
mod token;
mod tokens;
mod tool_name;
mod unstick;
mod validate;
mod warnings;
mod whatif;
mod window;
mod workflows;

pub use args::{Cli, Command};
pub use failure::{Exit, Failure, Outcome};
pub use globals::Globals;

use clap::{CommandFactory, Parser};
use std::process::ExitCode;
use tokio::signal::unix::SignalKind;

/// A quarter of a busy host's time goes into allocating (ADR 28).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A `code` node starts this binary as a child to run JavaScript, within milliseconds: nothing else comes first.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    command_line()
}

/// Reads the arguments, runs the command, and on a failure says what went wrong and what to do about it.
fn command_line() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // clap's own text is for people. A program that asked for JSON is told as of any other failure.
            if error.use_stderr() && std::env::args_os().any(|one| one == "--json") {
                Failure::usage(error.to_string().trim_end(), "`stepwell --help` lists what there is").tell_programs();
            }
            return u8::try_from(error.exit_code()).map_or(ExitCode::from(2), ExitCode::from);
        }
    };
    let json = cli.globals.json;
    let done = match local::runtime() {
        Ok(runtime) => {
            let done = runtime.block_on(async {
                outlive_large_files();
                dispatch(cli).await
            });
            // A thread may still wait for a line of stdin that never comes, so its end is not waited for.
            runtime.shutdown_background();
            done
        }
        Err(error) => {
            Err(Failure::failed(format!("no threads can be started: {error}"), "raise the limit (ulimit -u)"))
        }
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell(json),
    }
}

/// Makes a write beyond the bound on file sizes (`ulimit -f`) an error, which the store treats as that of a full disk,
/// and not the end of the process. Whoever listens to the signal is not ended by it, and tokio goes on listening.
fn outlive_large_files() {
    let signal = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    if let Err(error) = tokio::signal::unix::signal(signal) {
        tracing::warn!(%error, "a bound on file sizes (ulimit -f) would end this process");
    }
}

async fn dispatch(cli: Cli) -> Outcome {
    let globals = cli.globals;
    globals.check()?;
    match cli.command {
        Command::Run(args) => run::run(&globals, args).await,
        Command::Init(args) => init::run(&globals, args),
        Command::Save(args) => save::run(&globals, args).await,
        Command::Workflows(args) => workflows::run(&globals, args).await,
        Command::Delete(args) => delete::run(&globals, args).await,
        Command::Open(args) => open::run(&globals, args).await,
        Command::Start(args) => start::run(&globals, args).await,
        Command::Dev(args) => dev::run(&globals, args).await,
        Command::Chat(args) => chat::run(&globals, args).await,
        Command::Mcp(args) => mcp::run(&globals, args).await,
        Command::Draft(args) => draft::run(&globals, args).await,
        Command::Validate(args) => validate::run(&globals, args).await,
        Command::Schema => schema::run(),
        Command::Graph(args) => graph::run(&globals, args),
        Command::Ls(args) => ls::run(&globals, args).await,
        Command::Show(args) => show::run(&globals, args).await,
        Command::History(args) => history::run(&globals, args).await,
        Command::Logs(args) => logs::run(&globals, args).await,
        Command::Inbox(args) => inbox::run(&globals, args).await,
        Command::Answer(args) => answer::run(&globals, args).await,
        Command::Receipt { command } => receipt::run(&globals, command).await,
        Command::Pause(args) => control::run(&globals, "pause", args).await,
        Command::Resume(args) => control::run(&globals, "resume", args).await,
        Command::Cancel(args) => control::run(&globals, "cancel", args).await,
        Command::Retry(args) => control::run(&globals, "retry", args).await,
        Command::Rollback(args) => rollback::rollback(&globals, args).await,
        Command::Backtrack(args) => rollback::backtrack(&globals, args).await,
        Command::Fork(args) => fork::run(&globals, args).await,
        Command::Export(args) => moving::export::run(&globals, args).await,
        Command::Import(args) => moving::import::run(&globals, args).await,
        Command::Diff(args) => diff::run(&globals, args).await,
        Command::Patch(args) => patch::run(&globals, args).await,
        Command::Reassign(args) => put_to::reassign(&globals, args).await,
        Command::Notify(args) => put_to::notify(&globals, args).await,
        Command::Unstick(args) => unstick::run(&globals, args).await,
        Command::Signal(args) => signal::run(&globals, args).await,
        Command::Bulk(args) => bulk::run(&globals, args).await,
        Command::Jobs(args) => jobs::run(&globals, args).await,
        Command::WhatIf(args) => whatif::run(&globals, args).await,
        Command::Secret { command: args::SecretCommand::Set(args) } => secret::run(&globals, args).await,
        Command::Secret { command: args::SecretCommand::Ls(args) } => secrets::ls(&globals, args).await,
        Command::Secret { command: args::SecretCommand::Rm(args) } => secrets::rm(&globals, args).await,
        Command::Group { command: args::GroupCommand::Set(args) } => groups::set(&globals, args).await,
        Command::Group { command: args::GroupCommand::Ls(args) } => groups::ls(&globals, args).await,
        Command::Group { command: args::GroupCommand::Show(args) } => groups::show(&globals, args).await,
        Command::Group { command: args::GroupCommand::Rm(args) } => groups::rm(&globals, args).await,
        Command::Token { command: args::TokenCommand::Create(args) } => token::run(&globals, args).await,
        Command::Token { command: args::TokenCommand::Ls(args) } => tokens::ls(&globals, args).await,
        Command::Token { command: args::TokenCommand::Revoke(args) } => tokens::revoke(&globals, args).await,
        Command::Owner { command: args::OwnerCommand::Erase(args) } => owner::erase(&globals, args).await,
        Command::Doctor(args) => doctor::run(&globals, args).await,
        Command::Completions(args) => shell::completions(&args, Cli::command()),
        Command::Man(args) => shell::man(&globals, &args, Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn names(arg: &Arg) -> [String; 2] {
        [arg.get_id().to_string(), arg.get_long().map(|long| format!("--{long}")).unwrap_or_default()]
    }

    /// Checks that no option has a name that another option of its command, or a global one above it, has. clap itself
    /// finds this only in debug builds, when the command is typed.
    fn check(command: &clap::Command, above: &[String]) {
        let mut taken = above.to_vec();
        for arg in command.get_arguments() {
            for name in names(arg).into_iter().filter(|name| !name.is_empty()) {
                assert!(!taken.contains(&name), "{} takes {name} twice", command.get_name());
                taken.push(name);
            }
        }
        let global = command.get_arguments().filter(|arg| arg.is_global_set()).flat_map(names);
        let below: Vec<String> = above.iter().cloned().chain(global).filter(|name| !name.is_empty()).collect();
        command.get_subcommands().for_each(|command| check(command, &below));
    }

    #[test]
    fn no_two_options_of_a_command_share_a_name() {
        check(&Cli::command(), &[]);
    }
}
