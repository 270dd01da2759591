//! `stepwell bulk ACTION`: asks one thing of many executions, and shows how far that has come.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply},
    failure::Words,
    limits, output,
};
use api::types::{BulkBody, BulkFilter, Job, WouldMeet};
use clap::ValueEnum;
use engine::port::{Action, JobStatus};
use local::server;
use std::{
    collections::BTreeMap,
    io::{IsTerminal, stdin},
};

/// The arguments of `stepwell bulk`.
#[derive(clap::Args)]
pub struct Args {
    /// What is asked of each execution
    action: What,
    /// Those of this workflow
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Those in these statuses, with commas between them [default: those in which the action has something to do; retry:
    /// failed]
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Those started at this time or later, such as 2026-01-31T09:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those started before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Those started with this metadata; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// Record this reason in the history of each
    #[arg(long)]
    reason: Option<String>,
    /// Only tell which executions are meant
    #[arg(long)]
    dry_run: bool,
    /// Do not wait until all are asked: `stepwell jobs` tells how far it has come
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
    /// Do not ask before a cancel
    #[arg(long, short)]
    yes: bool,
}

/// An action, as clap reads it.
#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Take up what failed
    Retry,
    /// End them
    Cancel,
    /// Go on after a pause
    Resume,
    /// Send again the messages of those that are stuck
    Redrive,
}

impl From<What> for Action {
    fn from(what: What) -> Self {
        match what {
            What::Retry => Self::Retry,
            What::Cancel => Self::Cancel,
            What::Resume => Self::Resume,
            What::Redrive => Self::Redrive,
        }
    }
}

const PATH: &str = "/v1/executions/bulk";

/// What the API calls the options.
const WORDS: [Words; 6] = [
    Words { path: "/filter/workflow_id", flag: "--workflow", hint: Some("name a workflow, or leave it out") },
    Words { path: "workflow_id", flag: "--workflow", hint: None },
    Words { path: "status", flag: "--status", hint: None },
    Words { path: "since", flag: "--since", hint: None },
    Words { path: "until", flag: "--until", hint: None },
    Words { path: "metadata.", flag: "--metadata", hint: None },
];

/// Makes a job and waits until it has ended. Exit 0 where none failed; a refusal is none, and is told.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let body = body(&args)?;
    let client = Client::open(globals).await?;
    let done = ask(&client, globals, &args, &body).await;
    let idle = client.idle().filter(|_| matches!(done, Ok((_, true))));
    client.close().await;
    let (exit, _) = done.map_err(|failure| failure.in_words(&WORDS))?;
    if let Some(idle) = idle {
        eprintln!("{idle}");
    }
    Ok(exit)
}

/// Does it. Returns the exit code, and whether something was changed that goes on only where somebody runs the folder.
async fn ask(client: &Client, globals: &Globals, args: &Args, body: &BulkBody) -> Result<(Exit, bool), Failure> {
    if args.dry_run {
        let found = client.post(PATH, body).await?;
        would(globals, &found)?;
        return Ok((Exit::Done, false));
    }
    confirm(client, args, body).await?;
    // A data folder that nobody has open is gone on with here, as long as this command waits.
    if let (Client::Local { host, .. }, false) = (client, args.no_wait) {
        server::take_up_jobs(host);
    }
    let made = client.post(PATH, body).await?;
    let last = if args.no_wait { Some(made) } else { waited(client, globals, made).await? };
    let Some(last) = last else { return Ok((Exit::Interrupted, true)) };
    let job: Job = last.read()?;
    if globals.json {
        output::json(&last.0);
    } else {
        tell(&job, globals);
    }
    let bad = job.failed > 0 || matches!(job.status, JobStatus::Failed | JobStatus::Cancelled);
    let moves = job.status == JobStatus::Running || (body.action != Action::Cancel && job.done > 0);
    Ok((if bad { Exit::Failed } else { Exit::Done }, moves))
}

/// Looks at the job until it has ended. None after Ctrl-C, which leaves it to whoever has the folder, now or next.
pub async fn waited(client: &Client, globals: &Globals, made: Reply) -> Result<Option<Reply>, Failure> {
    let progress = std::io::stderr().is_terminal();
    let mut last = made;
    loop {
        let job: Job = last.read()?;
        if progress {
            eprint!("\r{}", output::dim(&counts(&job)));
        }
        if job.status != JobStatus::Running {
            break;
        }
        let again = client.get(&job.links.itself);
        let looked = async {
            tokio::time::sleep(limits::FOLLOW).await;
            again.await
        };
        tokio::select! {
            found = looked => last = found?,
            _ = tokio::signal::ctrl_c() => {
                let shown = globals.pasted(&["jobs", &job.job_id]);
                eprintln!("\nthe job is left as it is; how far it comes: {shown}; `--cancel` ends it");
                return Ok(None);
            }
        }
    }
    if progress {
        eprintln!();
    }
    Ok(Some(last))
}

/// How far a job has come, in a line.
pub fn counts(job: &Job) -> String {
    let met = job.done + job.refused + job.failed;
    let more = if job.matched_more { " or more" } else { "" };
    let mut text = format!("{met} of {}{more}: {} done", job.matched.max(met), job.done);
    for (count, what) in [(job.refused, "refused"), (job.failed, "failed")] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
}

/// Tells people of a job: its counts on stdout, and what stood in the way on stderr.
pub fn tell(job: &Job, globals: &Globals) {
    output::line(&format!("{} {} is {}: {}", job.action, job.job_id, job.status, counts(job)));
    for error in &job.errors {
        eprintln!("  {}: {}", output::clean(&error.execution_id), output::quoted_lines(&error.message));
    }
    let shown = job.errors.len() as u64;
    let all = job.refused + job.failed;
    if all > shown {
        eprintln!("{}", output::dim(&format!("  and {} more", all - shown)));
    }
    if let Some(waits) = &job.waits {
        eprintln!("it waits: {}", output::quoted_lines(waits));
    }
    if job.status == JobStatus::Running {
        eprintln!("{}", output::dim(&format!("how far it comes: {}", globals.pasted(&["jobs", &job.job_id]))));
    }
}

/// Shows what a job would meet.
fn would(globals: &Globals, found: &Reply) -> Result<(), Failure> {
    if globals.json {
        output::json(&found.0);
        return Ok(());
    }
    let would: WouldMeet = found.read()?;
    let statuses: Vec<String> = would.statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let told = if statuses.is_empty() { String::new() } else { format!(" ({})", statuses.join(", ")) };
    output::line(&format!("would {} {}{told}", would.action, meant(&would)));
    would.executions.iter().for_each(|id| output::line(&format!("  {}", output::clean(id))));
    let left = would.matched - would.executions.len() as u64;
    if left > 0 {
        eprintln!("{}", output::dim(&format!("  and {left} more")));
    }
    Ok(())
}

/// How many executions are meant.
fn meant(would: &WouldMeet) -> String {
    let more = if would.matched_more { " or more" } else { "" };
    format!("{}{more}", output::counted(would.matched as usize, "execution"))
}

/// Asks the person at the terminal before many executions are ended. A script that names what is to go means it.
async fn confirm(client: &Client, args: &Args, body: &BulkBody) -> Result<(), Failure> {
    if args.yes || body.action != Action::Cancel || !stdin().is_terminal() {
        return Ok(());
    }
    let dry = BulkBody { dry_run: Some(true), ..body.clone() };
    let would: WouldMeet = client.post(PATH, &dry).await?.read()?;
    eprint!("cancel {}? [y/n] ", meant(&would));
    let mut line = String::new();
    let said = stdin().read_line(&mut line).is_ok() && line.trim().to_ascii_lowercase().starts_with('y');
    if said { Ok(()) } else { Err(Failure::failed("nothing was cancelled", "answer y, or give --yes")) }
}

/// The body of the request. A usage error where nothing says which executions are meant.
fn body(args: &Args) -> Result<BulkBody, Failure> {
    let mut metadata = BTreeMap::new();
    for pair in &args.metadata {
        let hint = "write --metadata KEY=VALUE";
        let (key, value) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("`{pair}` names no value"), hint))?;
        metadata.insert(key.to_owned(), value.to_owned());
    }
    let filter = BulkFilter {
        workflow_id: args.workflow.clone(),
        status: args.status.iter().flat_map(|text| text.split(',')).map(|word| word.trim().to_owned()).collect(),
        since: args.since.clone(),
        until: args.until.clone(),
        metadata,
    };
    if filter == BulkFilter::default() {
        let hint = "say which: --workflow ID, --status failed, --since TIME, --until TIME or --metadata KEY=VALUE";
        return Err(Failure::usage("nothing says which executions are meant", hint));
    }
    let dry_run = args.dry_run.then_some(true);
    Ok(BulkBody { action: args.action.into(), filter, reason: args.reason.clone(), dry_run })
}
