//! The host on AWS: joins the table and the services beside it behind the traits of [`engine::port`].

#[cfg(test)]
mod tests;

use crate::{
    billing::meter::Purpose,
    delivery::deliver::Courier,
    limits,
    runtime::telemetry::{Figure, Unit},
    services::{
        kept_key::KeptKey,
        link_key::LinkKey,
        ports::{Alarms, Queue},
    },
    store::Table,
};
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::{
    link::Links,
    port::{Ahead, Clock as _, Delivers, Host, Notifier, Outbox, Runner, Secrets, Signer, Store, StoreError},
    prices::Prices,
    proof::Proofs,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    effect::Effect,
    execution::Execution,
    id::{ExecutionId, InteractionId},
    task::{Failure, Outcome, Report, Task},
};

/// The services beside the table.
#[derive(Clone)]
pub struct Services {
    /// The step queue, in SQS.
    pub queue: Arc<dyn Queue>,
    /// Clocks and task tokens, in Step Functions.
    pub alarms: Arc<dyn Alarms>,
    /// Credentials.
    pub credentials: Arc<dyn Secrets>,
    /// Signs receipts; none in tests of other things.
    pub signer: Option<Arc<dyn Signer>>,
    /// Runs nodes that do I/O; only the step function has one.
    pub runner: Option<Arc<dyn Runner>>,
}

/// How people are reached. A function that tells nobody and shows no link has neither.
#[derive(Clone, Default)]
pub struct People {
    /// The key of people's links, which is read when a link is needed first. None: the stack has no address for people.
    pub links: Option<Arc<LinkKey>>,
    /// The key of people's sessions, which is read when a page is asked for first. None: the function shows no pages.
    pub sessions: Option<Arc<KeptKey>>,
    /// Sends messages, and tells which channels are set up.
    pub notifier: Option<Arc<dyn Notifier>>,
}

/// Gives the time. Tests give one of their own in the place of [`clock`].
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The host on AWS. One per process, shared by its invocations.
pub struct Aws {
    table: Arc<Table>,
    services: Services,
    people: People,
    links: OnceLock<Links>,
    proofs: OnceLock<Proofs>,
    clock: Clock,
    /// The time at which the invocation is cut off, in milliseconds since 1970; `i64::MAX` where it is not known.
    deadline: AtomicI64,
    /// Milliseconds that the invocation had when it began.
    whole: AtomicI64,
    goes_ahead: bool,
    most_descendants: u32,
    prices: Prices,
    tokens_name_groups: bool,
    /// Seconds that an invocation of the step function has; none where nobody said.
    step_seconds: Option<f64>,
}

/// The time of the machine's clock.
pub fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Aws {
    /// A host over a table and the services beside it.
    pub fn new(table: Arc<Table>, services: Services, clock: Clock) -> Self {
        let most_descendants = engine::limits::DESCENDANTS;
        let (people, deadline, whole) = (People::default(), AtomicI64::new(i64::MAX), AtomicI64::new(0));
        let goes_ahead = false;
        let (links, proofs) = (OnceLock::new(), OnceLock::new());
        let (prices, tokens_name_groups, step_seconds) = (Prices::default(), false, None);
        Self {
            table,
            services,
            people,
            links,
            proofs,
            clock,
            deadline,
            whole,
            goes_ahead,
            most_descendants,
            prices,
            tokens_name_groups,
            step_seconds,
        }
    }

    /// Sets how people are reached.
    pub fn with_people(self, people: People) -> Self {
        Self { people, ..self }
    }

    /// Sets how many descendants an execution without a parent may have alive at once.
    pub fn with_most_descendants(self, most_descendants: u32) -> Self {
        Self { most_descendants, ..self }
    }

    /// Sets whether the process goes on with the next step of an execution before that step's message comes.
    pub fn with_going_ahead(self, goes_ahead: bool) -> Self {
        Self { goes_ahead, ..self }
    }

    /// Sets what calls of language models cost.
    pub fn with_prices(self, prices: Prices) -> Self {
        Self { prices, ..self }
    }

    /// Sets whether the claims of tokens may name groups.
    pub fn with_groups_of_tokens(self, tokens_name_groups: bool) -> Self {
        Self { tokens_name_groups, ..self }
    }

    /// Sets how many seconds an invocation of the step function has, which runs the nodes of all that this host takes.
    pub fn with_step_seconds(self, step_seconds: Option<f64>) -> Self {
        Self { step_seconds, ..self }
    }

    /// The abilities of this host that `GET /health` shows.
    pub fn abilities() -> Value {
        json!({ "kind": "aws", "store": "dynamodb", "durable": true, "code": true, "http_request": true })
    }

    /// Tells the host that an invocation has begun, which is cut off at `until`.
    pub fn begins(&self, until: Time) {
        self.deadline.store(until.0, Relaxed);
        self.whole.store(until.since((self.clock)()).as_millis().try_into().unwrap_or(i64::MAX), Relaxed);
    }

    /// The table that keeps the state.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The step queue.
    pub fn queue(&self) -> &dyn Queue {
        &*self.services.queue
    }

    /// Keeps the task token of a pause that has begun. Where its interaction is decided already, the task is completed
    /// at once.
    ///
    /// # Errors
    /// The table or Step Functions failed. Step Functions then begins the pause again, with another token.
    pub async fn open(&self, id: &ExecutionId, interaction: &InteractionId, token: &str) -> Result<(), StoreError> {
        self.courier().open(id, interaction, token).await
    }

    /// What was used of the table since the process began. The metrics of an invocation are the difference between two
    /// readings.
    pub fn used(&self) -> Vec<Figure> {
        let totals = self.table.meter().totals();
        let sum = |units: &BTreeMap<Purpose, f64>| units.values().sum::<f64>();
        let calls = totals.calls.values().sum::<u64>() as f64;
        vec![
            Figure::new("write_units", Unit::Count, sum(&totals.writes)),
            Figure::new("index_write_units", Unit::Count, sum(&totals.index_writes)),
            Figure::new("read_units", Unit::Count, sum(&totals.reads)),
            Figure::new("table_calls", Unit::Count, calls),
        ]
    }

    fn courier(&self) -> Courier<'_> {
        let Services { queue, alarms, .. } = &self.services;
        Courier { records: &*self.table, queue: &**queue, alarms: &**alarms, now: (self.clock)() }
    }
}

#[async_trait]
impl engine::port::Clock for Aws {
    fn now(&self) -> Time {
        (self.clock)()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn time_left(&self) -> Option<Duration> {
        let deadline = Time(self.deadline.load(Relaxed));
        let margin = Duration::from_secs_f64(limits::MARGIN_SECONDS);
        (deadline.0 != i64::MAX).then(|| deadline.since((self.clock)()).saturating_sub(margin))
    }

    fn new_id(&self) -> ExecutionId {
        uuid::Uuid::now_v7().to_string().into()
    }
}

#[async_trait]
impl Outbox for Aws {
    fn delivers(&self) -> Delivers {
        Delivers::AfterCommit
    }

    /// Carries the effects out. The table hears of it before and after: what it shows of questions stands before
    /// anybody hears of them, and what it marked as undelivered is delivered.
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.table.delivering(execution, effects).await?;
        self.courier().deliver(execution, effects).await?;
        self.table.delivered(execution, effects).await
    }

    /// Behind a request, the mark that the commit left, or that it is overdue, makes the supervisor deliver them.
    async fn deliver_committed(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        match self.deliver(execution, effects).await {
            Err(error) if !self.table.is_behind_messages() => {
                tracing::warn!(%error, %execution, "what was committed is not delivered yet: the supervisor does it");
                Ok(())
            }
            delivered => delivered,
        }
    }

    async fn let_in(&self, owner: &str, workflow: &WorkflowId) -> Result<(), StoreError> {
        self.courier().let_in(self.table.next_in_line(owner, workflow).await?).await
    }

    async fn tidy(&self, state: &Execution) -> Result<(), StoreError> {
        self.courier().tidy(state).await
    }

    async fn keep_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.table.put_caller(id, token).await
    }
}

/// The table is most ports. Credentials lie elsewhere, and effects go out by several services.
#[async_trait]
impl Host for Aws {
    fn store(&self) -> &dyn Store {
        &*self.table
    }

    fn secrets(&self) -> &dyn Secrets {
        &*self.services.credentials
    }

    fn outbox(&self) -> &dyn Outbox {
        self
    }

    /// The key is read once per process, and kept.
    async fn ready_links(&self) -> Result<(), StoreError> {
        if let Some(key) = self.people.links.as_ref().filter(|_| self.links.get().is_none()) {
            let links = key.links().await?;
            self.links.get_or_init(|| links);
        }
        Ok(())
    }

    fn links(&self) -> Option<&Links> {
        self.links.get()
    }

    async fn ready_proofs(&self) -> Result<(), StoreError> {
        if let Some(kept) = self.people.sessions.as_ref().filter(|_| self.proofs.get().is_none()) {
            let key = kept.key().await?;
            self.proofs.get_or_init(|| Proofs::new(key));
        }
        Ok(())
    }

    fn proofs(&self) -> Option<&Proofs> {
        self.proofs.get()
    }

    fn notifier(&self) -> Option<&dyn Notifier> {
        self.people.notifier.as_deref()
    }

    fn signer(&self) -> Option<&dyn Signer> {
        self.services.signer.as_deref()
    }

    fn most_descendants(&self) -> u32 {
        self.most_descendants
    }

    fn tokens_name_groups(&self) -> bool {
        self.tokens_name_groups
    }

    fn prices(&self) -> Option<&Prices> {
        Some(&self.prices)
    }

    /// Where nobody says when the invocation is cut off, no message could be held back so long.
    fn ahead(&self) -> Option<Ahead> {
        let left = self.time_left().filter(|_| self.goes_ahead)?;
        let whole = Duration::from_millis(self.whole.load(Relaxed).try_into().unwrap_or_default());
        let longest = (self.clock)().after_seconds(f64::from(limits::QUEUE_DELAY_SECONDS));
        let until = Time(self.deadline.load(Relaxed)).min(longest);
        Some(Ahead { until, left, whole: whole.saturating_sub(Duration::from_secs_f64(limits::MARGIN_SECONDS)) })
    }

    fn longest_attempt(&self) -> Option<f64> {
        self.step_seconds.map(|seconds| seconds - limits::MARGIN_SECONDS)
    }

    /// Runs one attempt, and ends it before the function is cut off, so that its outcome is recorded and says what to
    /// do.
    async fn run(&self, task: &Task) -> Report {
        let Some(runner) = &self.services.runner else {
            let why = "only the step function runs nodes: send it the message";
            return Report { outcome: Outcome::Failed(Failure::new("no_runner", why)), logs: Vec::new() };
        };
        match self.time_left().filter(|left| left.as_secs_f64() < task.timeout_seconds) {
            None => runner.run(task, &*self.clock).await,
            // The node is not begun, so it is certain that nothing happened outside.
            Some(left) if left.is_zero() => Report { outcome: Outcome::Failed(cut_off(left)), logs: Vec::new() },
            Some(left) => match tokio::time::timeout(left, runner.run(task, &*self.clock)).await {
                Ok(report) => report,
                // The node was cut off on the way and may have taken effect.
                Err(_) => Report { outcome: Outcome::Unknown(cut_off(left)), logs: Vec::new() },
            },
        }
    }
}

/// The failure of an attempt for which the function had only `left` of its time.
fn cut_off(left: Duration) -> Failure {
    let message = format!(
        "the step function had {:.0} s left for this attempt, which is less than the node's timeout: raise the \
         function's timeout (FunctionTimeout), or leave longer work to an external worker",
        left.as_secs_f64()
    );
    Failure::new("timeout", message).retryable()
}
