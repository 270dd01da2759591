//! The list of commands. clap shows the comments on the types that it derives from as the text of `--help`.

use super::{
    answer, bulk, chat, control, delete, dev, diff, doctor, draft, fork, globals::Globals, graph, groups, history,
    inbox, init, jobs, logs, ls, mcp, moving, open, owner, patch, put_to, receipt, rollback, run, save, secret,
    secrets, shell, show, signal, start, token, tokens, unstick, validate, whatif, workflows,
};
use clap::{Parser, Subcommand};

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

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run one workflow to its end in this process
    Run(run::Args),
    /// Write a workflow to begin with
    Init(init::Args),
    /// Save workflows, so that they can be started by their ids
    Save(save::Args),
    /// List the saved workflows
    Workflows(workflows::Args),
    /// Start an execution of a saved workflow
    Start(start::Args),
    /// Serve the API and run workflows until stopped
    Dev(dev::Args),
    /// Talk to a saved workflow that begins with a chat_trigger
    Chat(chat::Args),
    /// Offer workflows and people to an agent, over stdin and stdout (Model Context Protocol)
    Mcp(mcp::Args),
    /// Have a language model write a workflow file; nothing is saved, and nothing runs
    Draft(draft::Args),
    /// Check workflow files without running them
    Validate(validate::Args),
    /// Print the JSON Schema of workflow files, for editors
    Schema,
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
    /// Put a question to other people
    Reassign(put_to::Reassign),
    /// Send the messages about a question again
    Notify(put_to::Notify),
    /// Prove what people decided
    Receipt {
        /// The command on receipts.
        #[command(subcommand)]
        command: receipt::ReceiptCommand,
    },
    /// Let no further node start
    Pause(control::Args),
    /// Go on after a pause
    Resume(control::Args),
    /// End an execution
    Cancel(control::Args),
    /// Take an execution up again that failed or was cancelled
    Retry(control::Args),
    /// Go back to a checkpoint, and undo what was done since
    Rollback(rollback::Rollback),
    /// Go back to before a node, undo what was done since, and run it again
    Backtrack(rollback::Backtrack),
    /// Start a new execution at a checkpoint of another
    Fork(fork::Args),
    /// Show what changed between two checkpoints of an execution
    Diff(diff::Args),
    /// Find the way out of what an execution is stuck in
    Unstick(unstick::Args),
    /// Change the workflow of an execution while it runs, where its past allows that
    Patch(patch::Args),
    /// Send an event to an execution, now or before it waits for one
    Signal(signal::Args),
    /// Ask one thing of many executions: retry, cancel, resume or redrive
    Bulk(bulk::Args),
    /// List what was asked of many executions, show one of these jobs, or cancel it
    Jobs(jobs::Args),
    /// Tell what past executions would have done on a changed workflow; nothing is saved, and nothing runs
    #[command(name = "whatif")]
    WhatIf(whatif::Args),
    /// Write executions with their children to a file, for another host; no secrets are in it
    Export(moving::export::Args),
    /// Take in executions that `export` wrote; they go on here
    Import(moving::import::Args),
    /// Remove ended executions with all their data, or a saved workflow
    Delete(delete::Args),
    /// Open the address of the host, an execution or a question
    Open(open::Args),
    /// Manage the credentials that workflows use
    Secret {
        /// The command on credentials.
        #[command(subcommand)]
        command: SecretCommand,
    },
    /// Manage groups of people, who are asked as group:NAME
    Group {
        /// The command on groups.
        #[command(subcommand)]
        command: GroupCommand,
    },
    /// Manage API tokens
    Token {
        /// The command on tokens.
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Manage owners, who are the tenants of a host
    Owner {
        /// The command on owners.
        #[command(subcommand)]
        command: OwnerCommand,
    },
    /// Check the set-up
    Doctor(doctor::Args),
    /// Write what a shell needs to complete commands
    Completions(shell::Completions),
    /// Write the manual's pages
    Man(shell::Man),
}

/// `stepwell secret …`
#[derive(Subcommand)]
pub enum SecretCommand {
    /// Store a credential; its value is read from stdin
    Set(secret::Args),
    /// List the credentials, without their values
    #[command(visible_alias = "list")]
    Ls(secrets::Listing),
    /// Remove credentials: what names them fails from then on
    #[command(visible_aliases = ["remove", "delete"])]
    Rm(secrets::Removing),
}

/// `stepwell group …`
#[derive(Subcommand)]
pub enum GroupCommand {
    /// Make a group, or put other members in the place of those that it has
    Set(groups::Setting),
    /// List the groups
    #[command(visible_alias = "list")]
    Ls(groups::Listing),
    /// Show the members of a group
    Show(groups::Showing),
    /// Remove groups: nobody is asked by their names from then on
    #[command(visible_aliases = ["remove", "delete"])]
    Rm(groups::Removing),
}

/// `stepwell token …`
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown once
    Create(token::Args),
    /// List the tokens, those that have ended too
    #[command(visible_alias = "list")]
    Ls(tokens::Listing),
    /// Revoke tokens: who bears them is refused from then on
    #[command(visible_aliases = ["rm", "delete"])]
    Revoke(tokens::Revoking),
}

/// `stepwell owner …`
#[derive(Subcommand)]
pub enum OwnerCommand {
    /// Erase everything that is kept of an owner, for good
    Erase(owner::Erasing),
}
