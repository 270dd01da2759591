//! What the requests of an execution may reach: what the host lets all reach, and what was said for this one.

use async_trait::async_trait;
use document::time::Time;
use engine::port::Runner;
use nodes::{AllowList, Nodes};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use stepwell_core::task::{Report, Task};

/// Allow lists of executions whose clients are kept. A folder rarely knows more than one or two, and a client costs a
/// millisecond and its connections.
const LISTS: usize = 16;

tokio::task_local! {
    /// The allow list of the execution whose messages a task handles, where one was said for it.
    static GIVEN: Arc<str>;
}

/// The nodes of a host, and those that reach more for some executions.
pub struct Reach {
    usual: Nodes,
    /// By the text of the allow list.
    further: Mutex<HashMap<Arc<str>, Nodes>>,
}

impl Reach {
    /// Nodes that reach the same for all executions, until something is said for one.
    pub fn of(usual: Nodes) -> Self {
        Self { usual, further: Mutex::default() }
    }

    /// What runs the nodes of executions for which nothing was said.
    pub fn usual(&self) -> &Nodes {
        &self.usual
    }

    /// Handles messages of an execution for which an allow list was said: its requests reach the places of that, too.
    pub async fn given<F: Future>(list: Option<String>, work: F) -> F::Output {
        match list {
            Some(list) => GIVEN.scope(list.into(), work).await,
            None => work.await,
        }
    }

    /// The nodes for the execution whose messages this task handles.
    fn nodes(&self) -> Nodes {
        let Ok(list) = GIVEN.try_with(Clone::clone) else { return self.usual.clone() };
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nodes) = further.get(&list) {
            return nodes.clone();
        }
        // The list was read before it was kept, by this release or another.
        let more = AllowList::parse(&list).unwrap_or_else(|error| {
            tracing::warn!(error, "the allow list that is kept with an execution cannot be read");
            AllowList::default()
        });
        if further.len() >= LISTS {
            further.clear();
        }
        further.entry(list).or_insert_with(|| self.usual.allowing(&more)).clone()
    }
}

#[async_trait]
impl Runner for Reach {
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        self.nodes().run(task, now).await
    }
}
