//! A client of the API, over HTTP or in this process on a data folder. Either way every rule is applied by the same
//! routes.

pub use super::query::{escaped, query};

use super::{
    Failure, Globals,
    folder::{Entrance, Folder, Holder},
    limits,
    notifications::Notifications,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use local::{
    Local,
    server::{self, Callers, Options, Stop, socket::Address},
};
use nodes::AllowList;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tower::ServiceExt;

/// A way to reach the API.
pub enum Client {
    /// A host elsewhere, or a process that has the data folder open.
    Remote {
        /// The HTTP client with its connections.
        http: reqwest::Client,
        /// How the host is reached.
        way: Way,
        /// Address of the host, without a slash at its end.
        base: String,
    },
    /// The data folder, opened by this process.
    Local {
        /// The host that has the folder open.
        host: Arc<Local>,
        /// The API's routes on that host.
        router: Router,
        /// The tenant that the user acts for; none for the folder's own.
        owner: Option<String>,
    },
}

/// How a host is reached that is not in this process.
pub enum Way {
    /// Over the network.
    Net {
        /// The bearer token, where one was given.
        token: Option<String>,
    },
    /// Through the socket of the data folder, which the host has open.
    Socket {
        /// The path of the socket.
        address: Address,
        /// The tenant that the user acts for; none for the folder's own.
        owner: Option<String>,
        /// Whether the host moves every execution of the folder, as `stepwell dev` does.
        moves_all: bool,
    },
}

impl Client {
    /// Opens what `--url` names; else the host that has the data folder open; else the folder itself, which must exist.
    pub async fn open(globals: &Globals) -> Result<Self, Failure> {
        let data = globals.data();
        // With a key and no database, opening says what is missing.
        let mut is_new = true;
        for name in ["stepwell.db", "key"].into_iter().filter(|_| globals.url.is_none()) {
            let found = data.join(name).try_exists();
            is_new &= !found.map_err(|error| unseen(&data, &error))?;
        }
        if globals.url.is_none() && is_new {
            let hint = "run a workflow first (`stepwell run FILE`), or name another folder with --data";
            let message = format!("there is no data folder at {}", data.display());
            return Err(Failure::usage(message, hint).with_code("no_data_folder"));
        }
        Self::open_or_create(globals).await
    }

    /// Does the same as [`Self::open`], but creates a folder that is absent.
    pub async fn open_or_create(globals: &Globals) -> Result<Self, Failure> {
        Self::open_with(globals, || Ok(Options::default())).await
    }

    /// Does the same as [`Self::open_or_create`]; a folder that nobody has open tells people of questions as `stepwell dev`
    /// would on it, so that what is said of its channels is the same either way.
    pub async fn as_served(globals: &Globals) -> Result<Self, Failure> {
        let served = || -> Result<Options, Failure> {
            let people = Notifications::default().people(AllowList::default())?;
            Ok(Options { people, ..Options::default() })
        };
        Self::open_with(globals, served).await
    }

    async fn open_with(globals: &Globals, options: impl Fn() -> Result<Options, Failure>) -> Result<Self, Failure> {
        if let Some(url) = &globals.url {
            return over(url, globals.token());
        }
        match Folder::find(globals, options).await? {
            // Nothing runs in this process, so no request waits for what may follow.
            Folder::Open(host) => Ok(Self::over_routes(&host, globals, &Stop::already())),
            Folder::Held(holder) => Self::of_holder(holder, globals),
        }
    }

    /// A client of the process that has the data folder.
    pub fn of_holder(holder: Holder, globals: &Globals) -> Result<Self, Failure> {
        match holder.entrance {
            Entrance::Socket(address) => over_socket(address, globals, holder.moves_all),
            Entrance::Net(url) => over(&url, globals.token()),
        }
    }

    /// A client of a host in this process.
    pub fn of(host: &Arc<Local>, globals: &Globals) -> Self {
        Self::over_routes(host, globals, &Stop::never())
    }

    fn over_routes(host: &Arc<Local>, globals: &Globals, stop: &Stop) -> Self {
        let router = server::router(host, Callers::Own, stop);
        Self::Local { host: host.clone(), router, owner: globals.owner.clone() }
    }

    /// Sends a `GET` of a path with its query.
    pub async fn get(&self, path: &str) -> Result<Reply, Failure> {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a `POST` with a body that the API documents.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.send(Method::POST, path, &[], Some(json(body)?)).await
    }

    /// Sends a `POST` to a route that may take minutes to answer.
    pub async fn post_patiently(&self, path: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.send_within(limits::LONG_ANSWER, Method::POST, path, &[], Some(json(body)?)).await
    }

    /// Sends a `POST` with a body that the API documents, under an idempotency key: the same key starts nothing twice.
    pub async fn post_once(&self, path: &str, key: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(json(body)?)).await
    }

    /// Sends a `PUT` with a body that the API documents.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.send(Method::PUT, path, &[], Some(json(body)?)).await
    }

    /// Sends a `DELETE`.
    pub async fn delete(&self, path: &str) -> Result<Reply, Failure> {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Sends a `DELETE` with a body that the API documents.
    pub async fn delete_with(&self, path: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.send(Method::DELETE, path, &[], Some(json(body)?)).await
    }

    /// Sends a request that is answered soon.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, Failure> {
        self.send_within(limits::ANSWER, method, path, headers, body).await
    }

    /// Sends a request, and waits so long for the answer of another process. A failure where the status of the answer is not
    /// 2xx, or where it has a body that is not JSON.
    async fn send_within(
        &self,
        patience: Duration,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, Failure> {
        nameless(path)?;
        let mut all = vec![(api::CLIENT, "cli")];
        all.extend(headers);
        all.extend(body.as_ref().map(|_| ("content-type", "application/json")));
        all.extend(self.owner().map(|owner| (api::OWNER, owner)));
        let (status, bytes) = match self {
            Self::Remote { http, way, base } => {
                let request = http.request(method, format!("{base}{path}")).timeout(patience);
                over_http(request, way, &all, body, base).await?
            }
            Self::Local { router, .. } => in_process(router, method, path, &all, body).await?,
        };
        if !(200..300).contains(&status) {
            return Err(Failure::from_problem(status, serde_json::from_slice(&bytes).ok()));
        }
        let answer = match bytes.as_slice() {
            [] => Some(Value::Null),
            bytes => serde_json::from_slice(bytes).ok(),
        };
        let broken = || Failure::failed("the host answered with something that is not JSON", URL_HINT);
        answer.map(Reply).ok_or_else(broken)
    }

    /// Whether this process opened the data folder itself: then no other process has it, and no nodes run in it.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// The tenant that the user acts for, where that is another than the folder's own.
    fn owner(&self) -> Option<&str> {
        match self {
            Self::Remote { way: Way::Socket { owner, .. }, .. } | Self::Local { owner, .. } => owner.as_deref(),
            Self::Remote { way: Way::Net { .. }, .. } => None,
        }
    }

    /// Whether the host takes this user for its own, who may answer for others.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Local { .. } | Self::Remote { way: Way::Socket { .. }, .. } => true,
            Self::Remote { way: Way::Net { .. }, .. } => false,
        }
    }

    /// What is told after a change to an execution, where nobody may move it now. None where somebody does.
    pub fn idle(&self) -> Option<&'static str> {
        match self {
            Self::Local { .. } => {
                Some("nothing runs in this data folder now: `stepwell dev`, or `stepwell run --resume ID`, goes on")
            }
            Self::Remote { way: Way::Socket { moves_all: false, .. }, .. } => Some(
                "a `stepwell run` has this data folder now, and moves its own execution alone: others go on with \
                 `stepwell dev`, or `stepwell run --resume ID`",
            ),
            Self::Remote { .. } => None,
        }
    }

    /// Closes the data folder, so that the next command finds it free.
    pub async fn close(self) {
        if let Self::Local { host, router, .. } = self {
            drop(router);
            host.shutdown(Duration::ZERO).await;
        }
    }
}

/// What the API answered. With `--json` a command shows it as it is, since a newer host may say more than this release
/// knows; otherwise the command reads it as the type that the API documents.
pub struct Reply(pub Value);

impl Reply {
    /// Reads the answer. A failure where the host is of a release that answers in another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.0).map_err(|error| {
            let message = format!("the host answered in a shape that this release does not know: {error}");
            Failure::failed(message, "use the release of the host; `stepwell doctor` says which that is")
        })
    }
}

/// The failure to look into a data folder, such as one of another user.
fn unseen(data: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::NotADirectory {
        let hint = "name the folder with --data, not a file";
        return Failure::usage(format!("{} is no folder", data.display()), hint).with_code("no_data_folder");
    }
    let message = format!("cannot look into the data folder {}: {error}", data.display());
    Failure::usage(message, "check that the folder is yours, or name another with --data")
        .with_code("unreadable_folder")
}

/// Refuses a path in which an id or a name is empty or made of dots alone: it would lead to another route.
fn nameless(path: &str) -> Result<(), Failure> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if !path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        return Ok(());
    }
    let hint = "give it as the lists show it: `stepwell ls`, `inbox`, `workflows`, `token ls`, `secret ls`, `group ls`";
    Err(Failure::usage("an id or a name is empty, or nothing but dots", hint).with_code("not_found"))
}

/// A body as JSON.
fn json(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| Failure::failed(format!("the request cannot be written: {error}"), ""))
}

const URL_HINT: &str = "check --url: it should be the address of a Stepwell host, such as http://127.0.0.1:8080";

/// A client of the host at `url`, over HTTP or HTTPS.
pub fn over(url: &str, token: Option<String>) -> Result<Client, Failure> {
    let base = url.trim_end_matches('/').to_owned();
    let builder = builder();
    let builder = match reqwest::Url::parse(&base) {
        // Without TLS there is no need to read the system's certificates.
        Ok(url) if url.scheme() == "http" => builder.tls_backend_preconfigured(tls(rustls::RootCertStore::empty())?),
        Ok(url) if url.scheme() == "https" => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.tls_backend_preconfigured(tls(roots)?)
        }
        _ => return Err(Failure::usage(format!("{url} is not an http or https address"), URL_HINT)),
    };
    let http = builder.build().map_err(|error| Failure::usage(format!("cannot use {url}: {error}"), URL_HINT))?;
    Ok(Client::Remote { http, way: Way::Net { token }, base })
}

/// A client of the process that has a data folder, through the folder's socket, where the user needs no token.
/// `moves_all`: that process moves every execution of the folder.
fn over_socket(address: Address, globals: &Globals, moves_all: bool) -> Result<Client, Failure> {
    let builder = builder().tls_backend_preconfigured(tls(rustls::RootCertStore::empty())?);
    let unused = |error| Failure::failed(format!("cannot use the data folder's socket: {error}"), "try again");
    let http = builder.unix_socket(address.path()).build().map_err(unused)?;
    let (base, way) = ("http://localhost".to_owned(), Way::Socket { address, owner: globals.owner.clone(), moves_all });
    Ok(Client::Remote { http, way, base })
}

/// Settings of every client.
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(limits::CONNECT).timeout(limits::ANSWER)
}

/// Settings of TLS that trust these certificates, with the cryptography of the crate ring.
fn tls(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Failure::failed(format!("TLS cannot be set up: {error}"), URL_HINT))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Sends a request over HTTP. Returns the answer's status and body.
async fn over_http(
    mut request: reqwest::RequestBuilder,
    way: &Way,
    headers: &[(&str, &str)],
    body: Option<Vec<u8>>,
    base: &str,
) -> Result<(u16, Vec<u8>), Failure> {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Way::Net { token: Some(token) } = way {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.body(body);
    }
    let unreachable = |error: reqwest::Error| {
        let why = if error.is_timeout() { "it does not answer" } else { "no answer came" };
        let failure = match way {
            Way::Net { .. } => {
                Failure::failed(format!("cannot reach {base}: {why}"), "check that it runs (`stepwell dev`), and --url")
            }
            Way::Socket { address, .. } => Failure::failed(
                format!("the process that has the data folder went away ({}: {why})", address.path().display()),
                "try again: what was asked may have been done",
            ),
        };
        failure.with_code(UNREACHABLE)
    };
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await.map_err(unreachable)?.to_vec()))
}

/// The code of the failure to reach a host.
pub const UNREACHABLE: &str = "unreachable";

/// Hands a request to the routes in this process. Returns the answer's status and body.
async fn in_process(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Vec<u8>>,
) -> Result<(u16, Vec<u8>), Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::failed(format!("the request failed: {error}"), "try again");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map_or_else(Body::empty, Body::from);
    let request = request.body(body).map_err(|error| broken(&error))?;
    let answer = router.clone().oneshot(request).await.map_err(|never| broken(&never))?;
    let status = answer.status().as_u16();
    let bytes = to_bytes(answer.into_body(), limits::ANSWER_BYTES).await.map_err(|error| broken(&error))?;
    Ok((status, bytes.to_vec()))
}
