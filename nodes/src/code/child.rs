//! The side of the child process: it runs requests, one after the other, until its input ends.

use super::{
    confine::{Gaps, confine},
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

/// Confines this process as a child process is, for the test that tries from native code what a child may do. Returns
/// what of the sandbox this system lacks, in words.
///
/// # Errors
/// As of a child process that does not start.
#[doc(hidden)]
pub fn confine_as_js_child() -> io::Result<Option<String>> {
    confine().map(Gaps::told)
}

fn serve() -> io::Result<()> {
    let gaps = confine()?;
    io::stdout().write_all(&wire::hello(gaps)).and_then(|()| io::stdout().flush())?;
    let mut input = BufReader::new(io::stdin().lock());
    let mut sandbox = Sandbox::default();
    while let Some(Request { parse_only, code, names, limit }) = wire::read_request(&mut input)? {
        limit::allow_cpu(limit)?;
        let end = if parse_only { sandbox.parse(&code, limit) } else { sandbox.run(&code, names, limit) };
        let mut output = io::stdout().lock();
        output.write_all(&wire::end(&end))?;
        output.flush()?;
    }
    Ok(())
}
