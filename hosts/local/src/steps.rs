//! The handler of the host's queue: hands messages to the step function, and dead letters to the supervisor.

use crate::{
    Local,
    memory::{Holder, holding},
    queue::Handler,
    reach::Reach,
};
use async_trait::async_trait;
use engine::port::{Delivery, Host, StoreError, Verdict, Why};
use std::sync::{Arc, Weak};
use stepwell_core::effect::Message;

/// Seconds after which messages come again that could not be handled, through no fault of theirs.
const AGAIN_SECONDS: f64 = 1.0;

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
            Some(host) => match allowed(&host, deliveries).await {
                Ok(list) => {
                    let handled = holding(Holder::of_steps(), engine::step::handle(&*host, deliveries));
                    Reach::given(list, handled).await
                }
                Err(error) => {
                    tracing::warn!(%error, "what an execution may reach cannot be read");
                    again(deliveries)
                }
            },
            None => again(deliveries),
        }
    }

    async fn dead(&self, message: &Message, error: &str) -> Result<(), String> {
        let Some(host) = self.0.upgrade() else { return Err("the host is gone".into()) };
        engine::supervise::bury(&*host, message, error).await.map_err(|error| error.to_string())
    }
}

/// The allow list that was said for the execution whose messages these are, where one of them may send a request.
async fn allowed(host: &Local, deliveries: &[Delivery]) -> Result<Option<String>, StoreError> {
    let io = deliveries.iter().find(|one| one.message.work.is_io());
    match io {
        Some(one) => host.http_allow(&one.message.execution).await,
        None => Ok(None),
    }
}

/// Has messages come again in a moment, and counts it as no failure of theirs.
fn again(deliveries: &[Delivery]) -> Vec<Verdict> {
    let why = Why::Passing("the host is ending, or cannot say what the execution may reach".into());
    vec![Verdict::Return { after_seconds: AGAIN_SECONDS, why }; deliveries.len()]
}
