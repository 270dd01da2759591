//! The Lambda function `callback`: serves interactions, their answers, the pages of people's links, Slack and signals,
//! opens the pauses that the wait state machine begins, and records which mails came back.

#![cfg(feature = "lambda")]

mod service;

use aws::{
    Aws,
    runtime::{
        bounce, pause,
        telemetry::{Call, observed},
    },
};
use lambda_http::{Context, request::LambdaRequest};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::{process::ExitCode, sync::Arc};

/// Serves what Lambda hands to this process, until it ends it.
pub fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect_to_people()?);
    let jwt = api::Jwt::from_env(&aws::owner()?, Arc::new(aws::Fetcher::default()))?;
    let service = &service::service(host.clone(), jwt, aws::slack()?);
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (context.request_id.clone(), context.xray_trace_id.clone());
        let call = Call { function: "callback", request_id: &request_id, xray: xray.as_deref() };
        observed(call, || host.used(), handle(host, service, payload.get(), context)).await
    }))
    .await
}

/// What tells a request and an event of SES from a pause of the wait machine.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "requestContext")]
    request: Option<IgnoredAny>,
    source: Option<String>,
}

/// One event of any kind.
async fn handle(host: &Aws, service: &axum::Router, event: &str, context: Context) -> Result<Box<RawValue>, Error> {
    let shape: Shape = serde_json::from_str(event)?;
    if shape.request.is_some() {
        let request: LambdaRequest = serde_json::from_str(event)?;
        return api::lambda::whole(service, request, context).await;
    }
    if shape.source.as_deref() == Some(bounce::SOURCE) {
        return bounce::bounced(host, event).await;
    }
    pause::open(host, event).await
}
