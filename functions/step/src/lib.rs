//! The Lambda function `step`: takes batches of the step queue, and returns which of their messages failed. It also answers
//! requests for drafts.

#![cfg(feature = "lambda")]

mod drafts;

use aws::{
    Aws,
    runtime::{
        step,
        telemetry::{Call, observed},
    },
};
use drafts::Drafts;
use lambda_runtime::{Context, Error, LambdaEvent, run, service_fn};
use nodes::{AllowList, AwsRole, Ceilings, Config, Nodes};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::{RawValue, to_raw_value};
use std::{process::ExitCode, sync::Arc};

/// Serves what Lambda hands to this process, until it ends it.
pub fn main() -> ExitCode {
    // JavaScript runs in a child process, which is this program again. It must be sandboxed before anything else is set
    // up.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect_behind_messages(Some(Arc::new(nodes()?)))?);
    let drafts = &Drafts::new(host.clone());
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (context.request_id.clone(), context.xray_trace_id.clone());
        let call = Call { function: "step", request_id: &request_id, xray: xray.as_deref() };
        observed(call, || host.used(), handle(host, drafts, payload.get(), context)).await
    }))
    .await
}

/// What tells a request from a batch of the step queue.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "requestContext")]
    request: Option<IgnoredAny>,
}

/// One event of either kind.
async fn handle(host: &Aws, drafts: &Drafts, event: &str, context: Context) -> Result<Box<RawValue>, Error> {
    let shape: Shape = serde_json::from_str(event)?;
    match shape.request {
        Some(_) => drafts.answer(event, context).await,
        None => Ok(to_raw_value(&step::handle(host, serde_json::from_str(event)?).await)?),
    }
}

/// Nodes as the environment allows them: `STEPWELL_HTTP_ALLOW` names addresses that are not public, and
/// `STEPWELL_MAX_CODE_SECONDS` and `STEPWELL_MAX_HTTP_SECONDS` bound one attempt. Models on Bedrock are asked by the
/// role of the function.
fn nodes() -> Result<Nodes, String> {
    let http_allow = AllowList::parse(&std::env::var("STEPWELL_HTTP_ALLOW").unwrap_or_default())?;
    let read = |name: &str| std::env::var(name).ok();
    let (ceilings, aws_role) = (Ceilings::read(read)?, AwsRole::read(read));
    Nodes::new(Config { http_allow, ceilings, aws_role, memory: aws::memory(), ..Config::default() })
}
