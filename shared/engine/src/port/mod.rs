//! What a host provides. Adapters only keep and hand out: no rule is theirs, and they never look inside of an event.
//!
//! A host is the sum of its ports, each about one concern. It hands them out, so that a store may be several of them and
//! a service beside the store another one, and nobody passes calls on (ADR 10).
//!
//! | port | is about |
//! |---|---|
//! | [`Journal`] | one execution: its state, its turns, the one conditional write |
//! | [`Index`] | lists of executions and of questions |
//! | [`Admission`] | what a start asks of the other executions of its workflow |
//! | [`Agenda`] | which executions the supervisor must look after, and when |
//! | [`Catalogue`], [`Schedules`] | documents, saved workflows and their schedules |
//! | [`Tokens`], [`Secrets`] | what opens something: API tokens, credentials |
//! | [`Jobs`] | what is asked of many executions at once |
//! | [`Groups`] | which people belong together |
//! | [`Memories`] | what agents remember of conversations |
//! | [`Notifier`], [`Signer`] | people: telling them, evidence of what they decided |
//! | [`SlackDesk`] | what people do in Slack, for the route that Slack calls |
//! | [`Outbox`] | effects of committed turns, on their way out |
//! | [`Runner`], [`Clock`] | nodes that do I/O, and the time |
//! | [`Memory`] | room for large values |
//! | [`Fetch`] | public documents that the host itself needs, such as an issuer's keys |

mod access;
mod admission;
mod agenda;
mod catalogue;
mod error;
mod fetch;
mod index;
mod jobs;
mod journal;
mod memories;
mod memory;
mod outbox;
mod people;
mod queue;
mod runner;
mod slack;

pub use access::{ANY_HOST, Secret, Secrets, Token, Tokens};
pub use admission::Admission;
pub use agenda::Agenda;
pub use catalogue::{Catalogue, SavedWorkflow, Schedules};
pub use error::StoreError;
pub use fetch::Fetch;
pub use index::{ExecutionFilter, Head, Index, InteractionFilter, Page, Window};
pub use jobs::{Action, Job, JobError, JobId, JobStatus, Jobs};
pub use journal::{Commit, Journal};
pub use memories::{Conversation, Memories, Remembered};
pub use memory::{Memory, Unbounded};
pub use outbox::{Delivers, Outbox};
pub use people::{Group, Groups, Letter, Notifier, PublicKey, Signer, Webhook};
pub use queue::{Delivery, Receipt, Verdict, Why};
pub use runner::{Ahead, Clock, Runner};
pub use slack::{
    SlackAct, SlackChoice, SlackDeed, SlackDesk, SlackPlace, SlackRefusal, SlackRequest, SlackStranger, SlackWaiting,
};

use crate::{link::Links, pieces::Pieces, prices::Prices, proof::Proofs};
use async_trait::async_trait;
use document::SyntaxFault;
use stepwell_core::{
    id::ExecutionId,
    task::{Report, Task},
};

/// The ports about executions and workflows, all of which a store is.
pub trait Store:
    Journal + Index + Admission + Agenda + Catalogue + Schedules + Tokens + Groups + Memories + Jobs
{
}

impl<T: Journal + Index + Admission + Agenda + Catalogue + Schedules + Tokens + Groups + Memories + Jobs> Store for T {}

/// Everything that the functions need around the rules: the ports, a clock, and nodes that do I/O.
#[async_trait]
pub trait Host: Clock {
    /// What keeps executions and workflows. Callers name the one port that they need.
    fn store(&self) -> &dyn Store;
    /// Stored credentials, which may lie elsewhere.
    fn secrets(&self) -> &dyn Secrets;
    /// The delivery of effects, which may take more than the store.
    fn outbox(&self) -> &dyn Outbox;
    /// Runs one attempt of a node that does I/O.
    async fn run(&self, task: &Task) -> Report;
    /// Where JavaScript of an owner does not parse as the body of a function; nothing of it runs. None where it does, and
    /// on hosts that have no engine where documents are checked.
    async fn syntax(&self, _owner: &str, _code: &str) -> Option<SyntaxFault> {
        None
    }
    /// Does work that takes long on a processor. A host with several threads does it beside those that others wait for.
    async fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }
    /// How many descendants an execution without a parent may have alive at once, as the operator says.
    fn most_descendants(&self) -> u32 {
        crate::limits::DESCENDANTS
    }

    /// Whether a task of this process takes up [jobs](Jobs) as they are put. Elsewhere the request that makes a job does
    /// its first slices, and the supervisor the others.
    fn takes_up_jobs(&self) -> bool {
        false
    }

    /// How far this process may go on by itself with an execution whose step it has recorded. None: each step waits for its
    /// message, as always where the host delivers in its commit.
    fn ahead(&self) -> Option<Ahead> {
        None
    }

    /// Seconds that one attempt outside may take at most, whatever its document and the operator's ceilings say. None where
    /// nothing else bounds it.
    fn longest_attempt(&self) -> Option<f64> {
        None
    }

    /// Whether the claims of tokens may name groups, so that somebody may be in one in which the host knows nobody.
    fn tokens_name_groups(&self) -> bool {
        false
    }

    /// What the operator let an execution's requests reach although it is not public, as the text of an allow list.
    /// None where nothing was said of this execution, and on hosts that keep no such thing.
    async fn http_allow(&self, _: &ExecutionId) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Reads what [`Host::links`] needs, where that lies elsewhere. Whoever makes or opens links awaits it before.
    async fn ready_links(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Makes and opens the links by which one person answers one question. None where the host has no address for people.
    fn links(&self) -> Option<&Links> {
        None
    }
    /// Reads what [`Host::proofs`] needs, where that lies elsewhere. Whoever shows pages to those who sign in awaits it
    /// before.
    async fn ready_proofs(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Proves what this host wrote into a browser's session. None where it shows no pages.
    fn proofs(&self) -> Option<&Proofs> {
        None
    }
    /// Sends messages about questions. None where nothing is sent from this host.
    fn notifier(&self) -> Option<&dyn Notifier> {
        None
    }
    /// Signs receipts. None where receipts are not signed.
    fn signer(&self) -> Option<&dyn Signer> {
        None
    }

    /// What calls of language models cost. None where the operator says nothing.
    fn prices(&self) -> Option<&Prices> {
        None
    }
    /// Where models are heard while they answer. None where nodes run elsewhere than requests are answered.
    fn pieces(&self) -> Option<&Pieces> {
        None
    }

    /// The state of each execution, and its turns.
    fn journal(&self) -> &dyn Journal {
        self.store()
    }
    /// Lists of executions and questions.
    fn index(&self) -> &dyn Index {
        self.store()
    }
    /// What starts ask of the workflow's other executions.
    fn admission(&self) -> &dyn Admission {
        self.store()
    }
    /// What the supervisor looks after.
    fn agenda(&self) -> &dyn Agenda {
        self.store()
    }
    /// Documents and saved workflows.
    fn catalogue(&self) -> &dyn Catalogue {
        self.store()
    }
    /// Schedules of saved workflows.
    fn schedules(&self) -> &dyn Schedules {
        self.store()
    }
    /// Jobs over many executions.
    fn jobs(&self) -> &dyn Jobs {
        self.store()
    }
    /// API tokens.
    fn tokens(&self) -> &dyn Tokens {
        self.store()
    }
    /// What agents remember of conversations.
    fn memories(&self) -> &dyn Memories {
        self.store()
    }
    /// Who belongs to which group.
    fn groups(&self) -> &dyn Groups {
        self.store()
    }
}
