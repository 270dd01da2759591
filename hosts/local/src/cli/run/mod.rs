//! `stepwell run FILE`: runs one workflow to its end, in this process where nobody else has the data folder. The folder
//! holds it, so that it can be resumed.

mod ask;
mod follow;
mod form;
mod here;
mod lines;
mod progress;
mod sight;
pub mod signals;
mod tell;
mod there;
mod watch;

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    check::Checked,
    client::{self, Client},
    dev::logging,
    folder::Folder,
    output,
    source::{self, STDIN},
};
use document::Workflow;
use serde_json::{Value, json};
use signals::Signals;
use std::{path::PathBuf, sync::Arc};
use stepwell_core::event::Started;
use there::Ended;

/// The arguments of `stepwell run`.
#[derive(Clone, clap::Args)]
pub struct Args {
    /// The workflow file, JSON or YAML; - for stdin
    #[arg(required_unless_present = "resume")]
    file: Option<PathBuf>,
    /// The input: JSON, @FILE or - for stdin
    #[arg(long, short, value_name = "JSON", conflicts_with = "resume", allow_negative_numbers = true)]
    input: Option<String>,
    /// Go on with this execution instead of starting one; the file may be left out
    #[arg(long, value_name = "ID")]
    resume: Option<String>,
    /// Ask nobody: leave it waiting (exit 3) where a person is needed
    #[arg(long)]
    no_input: bool,
    /// Run it again each time that the file changes, until stopped
    #[arg(long, requires = "file", conflicts_with = "resume")]
    watch: bool,
    /// What the host may take and do.
    #[command(flatten)]
    allowed: Allowed,
}

/// What is to be run, and how it is told.
pub struct Plan {
    /// The workflow file as it was given; none where only an execution is resumed.
    file: Option<PathBuf>,
    what: What,
    /// Whether nobody can be asked.
    silent: bool,
    allowed: Allowed,
}

/// What is to be run.
enum What {
    /// A new execution of a document that is in hand.
    Document(Arc<Workflow>, Arc<Value>, Value),
    /// A new execution of a saved workflow.
    Saved(super::start::Saved),
    /// An execution that was started before, and the workflow that it should be of, where a file names one.
    Resumed(String, Option<Arc<Workflow>>),
}

/// Runs or resumes an execution. Exit 0 where it completed, 1 where it failed or is stuck, 2 where the command or a
/// file was wrong, 3 where it is left waiting, 130 where Ctrl-C stopped it.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    logging(globals.json);
    if args.watch {
        return watch::run(globals, args).await;
    }
    let plan = Plan::read(args)?;
    plan.run(globals, Signals::listen()?).await
}

impl Plan {
    /// Reads the file and the input. A failure where either is wrong.
    fn read(args: Args) -> Result<Self, Failure> {
        let Args { file, input, resume, no_input, allowed, .. } = args;
        let from_stdin = [input.as_deref() == Some(STDIN), file.as_ref().is_some_and(|file| file.as_os_str() == STDIN)];
        if from_stdin == [true; 2] {
            let hint = "put one of them into a file: --input @FILE";
            return Err(Failure::usage("stdin cannot be both the workflow and the input", hint));
        }
        let checked = file.as_deref().map(Checked::read).transpose()?;
        let workflow = checked.as_ref().map(Checked::workflow).transpose()?;
        if let Some(checked) = &checked {
            checked.tell();
        }
        let input = input.as_deref().map(|input| source::input(input, "--input")).transpose()?;
        let what = match (resume, workflow, checked) {
            (Some(id), workflow, _) => What::Resumed(id, workflow),
            (None, Some(workflow), Some(checked)) => {
                What::Document(workflow, checked.document(), input.unwrap_or_else(|| json!({})))
            }
            (None, ..) => return Err(Failure::usage("no workflow was named", "give its file, or --resume ID")),
        };
        // Where stdin gives the workflow or its input, it cannot give answers to questions as well.
        let silent = no_input || from_stdin.contains(&true);
        Ok(Self { file, what, silent, allowed })
    }

    /// A plan to start a saved workflow, and to follow it.
    pub fn of_saved(saved: super::start::Saved, silent: bool, allowed: Allowed) -> Self {
        Self { file: None, what: What::Saved(saved), silent, allowed }
    }

    /// Runs it: on the host at `--url`, on the one that has the data folder, or else in this process. Where a `run`
    /// that has the folder ends first, this process takes over.
    pub async fn run(mut self, globals: &Globals, signals: Signals) -> Outcome {
        if let Some(url) = &globals.url {
            self.allowed.refuse_for(url)?;
            let client = client::over(url, globals.token())?;
            return match self.there(globals, &client, signals).await? {
                Ended::With(exit) => Ok(exit),
                Ended::Gone(id) => Err(Failure::failed(
                    format!("the host at {url} cannot be reached any more; the execution is {id}"),
                    "look at it later with `stepwell show`",
                )
                .with_code(client::UNREACHABLE)),
            };
        }
        // What is wrong with the options is told before anything else is done.
        self.allowed.options()?;
        loop {
            match Folder::find(globals, || self.allowed.options()).await? {
                Folder::Open(host) => return self.here(globals, &host, signals).await,
                Folder::Held(client) => match self.there(globals, &client, signals.clone()).await? {
                    Ended::With(exit) => return Ok(exit),
                    Ended::Gone(id) => {
                        eprintln!("{}", output::dim("the process that had the data folder ended: this one goes on"));
                        self.what = What::Resumed(id, None);
                    }
                },
            }
        }
    }

    /// Checks that an execution is of the workflow of the file, where there is one. The file only names the workflow:
    /// the execution goes on by the document it was started with, so other content is only worth a note.
    fn fits(workflow: Option<&Workflow>, id: &str, of: &str, hash: Option<&str>) -> Result<(), Failure> {
        let Some(workflow) = workflow else { return Ok(()) };
        if of != workflow.id.as_str() {
            let message = format!("execution {id} is of workflow {of}, and the file has {}", workflow.id);
            let hint = "name the file that it was started with, or none";
            return Err(Failure::usage(message, hint).with_code("other_workflow"));
        }
        if hash.is_some_and(|hash| hash != workflow.hash) {
            let note = "the file has changed since: the execution goes on by what it was started with";
            eprintln!("{} {note}", output::yellow("note:"));
        }
        Ok(())
    }

    /// The same, of an execution in this process.
    fn fits_started(workflow: Option<&Workflow>, started: &Started) -> Result<(), Failure> {
        let (id, of) = (started.execution_id.as_str(), started.workflow_id.as_str());
        Self::fits(workflow, id, of, Some(&started.workflow_hash))
    }
}

/// Tells the id of an execution, before anything of it runs.
fn announce(id: &str) {
    eprintln!("{}", output::dim(&format!("execution {id}")));
}

/// Reads what is shown of an execution at its end, and tells it.
async fn conclude(
    plan: &Plan,
    globals: &Globals,
    client: &Client,
    id: &str,
    end: follow::End,
) -> Result<Exit, Failure> {
    let execution = client.get(&format!("/v1/executions/{}", client::escaped(id))).await?;
    if globals.json {
        output::json(&execution.0);
    }
    Ok(plan.tell(globals, client, &execution.read()?, end))
}
