//! The handler of the host's queue: hands messages to the step function, and dead letters to the supervisor.

use crate::{
    Local,
    memory::{Holder, holding},
    queue::Handler,
};
use async_trait::async_trait;
use engine::port::{Delivery, StoreError, Verdict};
use std::sync::{Arc, Weak};
use stepwell_core::effect::Message;

/// Seconds after which a message comes again that was handed out while the host was closing.
const GONE_SECONDS: f64 = 1.0;

/// The handler. Its reference to the host is weak, because the host owns the queue, which owns the handler.
pub struct Steps(Weak<Local>);

impl Steps {
    /// Makes the handler of a host.
    pub fn of(host: &Arc<Local>) -> Self {
        Self(Arc::downgrade(host))
    }
}

impl Local {
    /// Begins to run steps: hands messages to the step function, and those that failed for good to the supervisor.
    pub async fn work(self: &Arc<Self>) -> Result<(), StoreError> {
        self.start(Arc::new(Steps::of(self))).await
    }
}

#[async_trait]
impl Handler for Steps {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        match self.0.upgrade() {
            Some(host) => holding(Holder::of_steps(), engine::step::handle(&*host, deliveries)).await,
            None => vec![Verdict::Return { after_seconds: GONE_SECONDS, error: None }; deliveries.len()],
        }
    }

    async fn dead(&self, message: &Message, error: &str) -> Result<(), String> {
        let Some(host) = self.0.upgrade() else { return Err("the host is gone".into()) };
        engine::supervise::bury(&*host, message, error).await.map_err(|error| error.to_string())
    }
}
