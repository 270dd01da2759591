//! `stepwell owner erase OWNER`: erases everything that is kept of an owner, and shows what that was.

use super::{
    Exit, Failure, Globals, Outcome, bulk,
    client::{Client, Reply},
    output,
};
use api::types::{EraseBody, Job};
use engine::port::JobStatus;
use local::server::{self, OWNER};
use std::io::{IsTerminal, stdin};

/// The arguments of `stepwell owner erase`.
#[derive(clap::Args)]
pub struct Erasing {
    /// The owner: a tenant of the data folder, `local` where it has no others; of a host elsewhere that of the token
    #[arg(value_name = "OWNER")]
    name: String,
    /// Record this reason with the job
    #[arg(long)]
    reason: Option<String>,
    /// Do not wait until all is erased: `stepwell jobs` tells how far it has come
    #[arg(long)]
    no_wait: bool,
    /// Do not ask for the owner's name before
    #[arg(long, short)]
    yes: bool,
}

/// Makes the job and waits until it has ended. Exit 0 where everything is erased, and 1 where something could not be, or
/// the job was cancelled.
pub async fn erase(globals: &Globals, args: Erasing) -> Outcome {
    let globals = acting_for(globals, &args.name)?;
    confirm(&args)?;
    let client = Client::open(&globals).await?;
    let done = ask(&client, &globals, &args).await;
    client.close().await;
    done.map_err(|failure| match failure.code.as_str() {
        "not_confirmed" => failure.with_hint("name the owner that the token is of: `stepwell token ls` shows it"),
        _ => failure,
    })
}

/// The options of all commands, so that the command acts for the owner who is named.
fn acting_for(globals: &Globals, name: &str) -> Result<Globals, Failure> {
    if globals.owner.as_deref().is_some_and(|owner| owner != name) {
        let hint = "name the owner once, behind `erase`";
        return Err(Failure::usage("two owners are named, and one is erased", hint));
    }
    let owner = Some(name.to_owned()).filter(|name| globals.url.is_none() && name != OWNER);
    let globals = Globals { owner, ..globals.clone() };
    globals.check()?;
    Ok(globals)
}

async fn ask(client: &Client, globals: &Globals, args: &Erasing) -> Outcome {
    if let (Client::Local { host, .. }, false) = (client, args.no_wait) {
        server::take_up_jobs(host);
    }
    let body = EraseBody { confirm: args.name.clone(), reason: args.reason.clone() };
    let made = client.delete_with("/v1/owner", &body).await?;
    let last = if args.no_wait { Some(made) } else { bulk::waited(client, globals, made).await? };
    let Some(last) = last else { return Ok(Exit::Interrupted) };
    tell(&last, globals)
}

/// Tells what was erased.
fn tell(last: &Reply, globals: &Globals) -> Outcome {
    let job: Job = last.read()?;
    if globals.json {
        output::json(&last.0);
    } else {
        bulk::tell(&job, globals);
        for (what, count) in &job.erased {
            output::line(&format!("  {}: {count}", output::clean(&what.replace('_', " "))));
        }
    }
    let bad = job.failed > 0 || matches!(job.status, JobStatus::Failed | JobStatus::Cancelled);
    Ok(if bad { Exit::Failed } else { Exit::Done })
}

/// Has the person at the terminal type the owner's name. A script says `--yes`: nothing of this can be brought back.
fn confirm(args: &Erasing) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if !stdin().is_terminal() {
        let message = format!("this erases everything that is kept of `{}`, for good", args.name);
        return Err(Failure::usage(message, "give --yes where that is meant").with_code("not_confirmed"));
    }
    eprintln!(
        "This erases everything that is kept of `{}`, for good: executions, whatever they are\n\
         doing, workflows, secrets, tokens, groups, memories and jobs.",
        output::clean(&args.name)
    );
    eprint!("the owner's name, to go on: ");
    let mut line = String::new();
    let said = stdin().read_line(&mut line).is_ok() && line.trim() == args.name;
    if said { Ok(()) } else { Err(Failure::failed("nothing was erased", "type the owner's name, or give --yes")) }
}
