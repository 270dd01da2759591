//! The Lambda function `callback`: serves interactions, their answers and signals, and opens the pauses that the wait
//! state machine begins.

use api::App;
use aws::{
    Aws,
    telemetry::{Call, observed},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use std::{process::ExitCode, sync::Arc};
use stepwell_callback::{lambda, routes};

fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect()?);
    let service = &api::service(Arc::new(App::behind_gateway(host.clone(), Aws::abilities())), routes());
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (context.request_id.clone(), context.xray_trace_id.clone());
        let call = Call { function: "callback", request_id: &request_id, xray: xray.as_deref() };
        observed(call, || host.used(), lambda::handle(host, service, payload.get(), context)).await
    }))
    .await
}
