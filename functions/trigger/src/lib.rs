//! The Lambda function `trigger`: handles everything that starts executions, and serves the routes of workflows, tokens,
//! secrets and groups, with the pages about them.

#![cfg(feature = "lambda")]

use api::{
    App, Routes, admin, executions,
    triggers::{self, invocation},
    workflows,
};
use aws::{
    Aws,
    runtime::telemetry::{Call, observed},
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use std::{process::ExitCode, sync::Arc};

/// Serves what Lambda hands to this process, until it ends it.
pub fn main() -> ExitCode {
    aws::main(serve)
}

async fn serve() -> Result<(), Error> {
    let host = &Arc::new(aws::connect_to_check()?);
    let owner = &aws::owner()?;
    let jwt = api::Jwt::from_env(owner, Arc::new(aws::Fetcher::default()))?;
    let app = App::behind_gateway(host.clone(), Aws::abilities()).with_jwt(jwt);
    // Whoever may invoke the function may make API tokens, or nobody may but over HTTP with a token.
    let makes_tokens = std::env::var("STEPWELL_TOKENS_BY_INVOCATION").map_or(true, |word| word != "false");
    let service = &api::service(Arc::new(app), routes());
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let LambdaEvent { payload, context } = event;
        host.begins(aws::deadline(context.deadline));
        let (request_id, xray) = (context.request_id.clone(), context.xray_trace_id.clone());
        let call = Call { function: "trigger", request_id: &request_id, xray: xray.as_deref() };
        let handling = async {
            match makes_tokens {
                true => invocation::handle(service, &**host, owner, payload.get(), context).await,
                false => invocation::handle_without_tokens(service, &**host, owner, payload.get(), context).await,
            }
        };
        observed(call, || host.used(), handling).await
    }))
    .await
}

fn routes() -> Routes {
    let api = workflows::routes().merge(executions::starts()).merge(triggers::routes()).merge(admin::routes());
    api.merge(web::dashboard())
}
