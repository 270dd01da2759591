//! Tells how an execution that was followed ended, and the command that goes on with it.

use super::{follow::End, plan::Plan};
use crate::{
    Exit, Failure, Globals,
    client::{self, Client},
    commands, limits, output, warnings,
};
use api::types::Execution;
use stepwell_core::execution::Status;

impl Plan {
    /// Tells how the execution ended: the result on stdout, everything else on stderr. Returns the exit code.
    pub(super) fn tell(&self, globals: &Globals, client: &Client, execution: &Execution, end: End) -> Exit {
        let (id, message) = (&execution.execution_id, output::quoted_lines(&execution.message));
        if end != End::Interrupted {
            warnings::tell(&execution.warnings);
        }
        match end {
            End::Interrupted => {
                self.tell_interrupted(globals, client, id);
                return Exit::Interrupted;
            }
            End::Waiting => {
                eprintln!("{} {}", output::yellow("waiting:"), message);
                let served = client.idle().is_none();
                for question in &execution.pending_interactions {
                    commands::ways(question, globals, served).iter().for_each(|line| eprintln!("{line}"));
                }
                // A host that moves all executions of its folder goes on by itself.
                let then = if client.idle().is_some() { "then go on with" } else { "then it goes on; follow it with" };
                eprintln!("  {then}: {}", self.again(globals, id));
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
                eprintln!("{} more is shown by {}", output::cyan("help:"), globals.pasted(&["show", id]));
                Exit::Failed
            }
        }
    }

    fn tell_interrupted(&self, globals: &Globals, client: &Client, id: &str) {
        if client.is_folder() {
            let grace = limits::GRACE.as_secs();
            eprintln!("stopping: what runs is given {grace} s to end (Ctrl-C again stops at once)");
            eprintln!("resume with: {}", self.again(globals, id));
            return;
        }
        eprintln!("this command stops; the execution goes on where it runs");
        eprintln!("follow it with: {}", self.again(globals, id));
    }

    /// The whole command that goes on with the execution: what it takes and may do included.
    fn again(&self, globals: &Globals, id: &str) -> String {
        let file = self.file.as_ref().map(|file| file.to_string_lossy()).filter(|file| file != crate::source::STDIN);
        let words: Vec<&str> = ["run"].into_iter().chain(file.as_deref()).chain(["--resume", id]).collect();
        format!("{}{}", globals.pasted(&words), self.allowed.flags())
    }
}

/// Tells the id of an execution, before anything of it runs.
pub fn announce(id: &str) {
    eprintln!("{}", output::dim(&format!("execution {id}")));
}

/// Reads what is shown of an execution at its end, and tells it.
pub async fn conclude(plan: &Plan, globals: &Globals, client: &Client, id: &str, end: End) -> Result<Exit, Failure> {
    let execution = client.get(&format!("/v1/executions/{}", client::escaped(id))).await?;
    if globals.json {
        output::json(&execution.0);
    }
    Ok(plan.tell(globals, client, &execution.read()?, end))
}
