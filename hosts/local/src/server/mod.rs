//! The embedded host as one service: the store, its workers, and the HTTP API over them.

mod http;
pub mod limits;
mod metrics;
mod sweep;

pub use http::serve;
pub use sweep::sweep;

use crate::{Local, store::OpenError};
use api::App;
use axum::Router;
use engine::port::StoreError;
use nodes::{AllowList, Config, Nodes};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// The tenant of a local host: there is one.
pub const OWNER: &str = "local";

/// Why the host cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The nodes' configuration.
    #[error("{0}")]
    Nodes(String),
}

/// Opens a data folder. Nothing runs before [`start`].
pub fn open(data: &Path, allow: AllowList) -> Result<Arc<Local>, Unopened> {
    let nodes = Nodes::new(Config { http_allow: allow, ..Config::default() }).map_err(Unopened::Nodes)?;
    Ok(Arc::new(Local::open(data, nodes)?))
}

/// Begins to run what the queue holds, and what time asks for.
pub async fn start(host: &Arc<Local>) -> Result<(), StoreError> {
    host.work().await?;
    tokio::spawn(sweep(Arc::downgrade(host)));
    Ok(())
}

/// Begins to start what schedules ask for: for a host that stays.
pub fn keep_schedules(host: &Arc<Local>) {
    tokio::spawn(crate::schedule::run(Arc::downgrade(host)));
}

/// Who the one user of a local host is: `STEPWELL_USER`, else `USER` on this machine.
pub fn local_subject() -> String {
    let named = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    named("STEPWELL_USER").unwrap_or_else(|| format!("{}@localhost", named("USER").unwrap_or_else(|| "me".into())))
}

/// The API of all functions. `signs_in`: requests without a token are the local user's.
pub fn router(host: &Arc<Local>, signs_in: bool) -> Router {
    let mut app = App::new(host.clone());
    if signs_in {
        app = app.with_local_user(OWNER, &local_subject());
    }
    // One user, one machine: there is nobody to be protected from.
    app.rates = None;
    let counted = host.metrics().clone();
    app.metrics = Box::new(move || metrics::of(&counted));
    app.abilities = json!({"kind": "local", "store": "sqlite", "durable": true, "code": true, "http_request": true});
    let routes = api::routes();
    api::service(Arc::new(app), routes)
}
