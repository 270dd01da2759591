//! The Lambda function `step` as a program of its own, which the tests run. What ships is `stepwell-lambda`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stepwell_step::main()
}
