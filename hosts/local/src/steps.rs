//! What the queue's messages are handed to.

use crate::{Local, queue::Handler};
use async_trait::async_trait;
use engine::port::{Delivery, Verdict};
use std::sync::{Arc, Weak};
use stepwell_core::effect::Message;

/// Seconds before a message is handed out again that came while the host was going.
const GONE_SECONDS: f64 = 1.0;

/// The step function, and the supervisor for what it gives up. The host owns the queue, which owns this.
pub struct Steps(Weak<Local>);

impl Steps {
    /// For a host.
    pub fn of(host: &Arc<Local>) -> Self {
        Self(Arc::downgrade(host))
    }
}

#[async_trait]
impl Handler for Steps {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        match self.0.upgrade() {
            Some(host) => engine::step::handle(&*host, deliveries).await,
            None => vec![Verdict::Return { after_seconds: GONE_SECONDS, error: None }; deliveries.len()],
        }
    }

    async fn dead(&self, message: &Message, error: &str) -> Result<(), String> {
        let Some(host) = self.0.upgrade() else { return Err("the host is gone".into()) };
        engine::supervise::bury(&*host, message, error).await.map_err(|error| error.to_string())
    }
}
