//! What a step costs on the embedded host, as ratios to what the machine can do, taken in the same run.
//!
//! Run `cargo run --release -p stepwell-benches` on a quiet machine. Nothing is asserted. With the word `functions` it
//! weighs the functions of the AWS host, with the word `bulk` it measures a job over many executions alone, and with
//! `talk` a conversation. With the word `people`, and a number of executions, it asks as many people by mail; it needs the binary `stepwell` beside its own.

mod bulk;
mod engine;
mod fair;
mod functions;
mod http;
mod limits;
mod people;
mod rollback;
mod talk;
mod whatif;
mod world;

use std::process::ExitCode;

/// What the binary `stepwell` allocates by.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The host starts this very program as the child process of `code` nodes.
    if std::env::args().nth(1).as_deref() == Some("__js") {
        return nodes::js_child_main();
    }
    if std::env::args().nth(1).as_deref() == Some("functions") {
        return ended(functions::all());
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = std::env::temp_dir().join(format!("stepwell-bench-{}", std::process::id()));
    let runtime = match local::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the benchmark has no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = match std::env::args().nth(1).as_deref() {
        Some("people") => people::all(&folder),
        Some("bulk") => runtime.block_on(bulk::alone(&folder)),
        Some("talk") => runtime.block_on(talk::two_hundred(&folder)),
        _ => runtime.block_on(engine::all(&folder)),
    };
    let _ = std::fs::remove_dir_all(&folder);
    ended(result)
}

fn ended(result: Result<(), impl std::fmt::Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
