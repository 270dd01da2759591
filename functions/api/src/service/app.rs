//! What every handler is given: the host, and what the service knows about its surroundings.

use crate::{Caller, Jwt, Metric, Rates, SignIn, Stop, Tails, limits};
use document::Workflow;
use engine::{
    drive::workflow_of,
    fair::Gate,
    port::{Host, SlackDesk, StoreError},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::{execution::Execution, id::ExecutionId};
use utoipa_axum::router::OpenApiRouter;

/// The routes of one function, with their part of the OpenAPI document.
pub type Routes = OpenApiRouter<Arc<App>>;

/// The state of the service, shared by all requests.
pub struct App {
    /// Store, catalogue, clock and runner of nodes.
    pub host: Arc<dyn Host>,
    /// The caller that a request without a token counts as, on a host that signs its one user in by itself. None: every
    /// request needs a token.
    pub local_user: Option<Caller>,
    /// Which requests without a token are those of the local user, where there is one.
    pub sign_in: SignIn,
    /// Verifies JSON Web Tokens of the issuer that the operator configured. None: API tokens alone are taken.
    pub jwt: Option<Arc<Jwt>>,
    /// Who computes in this process: requests have their turns by owner.
    pub turns: Arc<Gate>,
    /// Tells requests that wait that the host stops.
    pub stop: Stop,
    /// What event streams of the same execution read together.
    pub tails: Tails,
    /// Bounds how many requests each owner may send. None: this process counts no requests.
    pub rates: Option<Rates>,
    /// Reads the numbers that `GET /metrics` shows; called once for each such request.
    pub metrics: Box<dyn Fn() -> BoxFuture<'static, Vec<Metric>> + Send + Sync>,
    /// What the host can do: a JSON object that `GET /health` shows as `host`.
    pub abilities: Value,
    /// The text of the OpenAPI document, where the API has more routes than this service. None: the document is
    /// generated from the routes of this service.
    pub document: Option<&'static str>,
    /// How long the language models of one draft may take. None: this process asks no model on request.
    pub drafts: Option<Duration>,
    /// Speaks with Slack, for the route that Slack calls. None: the host has no credentials of Slack, and the route says so.
    pub slack: Option<Arc<dyn SlackDesk>>,
}

impl App {
    /// A service whose callers send tokens, with the default bounds on requests.
    pub fn new(host: Arc<dyn Host>) -> Self {
        Self {
            host,
            local_user: None,
            sign_in: SignIn::Loopback,
            jwt: None,
            turns: Arc::new(Gate::to_processors()),
            stop: Stop::never(),
            tails: Tails::default(),
            rates: Some(Rates::default()),
            metrics: Box::new(|| Box::pin(async { Vec::new() })),
            abilities: json!({}),
            document: None,
            drafts: Some(limits::DRAFT),
            slack: None,
        }
    }

    /// A service that runs as several processes behind a gateway. The gateway bounds the rate of requests; a process,
    /// which sees only a part of them, counts none.
    pub fn behind_gateway(host: Arc<dyn Host>, abilities: Value) -> Self {
        Self { rates: None, abilities, drafts: None, ..Self::new(host) }
    }

    /// Lets models write drafts all the same, in the time that the gateway gives.
    pub fn with_drafts(self) -> Self {
        Self { drafts: Some(limits::DRAFT_WHOLE), ..self }
    }

    /// Makes the service take JSON Web Tokens too, where an issuer is configured.
    pub fn with_jwt(self, jwt: Option<Arc<Jwt>>) -> Self {
        Self { jwt, ..self }
    }

    /// Makes the service sign its one user in by itself, as long as there are no tokens. Only for a host that binds
    /// loopback (see [`crate::loopback_only`]).
    pub fn with_local_user(mut self, owner: &str, subject: &str) -> Self {
        self.local_user = Some(Caller::local(owner, subject));
        self
    }

    /// Says that all requests come from the local user's own processes, and so need no token.
    pub fn of_own_processes(self) -> Self {
        Self { sign_in: SignIn::Own, ..self }
    }

    /// Takes what people do in Slack.
    pub fn with_slack(self, desk: Arc<dyn SlackDesk>) -> Self {
        Self { slack: Some(desk), ..self }
    }

    /// The workflow that an execution runs: its document, or the body of a `map` inside the document.
    ///
    /// # Errors
    /// Where the store fails or has lost the document.
    pub async fn workflow(&self, execution: &Execution) -> Result<Arc<Workflow>, StoreError> {
        workflow_of(&*self.host, execution).await
    }

    /// The execution with this id. Values that were offloaded may be missing in its state: code that shows them
    /// does so with [`types::Values`](crate::types::Values), which says what is to be fetched.
    ///
    /// # Errors
    /// 404 where it does not exist or belongs to another owner, so that nobody learns of another owner's executions.
    pub async fn execution(&self, owner: &str, id: &str) -> Result<Arc<Execution>, crate::Problem> {
        let found = self.host.journal().load_lean(&ExecutionId::from(id)).await?;
        match found {
            Some(execution) if execution.started.owner == owner => {
                tracing::Span::current().record("execution", execution.id().as_str());
                Ok(execution)
            }
            _ => Err(crate::Problem::not_found("execution", id)),
        }
    }
}
