//! `stepwell run FILE`: runs one workflow to its end in this process. The data folder holds it, so that it can be
//! resumed.

mod ask;
mod follow;
mod form;
mod lines;
mod progress;
pub mod signals;

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    check::Checked,
    client::{Client, escaped, unopened},
    limits,
    logging::{About, LogArgs},
    output, source,
};
use api::types::{Execution, Fault, ResumeBody};
use document::Workflow;
use engine::{
    port::{ExecutionFilter, Host},
    start::{StartError, StartRequest},
};
use follow::{End, Follow};
use serde_json::{Map, Value, json};
use signals::Signals;
use std::{path::PathBuf, sync::Arc};
use stepwell::{
    Local,
    server::{self, Callers, Stop},
};
use stepwell_core::{execution::Status, id::ExecutionId};

/// The arguments of `stepwell run`.
#[derive(clap::Args)]
pub struct Args {
    /// The workflow file, JSON or YAML
    file: PathBuf,
    /// The input: JSON, @FILE or - for stdin
    #[arg(long, short, value_name = "JSON", conflicts_with = "resume", allow_negative_numbers = true)]
    input: Option<String>,
    /// Go on with this execution instead of starting one
    #[arg(long, value_name = "ID")]
    resume: Option<String>,
    /// Ask nobody: leave it waiting (exit 3) where a person is needed
    #[arg(long)]
    no_input: bool,
    /// What the host may take and do.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    logging: LogArgs,
}

/// Runs or resumes an execution. Exit 0 where it completed, 1 where it failed or is stuck, 2 where the command or a
/// file was wrong, 3 where it is left waiting, 130 where Ctrl-C stopped it.
pub async fn run(globals: &Globals, mut args: Args) -> Outcome {
    if globals.url.is_some() {
        let hint = "save it there and start it over the API, or leave --url out";
        return Err(Failure::usage("`run` runs a workflow in this process, not on another host", hint));
    }
    let _logs = args.logging.begin(About::OneExecution, globals.json)?;
    let checked = Checked::read(&args.file)?.with_scripts().await;
    let workflow = checked.workflow()?;
    checked.tell();
    let input = args.input.as_deref().map(|input| source::input(input, "--input")).transpose()?;
    // Where stdin gives the input, it cannot give answers to questions as well.
    args.no_input |= args.input.as_deref() == Some("-");
    let options = args.allowed.options()?;
    let signals = Signals::listen()?;
    let host = server::open_with(&globals.data(), options).map_err(|error| unopened(&error))?;
    let done = execute(globals, &args, &host, workflow, input.unwrap_or_else(|| json!({})), signals).await;
    host.shutdown(limits::GRACE).await;
    done
}

/// Starts or resumes the execution, follows it, and tells how it ended.
async fn execute(
    globals: &Globals,
    args: &Args,
    host: &Arc<Local>,
    workflow: Arc<Workflow>,
    input: Value,
    signals: Signals,
) -> Outcome {
    let client = Client::Local { host: host.clone(), router: server::router(host, Callers::Own, &Stop::never()) };
    let (id, told) = match &args.resume {
        Some(id) => resume(host, &client, id, &workflow).await?,
        None => {
            tell_of_secrets(globals, host, &workflow).await?;
            (start(host, workflow, input).await?, 0)
        }
    };
    eprintln!("{}", output::dim(&format!("execution {id}")));
    tell_of_others(host, &id).await?;
    // The workers start last, so that people see the id before anything runs.
    server::start(host).await?;
    let end = Follow::new(host, &client, &id, args.no_input, signals).after(told).follow().await?;
    let execution = client.get(&format!("/v1/executions/{}", escaped(id.as_str()))).await?;
    if globals.json {
        output::json(&execution.0);
    }
    Ok(tell(globals, args, &execution.read()?, end))
}

/// Tells which secrets the workflow names that are not stored, before anything of it runs: a node that needs one fails.
async fn tell_of_secrets(globals: &Globals, host: &Local, workflow: &Workflow) -> Result<(), Failure> {
    for name in workflow.secrets() {
        if host.secrets().secret(server::OWNER, name).await?.is_none() {
            let command = format!("stepwell secret set {name}{}", globals.data_flag());
            eprintln!("{} no secret is stored under the name `{name}`: {command}", output::yellow("warning:"));
        }
    }
    Ok(())
}

/// Starts an execution of the file's workflow. A failure tells each violation of `input_schema`.
async fn start(host: &Arc<Local>, workflow: Arc<Workflow>, input: Value) -> Result<ExecutionId, Failure> {
    let request = StartRequest {
        owner: server::OWNER.into(),
        workflow,
        version: 0,
        input,
        metadata: Map::new(),
        started_by: Some(server::local_subject()),
        trigger: None,
        idempotency: None,
        awaited: false,
    };
    match engine::start::start(&**host, request).await {
        Ok(execution) => Ok(execution.id().clone()),
        Err(StartError::InvalidInput(violations)) => {
            let count = output::counted(violations.len(), "violation");
            let errors = violations.into_iter().map(|one| Fault {
                code: "schema".into(),
                path: one.path,
                message: one.message,
                ..Fault::default()
            });
            // Each violation is told with its JSON Pointer, so that the input can be corrected in one go.
            let message = format!("the input does not satisfy the workflow's input_schema: {count}");
            Err(Failure::failed(message, "correct the input and run it again; nothing was started")
                .with_code("invalid_input")
                .with_errors(errors.collect()))
        }
        Err(error) => Err(Failure::failed(error.to_string(), "nothing was started").with_code("not_started")),
    }
}

/// Tells how many other executions of this data folder are alive: what the queue holds of them goes on as well while
/// this process runs.
async fn tell_of_others(host: &Local, id: &ExecutionId) -> Result<(), Failure> {
    let filter = ExecutionFilter {
        owner: server::OWNER.into(),
        statuses: vec![Status::Pending, Status::Running, Status::Waiting, Status::RollingBack],
        ..ExecutionFilter::default()
    };
    let moves =
        host.journal().load_lean(id).await?.is_some_and(|execution| filter.statuses.contains(&execution.status()));
    let others = host.index().count(&filter).await?.saturating_sub(u64::from(moves));
    if others > 0 {
        let count = output::counted(others as usize, "other execution");
        eprintln!("{}", output::dim(&format!("{count} of this data folder may go on meanwhile")));
    }
    Ok(())
}

/// Returns the execution to be resumed, and the number of its last turn so far. A paused one is set going.
async fn resume(
    host: &Arc<Local>,
    client: &Client,
    id: &str,
    workflow: &Workflow,
) -> Result<(ExecutionId, u64), Failure> {
    let id = ExecutionId::from(id);
    let Some(execution) =
        host.journal().load_lean(&id).await?.filter(|execution| execution.started.owner == server::OWNER)
    else {
        let hint = "`stepwell ls` lists those of this data folder; --data names another";
        return Err(Failure::usage(format!("there is no execution {id}"), hint).with_code("not_found"));
    };
    // The file only names the workflow. The execution goes on by the document it was started with, so another id is a
    // mistake, and other content is only worth a note.
    let started = &execution.started;
    if started.workflow_id != workflow.id {
        let message =
            format!("execution {id} is of workflow {}, and the file has {}", started.workflow_id, workflow.id);
        return Err(Failure::usage(message, "name the file that it was started with").with_code("other_workflow"));
    }
    if started.workflow_hash != workflow.hash {
        let note = "the file has changed since: the execution goes on by what it was started with";
        eprintln!("{} {note}", output::yellow("note:"));
    }
    if execution.paused && !execution.status().is_terminal() {
        client.post(&format!("/v1/executions/{}/resume", escaped(id.as_str())), &ResumeBody::default()).await?;
    }
    Ok((id, execution.seq))
}

/// Tells how the execution ended: the result on stdout, everything else on stderr. Returns the exit code.
fn tell(globals: &Globals, args: &Args, execution: &Execution, end: End) -> Exit {
    let (id, message) = (&execution.execution_id, output::clean(&execution.message));
    let again =
        format!("stepwell run {} --resume {id}{}", output::quoted(&args.file.to_string_lossy()), globals.data_flag());
    match end {
        End::Interrupted => {
            let grace = limits::GRACE.as_secs();
            eprintln!("stopping: what runs is given {grace} s to end (Ctrl-C again stops at once)");
            eprintln!("resume with: {again}");
            return Exit::Interrupted;
        }
        End::Waiting => {
            eprintln!("{} {}", output::yellow("waiting:"), message);
            for question in &execution.pending_interactions {
                eprintln!("  answer with: {}", ask::command(question, &globals.data_flag()));
            }
            eprintln!("  then go on with: {again}");
            return Exit::Waiting;
        }
        End::Over => {}
    }
    // Without `--json` the output alone is on stdout, so that a script can read it.
    match execution.status {
        Status::Completed => {
            if !globals.json {
                output::value(&execution.output);
            }
            Exit::Done
        }
        status => {
            eprintln!("{} {status}: {message}", output::red("✗"));
            eprintln!("{} stepwell show {id}{} says more", output::cyan("help:"), globals.data_flag());
            Exit::Failed
        }
    }
}
