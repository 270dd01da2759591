//! The store: one DynamoDB table. A commit is one conditional write of one item; everything else is found from it.
//!
//! | partition | sort key | is |
//! |---|---|---|
//! | `x#EXECUTION` | `t#NUMBER` | a commit: its turns, by the number of the first; often the state after it |
//! | | `head` | what lists and the supervisor read |
//! | | `token#INTERACTION`, `caller#HASH` | task tokens of Step Functions |
//! | `q#INTERACTION` | `i` | a question: who asks, and what lists read |
//! | `g#OWNER#WORKFLOW` | `lock`, `m#TIME#EXECUTION` | the guard of a workflow that looks at its other executions |
//! | `w#OWNER` | `p#WORKFLOW`, `v#WORKFLOW#VERSION`, `s#WORKFLOW` | saved workflows, and their schedules |
//! | `d#HASH` | `doc` | a document |
//! | `k#SHA256` | `token` | an API token |

mod cache;
mod catalogue;
mod commit;
mod documents;
mod due;
mod dynamo;
mod guard;
mod head;
mod item;
mod journal;
mod keys;
mod listeners;
mod lists;
mod load;
mod marks;
mod pack;
mod questions;
mod remove;
mod rows;
mod schedules;
mod schema;
mod spending;
#[cfg(test)]
mod tests;
mod tokens;
mod undelivered;
mod values;

pub use schema::{Index, create, definition};

use crate::{
    error::Patience,
    limits,
    meter::{Meter, Spent},
    ports::Blobs,
};
use aws_sdk_dynamodb::Client;
use cache::Cache;
use document::time::Time;
use dynamo::Dynamo;
use engine::{documents::Documents, port::StoreError};
use guard::Leases;
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::ExecutionId};
use undelivered::Undelivered;

/// A clock.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The store.
pub struct Table {
    db: Dynamo,
    meter: Arc<Meter>,
    blobs: Arc<dyn Blobs>,
    clock: Clock,
    cache: Cache,
    documents: Documents,
    undelivered: Undelivered,
    leases: Leases,
    behind_message: bool,
}

/// What a table is made of.
pub struct Parts {
    /// The client.
    pub client: Client,
    /// The table's name.
    pub name: String,
    /// Large values.
    pub blobs: Arc<dyn Blobs>,
    /// The clock.
    pub clock: Clock,
    /// Counts.
    pub meter: Arc<Meter>,
    /// How often a call is tried.
    pub patience: Patience,
    /// Whether commits are made on behalf of a message, which comes again until everything they caused is done; or of
    /// the supervisor, who comes again too. Not so where a request is served: whoever asks may never ask again.
    pub behind_message: bool,
}

impl Table {
    /// A store over a table that exists (see [`create`]).
    pub fn new(parts: Parts) -> Self {
        let Parts { client, name, blobs, clock, meter, patience, behind_message } = parts;
        Self {
            db: Dynamo::new(client, &name, meter.clone(), patience),
            meter,
            blobs,
            clock,
            cache: Cache::default(),
            documents: Documents::new(limits::WORKFLOWS),
            undelivered: Undelivered::default(),
            leases: Leases::default(),
            behind_message,
        }
    }

    /// What was counted.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Whether commits are made behind messages (see [`Parts::behind_message`]).
    pub fn is_behind_messages(&self) -> bool {
        self.behind_message
    }

    /// The clock.
    pub fn now(&self) -> Time {
        (self.clock)()
    }

    /// The state of an execution as this process saw it last; nothing is read.
    pub fn recent(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        self.cache.get(id).map(|known| known.state)
    }

    /// What an execution has used up to its last commit.
    ///
    /// # Errors
    /// Where it must be read and cannot be.
    pub async fn spent(&self, id: &ExecutionId) -> Result<Spent, StoreError> {
        match self.cache.get(id) {
            Some(known) => Ok(known.spent),
            None => Ok(self.known(id).await?.map(|known| known.spent).unwrap_or_default()),
        }
    }
}
