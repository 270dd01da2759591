//! The HTTP service of this function, that of agents among it. What lies in Secrets Manager is read when a request needs it first: the key of
//! people's links, and Slack's credentials.

use api::{App, Jwt, Problem, Routes, chat, executions, people};
use aws::{Aws, services::slack::SlackOfStack};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use engine::port::{Host, SlackDesk, StoreError};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tower::ServiceExt;

/// The route that Slack calls.
const SLACK: &str = "/v1/hooks/slack";

/// Questions, answers, the pages of people's links, the route of Slack, and signals.
pub fn service(host: Arc<Aws>, jwt: Option<Arc<Jwt>>, slack: Option<SlackOfStack>) -> Router {
    let service = made(&host, jwt.clone(), None);
    match slack {
        Some(slack) => {
            let door = Door { host, jwt, slack, service: OnceCell::new() };
            service.layer(from_fn_with_state(Arc::new(door), to_slack))
        }
        None => service,
    }
}

fn made(host: &Arc<Aws>, jwt: Option<Arc<Jwt>>, desk: Option<Arc<dyn SlackDesk>>) -> Router {
    let app = App::behind_gateway(host.clone(), Aws::abilities()).with_jwt(jwt);
    let app = App { slack: desk, ..app };
    let about_people: Routes =
        people::routes().merge(web::routes()).layer(from_fn_with_state(host.clone(), with_links));
    // Agents ask people, and start what asks people; chats start executions and answer. This function may do all of it.
    api::service(Arc::new(app), about_people.merge(chat::routes()).merge(executions::signals()).merge(mcp::routes()))
}

/// Answers once links can be made and opened. While their key cannot be read, every link would be an unknown one.
async fn with_links(State(host): State<Arc<Aws>>, request: Request, next: Next) -> Response {
    match host.ready_links().await {
        Ok(()) => next.run(request).await,
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The service with Slack, which is made at the first request that Slack sends.
struct Door {
    host: Arc<Aws>,
    jwt: Option<Arc<Jwt>>,
    slack: SlackOfStack,
    service: OnceCell<Router>,
}

impl Door {
    async fn service(&self) -> Result<Router, StoreError> {
        let make = async || Ok(made(&self.host, self.jwt.clone(), Some(self.slack.slack().await?)));
        self.service.get_or_try_init(make).await.cloned()
    }
}

/// Takes the requests of Slack to the service that has its credentials, and leaves all others alone.
async fn to_slack(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if request.uri().path() != SLACK {
        return next.run(request).await;
    }
    match door.service().await {
        Ok(service) => service.oneshot(request).await.into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
