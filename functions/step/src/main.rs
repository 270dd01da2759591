//! The Lambda function `step`: batches of the step queue in, partial batch responses out.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::process::ExitCode;
use stepwell_step::lambda;

fn main() -> ExitCode {
    // A child that runs JavaScript is this program again: nothing comes before it.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &aws::connect(Some(lambda::runner()?))?;
    run(service_fn(move |event: LambdaEvent<_>| async move {
        host.begins(aws::deadline(event.context.deadline));
        Ok::<_, Error>(lambda::handle(host, event.payload).await)
    }))
    .await
}
