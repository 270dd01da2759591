//! The Lambda function `supervisor`: what is overdue, undelivered or dead.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::process::ExitCode;
use stepwell_supervisor::lambda;

fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &aws::connect(None)?;
    run(service_fn(move |event: LambdaEvent<_>| async move {
        host.begins(aws::deadline(event.context.deadline));
        lambda::handle(host, event.payload).await
    }))
    .await
}
