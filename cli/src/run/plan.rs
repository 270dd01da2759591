//! What is to be run, read from the arguments, the file and the input.

use crate::{
    Exit, Failure,
    allowed::Allowed,
    check::Checked,
    logging::LogArgs,
    output,
    source::{self, STDIN},
};
use document::Workflow;
use serde_json::{Map, Value, json};
use std::{path::PathBuf, sync::Arc};
use stepwell_core::event::Started;

/// The arguments of `stepwell run`.
#[derive(Clone, clap::Args)]
pub struct Args {
    /// The workflow file, JSON or YAML; - for stdin
    #[arg(required_unless_present = "resume")]
    pub file: Option<PathBuf>,
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
    pub watch: bool,
    /// What the host may take and do.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    pub logging: LogArgs,
}

/// What is to be run, and how it is told.
pub struct Plan {
    /// The workflow file as it was given; none where only an execution is resumed.
    pub file: Option<PathBuf>,
    /// What it is.
    pub what: What,
    /// Whether nobody can be asked.
    pub silent: bool,
    /// What the host may take and do.
    pub allowed: Allowed,
}

/// What is to be run.
pub enum What {
    /// A new execution of a document that is in hand.
    Document(Arc<Workflow>, Value, Value),
    /// A new execution of a saved workflow.
    Saved(Saved),
    /// An execution that was started before, and the workflow that it should be of, where a file names one.
    Resumed(String, Option<Arc<Workflow>>),
}

/// What is started of a saved workflow.
pub struct Saved {
    /// The workflow.
    pub id: String,
    /// Its version; none for the latest.
    pub version: Option<u64>,
    /// The input.
    pub input: Value,
    /// What is kept with the execution.
    pub metadata: Map<String, Value>,
}

impl Saved {
    /// The body of the request that starts it.
    pub fn body(&self) -> Value {
        let mut body = json!({"input": self.input, "metadata": self.metadata});
        if let Some(version) = self.version {
            body["version"] = version.into();
        }
        body
    }
}

/// How an execution elsewhere was left.
pub enum Ended {
    /// It was followed to an end that was told.
    With(Exit),
    /// Its host cannot be reached any more: the id.
    Gone(String),
}

impl Plan {
    /// Reads the file and the input. A failure where either is wrong.
    pub async fn read(args: Args) -> Result<Self, Failure> {
        let Args { file, input, resume, no_input, allowed, .. } = args;
        let from_stdin = [input.as_deref() == Some(STDIN), file.as_ref().is_some_and(|file| file.as_os_str() == STDIN)];
        if from_stdin == [true; 2] {
            let hint = "put one of them into a file: --input @FILE";
            return Err(Failure::usage("stdin cannot be both the workflow and the input", hint));
        }
        let checked = match file.as_deref() {
            Some(file) => Some(Checked::read(file)?.with_scripts().await),
            None => None,
        };
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
    pub fn of_saved(saved: Saved, silent: bool, allowed: Allowed) -> Self {
        Self { file: None, what: What::Saved(saved), silent, allowed }
    }

    /// The workflow of the file; none where there is no file.
    pub fn workflow(&self) -> Option<Arc<Workflow>> {
        match &self.what {
            What::Document(workflow, ..) => Some(workflow.clone()),
            What::Resumed(_, workflow) => workflow.clone(),
            What::Saved(_) => None,
        }
    }

    /// Checks that an execution is of the workflow of the file, where there is one. The file only names the workflow:
    /// the execution goes on by the document it was started with, so other content is only worth a note.
    pub fn fits(workflow: Option<&Workflow>, id: &str, of: &str, hash: Option<&str>) -> Result<(), Failure> {
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
    pub fn fits_started(workflow: Option<&Workflow>, started: &Started) -> Result<(), Failure> {
        let (id, of) = (started.execution_id.as_str(), started.workflow_id.as_str());
        Self::fits(workflow, id, of, Some(&started.workflow_hash))
    }
}
