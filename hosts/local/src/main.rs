//! The `stepwell` binary: the command line, and the child process in which `code` nodes run JavaScript.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A `code` node starts this binary as a child to run JavaScript, within milliseconds: nothing else comes first.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    cli::main()
}
