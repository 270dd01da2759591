//! The Lambda function `supervisor`: looks after executions that are overdue, effects that were not delivered and dead
//! letters, starts what schedules ask for, and goes on with jobs over many executions.

#![cfg(feature = "lambda")]

use aws::runtime::{
    supervise::handle,
    telemetry::{Call, observed},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::process::ExitCode;

/// Serves what Lambda hands to this process, until it ends it.
pub fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &aws::connect_behind_messages(None)?;
    run(service_fn(move |LambdaEvent { payload, context }: LambdaEvent<_>| async move {
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (&context.request_id, context.xray_trace_id.as_deref());
        let call = Call { function: "supervisor", request_id, xray };
        // In a box, since the compiler would not see to the bottom of all that this may lead to.
        observed(call, || host.used(), Box::pin(handle(host, payload))).await
    }))
    .await
}
