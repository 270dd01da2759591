//! The embedded host as one service: the store, its workers, what time asks for, and the HTTP API of all functions.

mod asked;
mod http;
pub mod limits;
mod metrics;
mod moving;
pub mod own;
mod places;
mod room;
pub mod socket;
mod sweep;

pub use api::{Stop, Stopper};
pub use http::{serve, serve_socket};
pub use limits::Limits;
pub use sweep::sweep;

use crate::{Local, People, keys::ProviderKeys, memory::Memory, store::OpenError};
use api::{App, Jwt};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use engine::{
    port::{Host, StoreError},
    prices::Prices,
};
use nodes::{AllowList, Config, Nodes};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// The owner of all records of a local host, which has one tenant.
pub const OWNER: &str = "local";

/// Why the host cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The data folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The nodes cannot be configured: why.
    #[error("{0}")]
    Nodes(String),
}

/// Opens a data folder. Nothing runs before [`start`]. `allow` names what `http_request` may reach although it is not
/// public.
pub fn open(data: &Path, allow: AllowList) -> Result<Arc<Local>, Unopened> {
    let nodes = Config { http_allow: allow, ..Config::default() };
    open_with(data, Options { nodes, ..Options::default() })
}

/// What a host may take and do, as its operator says.
pub struct Options {
    /// How its nodes behave. Their account of memory is the host's, which takes its place.
    pub nodes: Config,
    /// How much memory it may take.
    pub memory: Memory,
    /// How many descendants an execution without a parent may have alive at once.
    pub most_descendants: u32,
    /// How people are told of questions.
    pub people: People,
    /// The address at which people reach the host, where its operator says one.
    pub public_url: Option<String>,
    /// Keys of providers of language models that count where none is stored.
    pub keys: ProviderKeys,
    /// What calls of language models cost.
    pub prices: Prices,
    /// Whether the claims of tokens may name groups.
    pub tokens_name_groups: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: Config::default(),
            memory: Memory::of_machine(),
            most_descendants: engine::limits::DESCENDANTS,
            people: People::default(),
            public_url: None,
            keys: ProviderKeys::default(),
            prices: Prices::default(),
            tokens_name_groups: false,
        }
    }
}

/// Opens a data folder as an operator says. Nothing runs before [`start`].
pub fn open_with(data: &Path, options: Options) -> Result<Arc<Local>, Unopened> {
    let memory = Arc::new(options.memory);
    let config = Config { memory: memory.clone(), ..options.nodes };
    let nodes = Nodes::new(config).map_err(Unopened::Nodes)?;
    let host = Local::open_within(data, nodes, memory)?
        .with_most_descendants(options.most_descendants)
        .with_people(options.people)
        .with_keys(options.keys)
        .with_prices(options.prices)
        .with_groups_of_tokens(options.tokens_name_groups);
    if let Some(base) = &options.public_url {
        host.publish(base);
    }
    Ok(Arc::new(host))
}

/// Begins to run what the queue holds, and to look for timeouts and the end of retention.
pub async fn start(host: &Arc<Local>) -> Result<(), StoreError> {
    host.work().await?;
    engine::line::look_at_lines(&**host).await;
    tokio::spawn(sweep(Arc::downgrade(host)));
    take_up_jobs(host);
    Ok(())
}

/// Begins to go on with [jobs](crate::jobs), also on a host that moves no execution itself.
pub fn take_up_jobs(host: &Arc<Local>) {
    tokio::spawn(crate::jobs::run(Arc::downgrade(host)));
}

/// Begins to start executions by their schedules. For a host that stays, such as `stepwell dev`; a command that ends
/// soon would start them at odd times.
pub fn keep_schedules(host: &Arc<Local>) {
    tokio::spawn(crate::schedule::run(Arc::downgrade(host)));
}

/// The subject of a local host's one user: `STEPWELL_USER` as it is, or else `USER` with `@localhost`.
pub fn local_subject() -> String {
    let named = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    named("STEPWELL_USER").unwrap_or_else(|| format!("{}@localhost", named("USER").unwrap_or_else(|| "me".into())))
}

/// Who reaches a router, and so whose requests without a token are the local user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Processes of the user who runs the host: this one, or those at the data folder's socket. They need no token.
    Own,
    /// All processes of this machine, the user's browser among them. They need a token once there is one.
    Loopback,
    /// Everybody. They need a token.
    Everybody,
}

/// The API of all functions, for these callers. Requests that wait end early once `stop` says so.
pub fn router(host: &Arc<Local>, callers: Callers, stop: &Stop) -> Router {
    router_with(host, callers, stop, None)
}

/// The same for callers who may bear JSON Web Tokens of an issuer too, where one is configured.
pub fn router_with(host: &Arc<Local>, callers: Callers, stop: &Stop, jwt: Option<Arc<Jwt>>) -> Router {
    let slack = host.people().slack.clone();
    let app = App { stop: stop.clone(), turns: host.turns().clone(), jwt, slack, ..App::new(host.clone()) };
    match callers {
        Callers::Own => {
            let app = app.with_local_user(OWNER, &local_subject()).of_own_processes();
            own::routes(host, routes(host, app))
        }
        Callers::Loopback => {
            let app = app.with_local_user(OWNER, &local_subject());
            let pages = api::PublicPages::at(host.links().map(engine::link::Links::base));
            routes(host, app).layer(from_fn_with_state(pages, api::loopback_only))
        }
        Callers::Everybody => routes(host, app).layer(from_fn(api::one_host)),
    }
}

fn routes(host: &Arc<Local>, mut app: App) -> Router {
    // Rates protect tenants from each other, and here is one user on one machine.
    app.rates = None;
    let counted = host.clone();
    app.metrics = Box::new(move || Box::pin(metrics::of(counted.clone())));
    app.abilities = json!({"kind": "local", "store": "sqlite", "durable": true, "code": true, "http_request": true});
    let routes = api::routes().merge(web::routes()).merge(mcp::routes());
    web::pages_nowhere(api::service(Arc::new(app), routes))
        .layer(from_fn_with_state(host.memory().clone(), room::given))
}
