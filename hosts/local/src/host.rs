//! The embedded host behind the traits of `engine::port`: store, queue and nodes in one process.

use crate::{
    keys::ProviderKeys,
    memory::Memory,
    reach::Reach,
    store::{DataFolder, Database, Metrics, OpenError, Signing},
};
use async_trait::async_trait;
use document::{SyntaxFault, time::Time};
use engine::{
    fair::Gate,
    link::Links,
    pieces::Pieces,
    port::{
        Clock, Host, Notifier, Outbox, Page, Runner, Secret, Secrets, Signer, SlackDesk, Store, StoreError, Window,
    },
    prices::Prices,
    proof::Proofs,
};
use nodes::Nodes;
use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    id::ExecutionId,
    task::{Report, Task},
};
use tokio::runtime::Runtime;

pub use crate::queue::Handler;

/// How people are told of questions, and how they answer elsewhere.
#[derive(Clone, Default)]
pub struct People {
    /// Sends messages; none where nothing is sent.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// Takes what people do in Slack; none where Slack is not set up.
    pub slack: Option<Arc<dyn SlackDesk>>,
}

/// The embedded host: one data folder, and the nodes that do I/O.
pub struct Local {
    database: Database,
    nodes: Reach,
    signing: Signing,
    most_descendants: u32,
    people: People,
    keys: ProviderKeys,
    prices: Prices,
    tokens_name_groups: bool,
    links: OnceLock<Links>,
    proofs: Proofs,
}

impl Local {
    /// Opens a data folder, and creates it where it is absent. Nothing is handed out before [`Local::start`]. An error
    /// where another process has the folder or its files cannot be used.
    pub fn open(path: impl AsRef<Path>, nodes: Nodes) -> Result<Self, OpenError> {
        Self::open_within(path, nodes, Arc::new(Memory::of_machine()))
    }

    /// The same, within an account of memory that the nodes may share.
    pub fn open_within(path: impl AsRef<Path>, nodes: Nodes, memory: Arc<Memory>) -> Result<Self, OpenError> {
        let database = Database::open(DataFolder::open(path)?, clock, memory)?;
        let signing = Signing::of(database.folder().path(), clock);
        let proofs = Proofs::below(&database.links_key);
        Ok(Self {
            database,
            nodes: Reach::of(nodes),
            signing,
            most_descendants: engine::limits::DESCENDANTS,
            people: People::default(),
            keys: ProviderKeys::default(),
            prices: Prices::default(),
            tokens_name_groups: false,
            links: OnceLock::new(),
            proofs,
        })
    }

    /// Sets how many descendants an execution without a parent may have alive at once.
    pub fn with_most_descendants(self, most_descendants: u32) -> Self {
        Self { most_descendants, ..self }
    }

    /// Sets how people are told of questions.
    pub fn with_people(self, people: People) -> Self {
        Self { people, ..self }
    }

    /// Sets which keys of providers of language models count where none is stored.
    pub fn with_keys(self, keys: ProviderKeys) -> Self {
        Self { keys, ..self }
    }

    /// Sets what calls of language models cost.
    pub fn with_prices(self, prices: Prices) -> Self {
        Self { prices, ..self }
    }

    /// Sets whether the claims of tokens may name groups.
    pub fn with_groups_of_tokens(self, tokens_name_groups: bool) -> Self {
        Self { tokens_name_groups, ..self }
    }

    /// How people are told of questions.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Says at which address people reach the host, such as `https://flows.example.com`: their links lead there. What was
    /// said first counts.
    pub fn publish(&self, base: &str) {
        self.links.get_or_init(|| Links::new(base, self.database.links_key));
    }

    /// The account of the host's memory.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.database.memory
    }

    /// Begins to hand messages to a handler, those that an earlier process left behind first. `Permanent` the second
    /// time.
    pub async fn start(&self, handler: Arc<dyn Handler>) -> Result<(), StoreError> {
        self.database.start(handler).await
    }

    /// Moves nothing from now on but the executions that are [adopted](Local::adopt). To be called before
    /// [`Local::start`].
    pub fn move_only_adopted(&self) {
        self.database.move_only_adopted();
    }

    /// Moves an execution, which need not be there yet, and all below it. `http_allow` is an allow list: it is kept as
    /// what their requests may reach although it is not public; none leaves what is kept. An error of the store.
    pub async fn adopt(&self, id: &ExecutionId, http_allow: Option<String>) -> Result<(), StoreError> {
        self.database.adopt(id, http_allow).await
    }

    /// Stops handing out messages, waits at most `grace` for those being handled, closes the database and unlocks the
    /// folder. False where something was cut off; it is handed out again at the next start.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        self.database.shutdown(grace).await
    }

    /// Keeps a child process ready for the first `code`, and logs what its sandbox lacks on this system.
    pub async fn warm(&self) {
        self.nodes.usual().warm().await;
    }

    /// Whether [`Local::shutdown`] has begun.
    pub fn is_stopping(&self) -> bool {
        self.database.is_stopping()
    }

    /// The data folder. A server announces there at which address its API listens.
    pub fn folder(&self) -> &DataFolder {
        self.database.folder()
    }

    /// The counters of store, queue and schedules since this process started.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.database.hub.metrics
    }

    /// For how long the message has been ready that has waited longest to be handled; none where none waits.
    pub fn oldest_message(&self) -> Option<Duration> {
        self.database.dispatcher.oldest()
    }

    /// Who computes in this process, so that callers and the queue have their turns of one another.
    pub fn turns(&self) -> &Arc<Gate> {
        &self.database.dispatcher.turns
    }

    /// The store, for what the traits do not offer.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// The threads of a process that hosts: as many as let owners have their turns.
///
/// # Errors
/// Where the system gives no more threads.
pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(Gate::threads()).enable_all().build()
}

/// The time by this machine's clock, in milliseconds since 1970.
pub fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Clock for Local {
    fn now(&self) -> Time {
        clock()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn new_id(&self) -> ExecutionId {
        uuid::Uuid::now_v7().to_string().into()
    }
}

/// What is stored comes first, then the keys of the environment. Lists show what is stored alone.
#[async_trait]
impl Secrets for Local {
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let stored = self.database.secret(owner, name).await?;
        Ok(stored.or_else(|| self.keys.key(owner, name)))
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.database.set_secret(owner, name, secret).await
    }

    async fn secret_names(&self, owner: &str, window: &Window) -> Result<Page<String>, StoreError> {
        self.database.secret_names(owner, window).await
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        self.database.remove_secret(owner, name).await
    }
}

/// The database is nearly every port.
#[async_trait]
impl Host for Local {
    fn store(&self) -> &dyn Store {
        &self.database
    }

    fn secrets(&self) -> &dyn Secrets {
        self
    }

    fn outbox(&self) -> &dyn Outbox {
        &self.database
    }

    /// Requests reach what was said for their execution, too, where its messages are handled [within](Reach::given).
    async fn run(&self, task: &Task) -> Report {
        self.nodes.run(task, &clock).await
    }

    async fn syntax(&self, owner: &str, code: &str) -> Option<SyntaxFault> {
        self.nodes.usual().syntax(owner, code).await
    }

    /// On a thread of the pool for blocking work, one at a time.
    async fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        nodes::aside(usize::MAX, work).await;
    }

    fn most_descendants(&self) -> u32 {
        self.most_descendants
    }

    fn takes_up_jobs(&self) -> bool {
        true
    }

    fn signer(&self) -> Option<&dyn Signer> {
        Some(&self.signing)
    }

    async fn http_allow(&self, id: &ExecutionId) -> Result<Option<String>, StoreError> {
        self.database.http_allow(id).await
    }

    fn links(&self) -> Option<&Links> {
        self.links.get()
    }

    fn proofs(&self) -> Option<&Proofs> {
        Some(&self.proofs)
    }

    fn tokens_name_groups(&self) -> bool {
        self.tokens_name_groups
    }

    fn prices(&self) -> Option<&Prices> {
        Some(&self.prices)
    }

    fn pieces(&self) -> Option<&Pieces> {
        Some(self.nodes.usual().pieces())
    }

    fn notifier(&self) -> Option<&dyn Notifier> {
        self.people.notifier.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::tests::scratch;

    #[tokio::test]
    async fn a_link_opens_as_long_as_the_folder_has_its_key() {
        // Given a host that people reach, and a link that it sent.
        let question = "018f2b6e-7a10-8c3d-9e4f-0123456789ab".into();
        let open = |path: &Path| Local::open(path, Nodes::new(nodes::Config::default()).unwrap()).unwrap();
        let (path, other) = (scratch(), scratch());
        let host = open(&path);
        assert!(host.links().is_none(), "nobody said where people reach it");
        host.publish("https://flows.example.com");
        host.publish("http://127.0.0.1:8080");
        let links = host.links().unwrap().clone();
        assert_eq!(links.base(), "https://flows.example.com");
        let token = links.token(&question, "ana@example.com").unwrap();
        host.shutdown(Duration::ZERO).await;
        // When the folder is opened again, then the link opens; elsewhere it does not.
        for (path, opens) in [(&path, true), (&other, false)] {
            let host = open(path);
            host.publish("https://flows.example.com");
            assert_eq!(host.links().unwrap().open(&token).is_some(), opens);
            host.shutdown(Duration::ZERO).await;
        }
    }
}
