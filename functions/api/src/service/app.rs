//! What every handler is given.

use crate::{Caller, Metric, Rates};
use document::Workflow;
use engine::{
    drive::workflow_of,
    port::{Host, StoreError},
};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::ExecutionId};

/// The state of the service.
pub struct App {
    /// Everything around the rules.
    pub host: Arc<dyn Host>,
    /// Where the host signs its one user in by itself: requests without a token are this user's.
    pub local_user: Option<Caller>,
    /// Requests per owner; none is no bound.
    pub rates: Option<Rates>,
    /// Numbers for `GET /metrics`, read when asked.
    pub metrics: Box<dyn Fn() -> Vec<Metric> + Send + Sync>,
    /// What the host can do, for `GET /health`: an object.
    pub abilities: Value,
    /// The OpenAPI document, where the API has more than the routes of this service.
    pub document: Option<&'static str>,
}

impl App {
    /// A service for callers with tokens.
    pub fn new(host: Arc<dyn Host>) -> Self {
        Self {
            host,
            local_user: None,
            rates: Some(Rates::default()),
            metrics: Box::new(Vec::new),
            abilities: json!({}),
            document: None,
        }
    }

    /// A service of several processes, of whose requests their gateway bounds how many come: here none are counted.
    pub fn behind_gateway(host: Arc<dyn Host>, abilities: Value) -> Self {
        Self { rates: None, abilities, ..Self::new(host) }
    }

    /// A service that signs its one user in by itself. Only for a host that binds loopback (see
    /// [`crate::loopback_only`]).
    pub fn with_local_user(mut self, owner: &str, subject: &str) -> Self {
        self.local_user = Some(Caller::local(owner, subject));
        self
    }

    /// The document that an execution runs by.
    pub async fn workflow(&self, execution: &Execution) -> Result<Arc<Workflow>, StoreError> {
        workflow_of(&*self.host, &execution.started).await
    }

    /// An execution of this owner; another's does not exist. Values that were offloaded may be missing: whoever shows
    /// them computes with [`with_values`](engine::drive::with_values).
    pub async fn execution(&self, owner: &str, id: &str) -> Result<Arc<Execution>, crate::Problem> {
        let found = self.host.load_lean(&ExecutionId::from(id)).await?;
        match found {
            Some(execution) if execution.started.owner == owner => {
                tracing::Span::current().record("execution", execution.id().as_str());
                Ok(execution)
            }
            _ => Err(crate::Problem::not_found("execution", id)),
        }
    }
}
