//! The AWS host over DynamoDB Local, with stand-ins in memory for the other services, a clock that tests move, and one
//! choke point at which every call to AWS can be made to fail.

mod clocks;
mod lying;
mod ports;
mod quotas;
mod run;
mod wire;

pub use lying::{Line, Lying};
pub use ports::Services;
pub use quotas::Quotas;
pub use run::{Run, Scenario};
pub use wire::{Fault, Wire};

use ::aws::{
    Aws, Clock,
    billing::meter::Meter,
    error::Patience,
    services::clients::Clients,
    store::{Parts, Table, create},
};
use document::time::Time;
use engine::port::Clock as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The environment variable with the address of DynamoDB Local.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Seconds of an invocation, as the template has them.
const INVOCATION_SECONDS: f64 = 60.0;

/// Parts of each list: few, so that lists of a handful of rows have full and empty ones.
pub const LIST_PARTS: usize = 3;

/// A table of its own on DynamoDB Local, and everything else that outlives a process.
pub struct World {
    /// The choke point that all calls pass.
    pub wire: Arc<Wire>,
    /// The stand-ins for the other services.
    pub services: Arc<Services>,
    clients: Clients,
    table: String,
    /// Milliseconds by which the clocks of processes that are made from now on are ahead: of those behind requests, and of
    /// those behind messages.
    ahead: [AtomicI64; 2],
    /// Whether processes that are made from now on go on with the step that follows.
    goes_ahead: AtomicBool,
}

/// Panics with advice where there is no DynamoDB Local, so that a test is not taken for passed.
fn need_endpoint() {
    assert!(
        std::env::var(ENDPOINT).is_ok_and(|address| !address.is_empty()),
        "{ENDPOINT} is not set: run `tests/aws/with.sh cargo test -p stepwell-tests --features aws`, \
         which starts DynamoDB Local"
    );
}

impl World {
    /// A world with a new table. `clock` is the time at which the world's clock stands; None: the clock of this
    /// machine.
    pub async fn new(clock: Option<Time>) -> Self {
        need_endpoint();
        // Tests run at the same time, in one process and in several: no two may get the same table.
        static TABLES: AtomicU64 = AtomicU64::new(0);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() % 1_000_000_000;
        let table = format!("stepwell-{}-{number}-{since}", std::process::id());
        let wire = Arc::new(Wire::default());
        let clients = Clients::over(wire::client(&wire)).with_credentials("test", "test").waiting();
        create(&clients.dynamodb(), &table).await.expect("the table is created");
        let services = Arc::new(Services::new(clock, wire.clone()));
        Self { wire, services, clients, table, ahead: Default::default(), goes_ahead: AtomicBool::default() }
    }

    /// Sets the clocks of processes that are made from now on so many seconds ahead: of those behind requests, and of those
    /// behind messages.
    pub fn set_clocks(&self, requests: f64, messages: f64) {
        for (ahead, seconds) in self.ahead.iter().zip([requests, messages]) {
            ahead.store((seconds * 1_000.0) as i64, Ordering::Relaxed);
        }
    }

    /// Says whether processes that are made from now on go on with the step that follows, as with `CONTINUE_INLINE`.
    pub fn go_ahead(&self, goes: bool) {
        self.goes_ahead.store(goes, Ordering::Relaxed);
    }

    /// Begins an invocation of a process, where processes go on with the step that follows: it is then known when the
    /// invocation is over.
    pub fn begin(&self, host: &Aws) {
        if self.goes_ahead.load(Ordering::Relaxed) {
            host.begins(host.now().after_seconds(INVOCATION_SECONDS));
        }
    }

    /// Has DynamoDB refuse what is beyond these quotas, by the world's clock, from now on.
    pub fn limit(&self, quotas: Quotas) {
        let services = self.services.clone();
        self.wire.limit(quotas::Buckets::new(quotas, Box::new(move || services.now())));
    }

    /// A client of DynamoDB, for what no host does.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.clients.dynamodb()
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// A host as a new process has it, without memory of what others did. `behind_message`: whether a queue hands in
    /// again what fails, as for the step function. `tries`: how often a call to DynamoDB is tried. Lists have several parts,
    /// so that every test reads and writes more than one.
    pub fn host(&self, behind_message: bool, tries: u32) -> Aws {
        self.host_of_parts(behind_message, tries, LIST_PARTS)
    }

    /// The same, whose lists have so many parts.
    pub fn host_of_parts(&self, behind_message: bool, tries: u32, parts: usize) -> Aws {
        let (services, pause) = (self.services.clone(), (Duration::ZERO, Duration::ZERO));
        let ahead = self.ahead[usize::from(behind_message)].load(Ordering::Relaxed);
        let clock: Clock = Arc::new({
            let services = services.clone();
            move || Time(services.now().0 + ahead)
        });
        let table = Table::new(Parts {
            client: self.clients.dynamodb(),
            name: self.table.clone(),
            blobs: services.clone(),
            clock: clock.clone(),
            meter: Arc::new(Meter::default()),
            patience: Patience { tries, pause },
            behind_message,
            parts,
        });
        let services = ::aws::Services {
            queue: Arc::new(ports::Sender::new(services.clone(), ahead)),
            alarms: services.clone(),
            credentials: services.clone(),
            signer: None,
            runner: Some(services),
        };
        let host = Aws::new(Arc::new(table), services, clock);
        host.with_going_ahead(behind_message && self.goes_ahead.load(Ordering::Relaxed))
    }
}
