//! The side of the child process: it runs requests, one after the other, until its input ends.

use super::{
    limit,
    sandbox::Sandbox,
    wire::{self, Request},
};
use std::{
    io::{self, BufReader, Write},
    process::ExitCode,
};

/// The `main` of a child process. A host calls it when its first argument is `__js`, before anything else. It reads
/// requests from stdin, writes to stdout, and ends when stdin does.
pub fn js_child_main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    limit::confine()?;
    let mut input = BufReader::new(io::stdin().lock());
    let mut sandbox = Sandbox::default();
    while let Some(Request { code, names, limit }) = wire::read_request(&mut input)? {
        limit::allow_cpu(limit)?;
        let end = sandbox.run(&code, names, limit);
        let mut output = io::stdout().lock();
        output.write_all(&wire::end(&end))?;
        output.flush()?;
    }
    Ok(())
}
