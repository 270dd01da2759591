//! The Lambda function `step`: takes batches of the step queue, and returns which of their messages failed.

use aws::runtime::{
    step::handle,
    telemetry::{Call, observed},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use nodes::{AllowList, AwsRole, Ceilings, Config, Nodes};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    // JavaScript runs in a child process, which is this program again. It must be sandboxed before anything else is set
    // up.
    if std::env::args_os().nth(1).is_some_and(|first| first == "__js") {
        return nodes::js_child_main();
    }
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &aws::connect_behind_messages(Some(Arc::new(nodes()?)))?;
    run(service_fn(move |LambdaEvent { payload, context }: LambdaEvent<_>| async move {
        host.begins(aws::deadline(context.deadline));
        let call = Call { function: "step", request_id: &context.request_id, xray: context.xray_trace_id.as_deref() };
        Ok::<_, Error>(observed(call, || host.used(), handle(host, payload)).await)
    }))
    .await
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
