//! `stepwell run FILE --watch`: runs the workflow again each time that its file changes.

use super::{
    plan::{Args, Plan},
    signals::Signals,
};
use crate::{
    Exit, Failure, Globals, Outcome,
    changes::{changed, mark},
    output,
    source::STDIN,
};

/// Runs it now and at each change, until Ctrl-C; a run that is under way then is left resumable. Exit 0 at the end: each
/// run told how it ended.
pub(super) async fn run(globals: &Globals, args: Args) -> Outcome {
    let Some(file) = args.file.clone().filter(|file| file.as_os_str() != STDIN) else {
        return Err(Failure::usage("--watch needs a file that can change", "name the workflow's file"));
    };
    let mut signals = Signals::listen()?;
    while !signals.heard() {
        let seen = mark(&file);
        let change = signals.or(changed(file.clone(), seen));
        // A file that is wrong, or an execution that fails, is no reason to stop: the next change may put it right.
        let once = match Plan::read(args.clone()).await {
            Ok(plan) => plan.run(globals, change).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = once {
            failure.tell(globals.json);
        }
        if mark(&file) == seen && !signals.heard() {
            eprintln!("{}", output::dim(&format!("waiting for {} to change (Ctrl-C stops)", file.display())));
            tokio::select! {
                () = changed(file.clone(), seen) => {}
                () = signals.first() => {}
            }
        }
    }
    Ok(Exit::Done)
}
