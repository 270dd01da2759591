//! The `stepwell` binary.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A child that runs JavaScript is started by nodes and must be there in milliseconds: nothing comes before it.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    cli::main()
}
