//! `stepwell run FILE`: runs one workflow to its end, in this process where nobody else has the data folder. The folder
//! holds it, so that it can be resumed.

mod ask;
mod data;
mod editor;
mod follow;
mod form;
mod here;
pub mod lines;
mod next;
pub mod plan;
mod progress;
mod sight;
pub mod signals;
mod tell;
mod there;
mod watch;

pub use plan::Args;

use super::{
    Failure, Globals, Outcome,
    client::{self, Client},
    folder::Folder,
    logging::About,
    output,
};
use plan::{Ended, Plan, What};
use signals::Signals;

/// Runs or resumes an execution. Exit 0 where it completed, 1 where it failed or is stuck, 2 where the command or a
/// file was wrong, 3 where it is left waiting, 130 where Ctrl-C stopped it.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let _logs = args.logging.begin(About::OneExecution, globals.json)?;
    if args.watch {
        return watch::run(globals, args).await;
    }
    let plan = Plan::read(args).await?;
    plan.run(globals, Signals::listen()?).await
}

impl Plan {
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
        self.allowed.options(globals.owner())?;
        loop {
            match Folder::find(globals, || self.allowed.options(globals.owner())).await? {
                Folder::Open(host) => return self.here(globals, &host, signals).await,
                Folder::Held(holder) => {
                    let client = Client::of_holder(holder, globals)?;
                    match self.there(globals, &client, signals.clone()).await? {
                        Ended::With(exit) => return Ok(exit),
                        Ended::Gone(id) => {
                            eprintln!(
                                "{}",
                                output::dim("the process that had the data folder ended: this one goes on")
                            );
                            self.what = What::Resumed(id, None);
                        }
                    }
                }
            }
        }
    }
}
