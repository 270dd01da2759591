//! The Lambda function `callback`: questions to people, their answers, signals; and pauses, from the wait machine.

use api::App;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::{process::ExitCode, sync::Arc};
use stepwell_callback::{lambda, routes};

fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect(None)?);
    let service = &api::service(Arc::new(App::new(host.clone())), routes());
    run(service_fn(move |event: LambdaEvent<_>| async move {
        host.begins(aws::deadline(event.context.deadline));
        lambda::handle(host, service.clone(), event).await
    }))
    .await
}
