//! The Lambda function `rollback`: pause, resume, cancel, deletion.

use api::App;
use lambda_http::{Error, Request, Service, run, service_fn};
use std::{process::ExitCode, sync::Arc};
use stepwell_rollback::routes;

fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect(None)?);
    let service = &api::service(Arc::new(App::new(host.clone())), routes());
    run(service_fn(move |request: Request| async move {
        host.begins(aws::deadline(request.lambda_context().deadline));
        service.clone().call(request).await
    }))
    .await
}
