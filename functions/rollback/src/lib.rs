//! The Lambda function `rollback`: serves what controls executions: pause, resume, cancel, retry, rollback,
//! backtrack, the ways out of `stuck`, import, deletion, and jobs over many of them.

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
    let jwt = api::Jwt::from_env(&aws::owner()?, Arc::new(aws::Fetcher::default()))?;
    let app = App::behind_gateway(host.clone(), Aws::abilities()).with_jwt(jwt);
    let service = &api::service(Arc::new(app), executions::controls().merge(web::dashboard()));
    run(service_fn(move |event: LambdaEvent<_>| async move {
        let LambdaEvent { payload, context } = event;
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (context.request_id.clone(), context.xray_trace_id.clone());
        let call = Call { function: "rollback", request_id: &request_id, xray: xray.as_deref() };
        observed(call, || host.used(), api::lambda::whole(service, payload, context)).await
    }))
    .await
}
