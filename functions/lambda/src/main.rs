//! The program that ships to Lambda. It is linked once for all functions, since a program that is optimized whole takes
//! minutes to link. The template's `Handler` says which function a process is.

use std::{env::args_os, process::ExitCode};

fn main() -> ExitCode {
    // The child process of a `code` node is this program again, with an empty environment. Only `step` starts one.
    if args_os().nth(1).is_some_and(|first| first == "__js") {
        return stepwell_step::main();
    }
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    match handler.as_str() {
        "callback" => stepwell_callback::main(),
        "rollback" => stepwell_rollback::main(),
        "status" => stepwell_status::main(),
        "step" => stepwell_step::main(),
        "supervisor" => stepwell_supervisor::main(),
        "trigger" => stepwell_trigger::main(),
        other => {
            eprintln!(
                "there is no function {other:?}: say `Handler: step`, or callback, rollback, status, supervisor or \
                 trigger, as infra/template.yaml does"
            );
            ExitCode::FAILURE
        }
    }
}
