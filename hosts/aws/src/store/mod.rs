//! The store: one DynamoDB table. A commit is one conditional write of one item. Heads, questions and guards are
//! written before or after it, and are put right where a crash left them out of date (docs/adr/0012).
//!
//! | partition | sort key | is |
//! |---|---|---|
//! | `x#EXECUTION` | `t#NUMBER` | a commit: its turns, by the number of the first; often the state after it |
//! | | `head` | what lists and the supervisor read |
//! | | `token#INTERACTION`, `caller#HASH` | task tokens of Step Functions |
//! | `q#INTERACTION` | `i` | a question: the execution that asks it, and what lists read |
//! | `g#OWNER#WORKFLOW` | `lock`, `m#TIME#EXECUTION`, `ml#LINE#PLACE#TIME#EXECUTION` | the guard of a workflow with `overlap` or `max_concurrency` |
//! | `w#OWNER` | `p#WORKFLOW`, `v#WORKFLOW#VERSION` | the latest version of a saved workflow, and each version |
//! | | `s#WORKFLOW`, `l#WORKFLOW` | the schedules and the event listeners of its latest version |
//! | `d#HASH` | `doc` | a document |
//! | that of the row | `o#KEY` | a note about the object in S3 that a document, schedules, listeners or a job have |
//! | `k#SHA256` | `token` | an API token |
//! | `p#OWNER` | a name in lower case | a group of people |
//! | `j#OWNER` | `JOB` | a job over many executions |
//! | `o#OWNER` | `SHA256` | the list of an owner's API tokens |

mod access;
mod briefly;
mod cache;
mod catalogue;
mod census;
mod commit;
mod documents;
mod due;
mod dynamo;
mod erase;
mod groups;
mod guard;
mod head;
mod item;
mod jobs;
mod journal;
mod keys;
mod leases;
mod listeners;
mod lists;
mod load;
mod marks;
mod memories;
mod needed;
mod objects;
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
mod until;
mod values;
mod version;

pub use pack::inflate;
pub use schema::{Index, create, definition};

use crate::{
    billing::meter::{Meter, Spent},
    error::Patience,
    limits,
    services::ports::Blobs,
};
use aws_sdk_dynamodb::Client;
use briefly::Briefly;
use cache::Cache;
use document::time::Time;
use dynamo::Dynamo;
use engine::{
    documents::Documents,
    port::{Memory, StoreError, Token, Unbounded},
};
use leases::Leases;
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::ExecutionId};
use undelivered::Undelivered;
use until::Needed;
use version::Version;

/// Gives the time.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The store over one table. There is one per process, which remembers states and workflows to save reads.
pub struct Table {
    db: Dynamo,
    meter: Arc<Meter>,
    blobs: Arc<dyn Blobs>,
    clock: Clock,
    cache: Cache,
    documents: Documents,
    tokens: Briefly<Token>,
    versions: Briefly<Version>,
    undelivered: Undelivered,
    leases: Leases,
    needed: Needed,
    memory: Arc<dyn Memory>,
    behind_message: bool,
    parts: usize,
}

/// What a [`Table`] is made of.
pub struct Parts {
    /// A client of DynamoDB that tries each call once.
    pub client: Client,
    /// The name of the table in DynamoDB.
    pub name: String,
    /// Keeps what is too large for an item.
    pub blobs: Arc<dyn Blobs>,
    /// The clock that decides on leases, marks and stones.
    pub clock: Clock,
    /// Counts the calls and their units.
    pub meter: Arc<Meter>,
    /// How often a call to DynamoDB is tried.
    pub patience: Patience,
    /// Whether commits are made for messages or for ticks of the supervisor, which come again until everything that a
    /// commit caused is done. Where it is false, commits are made for requests, which a client may never repeat: each
    /// commit then puts a mark on the head, by which the supervisor finds effects that a crash left undelivered.
    pub behind_message: bool,
    /// Into how many parts each list of the indexes `lists` and `byworkflow` is spread, from 1. It may be raised while the
    /// table is in use, and never lowered: rows beyond the last part are not seen.
    pub parts: usize,
}

impl Table {
    /// A store over a table that exists (see [`create`]).
    pub fn new(parts: Parts) -> Self {
        let Parts { client, name, blobs, clock, meter, patience, behind_message, parts } = parts;
        Self {
            db: Dynamo::new(client, &name, meter.clone(), patience),
            meter,
            blobs,
            clock,
            cache: Cache::default(),
            documents: Documents::new(limits::WORKFLOWS),
            tokens: Briefly::new(limits::KNOWN_SECONDS, limits::KNOWN),
            versions: Briefly::new(limits::KNOWN_SECONDS, limits::KNOWN),
            undelivered: Undelivered::default(),
            leases: Leases::default(),
            needed: Needed::default(),
            memory: Arc::new(Unbounded),
            behind_message,
            parts: parts.clamp(1, limits::MOST_LIST_PARTS),
        }
    }

    /// The same store, which asks for room before it reads large values.
    pub fn with_memory(self, memory: Arc<dyn Memory>) -> Self {
        Self { memory, ..self }
    }

    /// The meter that counts the calls of this store.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Whether commits are made for messages or ticks, which come again (see [`Parts::behind_message`]).
    pub fn is_behind_messages(&self) -> bool {
        self.behind_message
    }

    /// The time of the store's clock.
    pub fn now(&self) -> Time {
        (self.clock)()
    }

    /// The state of an execution as this process saw it last, without a read; `None` where it is not in memory.
    pub fn recent(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        self.cache.get(id).map(|known| known.state)
    }

    /// What an execution has used up to its last commit.
    ///
    /// # Errors
    /// The execution is not in memory, and its journal cannot be read.
    pub async fn spent(&self, id: &ExecutionId) -> Result<Spent, StoreError> {
        match self.cache.get(id) {
            Some(known) => Ok(known.spent),
            None => Ok(self.known(id).await?.map(|known| known.spent).unwrap_or_default()),
        }
    }
}
