//! The embedded host as one service: the store, its workers, what time asks for, and the HTTP API of all functions.

mod http;
pub mod limits;
mod metrics;
mod room;
mod sweep;

pub use http::serve;
pub use sweep::sweep;

use crate::{Local, memory::Memory, store::OpenError};
use api::App;
use axum::{Router, middleware::from_fn_with_state};
use engine::port::StoreError;
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
    open_within(data, allow, Memory::of_machine())
}

/// The same, for a host that keeps within so much memory.
pub fn open_within(data: &Path, allow: AllowList, memory: Memory) -> Result<Arc<Local>, Unopened> {
    let memory = Arc::new(memory);
    let config = Config { http_allow: allow, memory: memory.clone(), ..Config::default() };
    let nodes = Nodes::new(config).map_err(Unopened::Nodes)?;
    Ok(Arc::new(Local::open_within(data, nodes, memory)?))
}

/// Begins to run what the queue holds, and to look for timeouts and the end of retention.
pub async fn start(host: &Arc<Local>) -> Result<(), StoreError> {
    host.work().await?;
    tokio::spawn(sweep(Arc::downgrade(host)));
    Ok(())
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

/// The API of all functions. With `signs_in`, a request without a token counts as the local user's.
pub fn router(host: &Arc<Local>, signs_in: bool) -> Router {
    let mut app = App::new(host.clone());
    if signs_in {
        app = app.with_local_user(OWNER, &local_subject());
    }
    // Rates protect tenants from each other, and here is one user on one machine.
    app.rates = None;
    let counted = host.metrics().clone();
    app.metrics = Box::new(move || metrics::of(&counted));
    app.abilities = json!({"kind": "local", "store": "sqlite", "durable": true, "code": true, "http_request": true});
    let routes = api::routes();
    api::service(Arc::new(app), routes).layer(from_fn_with_state(host.memory().clone(), room::given))
}
