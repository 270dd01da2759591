//! The Lambda function `status`: serves everything that only reads, and the pages of the dashboard. It streams through its
//! function URL, and answers in one piece behind API Gateway.

#![cfg(feature = "lambda")]

use api::{App, executions};
use aws::{
    Aws,
    runtime::telemetry::{Call, observed},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::{process::ExitCode, sync::Arc};

/// Serves what Lambda hands to this process, until it ends it.
pub fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect()?);
    let document = Some(api::DOCUMENT);
    let jwt = api::Jwt::from_env(&aws::owner()?, Arc::new(aws::Fetcher::default()))?;
    let app = App { document, ..App::behind_gateway(host.clone(), Aws::abilities()).with_jwt(jwt) };
    let service = &web::pages_nowhere(api::service(Arc::new(app), executions::reads().merge(web::routes())));
    run(service_fn(move |event: LambdaEvent<_>| async move {
        host.begins(aws::deadline(event.context.deadline));
        let (request_id, xray) = (event.context.request_id.clone(), event.context.xray_trace_id.clone());
        let call = Call { function: "status", request_id: &request_id, xray: xray.as_deref() };
        observed(call, || host.used(), api::lambda::answer(service, event)).await
    }))
    .await
}
