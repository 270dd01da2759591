//! `stepwell dev`: the API and the workers in one process, until it is asked to stop.

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    banner::Banner,
    folder::for_all,
    kept::{Keeping, Kept},
    limits,
    logging::{About, LogArgs},
    numbers::whole,
    run::signals::Signals,
};
use api::Jwt;
use engine::port::Host;
use local::{
    Local,
    server::{self, Callers, Limits, Stop, socket::Socket},
};
use nodes::Fetcher;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};
use tokio::net::TcpListener;

/// The arguments of `stepwell dev`.
#[derive(clap::Args)]
pub struct Args {
    /// The port; 0 for any free one
    #[arg(long, default_value_t = 8080, value_parser = whole::<65_535, u16>)]
    port: u16,
    /// The address to listen at; anything but loopback needs tokens
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: String,
    /// Save the workflows that lie in this folder: .json, .yaml and .yml files
    #[arg(long, value_name = "DIR")]
    workflows: Option<PathBuf>,
    /// Save those that change there, too, as long as it runs
    #[arg(long, requires = "workflows")]
    watch: bool,
    /// What the host may take and do.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    logging: LogArgs,
}

/// Serves until SIGINT or SIGTERM. Nodes that run then are given time to end; one that is cut off runs again later.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    globals.refuse_elsewhere("dev")?;
    let logs = args.logging.begin(About::Host, globals.json)?;
    let address = address(&args.host)?;
    args.allowed.options(globals.owner())?;
    let kept = args.workflows.as_deref().map(Kept::of).transpose()?;
    let host = for_all(globals, || args.allowed.options(globals.owner())).await?;
    let keeping = Keeping { kept, watch: args.watch };
    let served = serve(globals, &host, (address, args.port), keeping, logs.for_people).await;
    if !host.shutdown(limits::GRACE).await {
        tracing::warn!("some nodes were cut off; they run again at the next start");
    }
    served
}

/// `for_people` is whether people read the logs.
async fn serve(
    globals: &Globals,
    host: &Arc<Local>,
    (address, port): (IpAddr, u16),
    keeping: Keeping,
    for_people: bool,
) -> Outcome {
    let loopback = address.is_loopback();
    let refused = |why| Failure::usage(why, "docs/operations.md lists the variables of JSON Web Tokens");
    let jwt = Jwt::from_env(server::OWNER, Arc::new(Fetcher::default())).map_err(refused)?;
    // Callers on other machines must bring a token, so there must be one, or somebody who issues them.
    if !loopback && jwt.is_none() && !host.tokens().has_tokens().await? {
        let hint = format!(
            "make one first: stepwell token create --name NAME --subject EMAIL --scopes read,run{}",
            globals.data_flag()
        );
        let message = format!("{address} is open to other machines, and there are no tokens to tell callers apart");
        return Err(Failure::usage(message, hint).with_code("no_tokens"));
    }
    // The port is bound before anything runs, so that a port in use starts nothing.
    let listener = TcpListener::bind((address, port)).await.map_err(|error| unbound(&error, address, port))?;
    let bound = listener.local_addr().map_err(|error| unbound(&error, address, port))?;
    let mut signals = Signals::listen()?;
    publish(host, bound);
    // What the sandbox of `code` lacks on this system is told at the start, and not when some code runs.
    host.warm().await;
    server::start(host).await?;
    server::keep_schedules(host);
    let socket = own_socket(host);
    // Other commands find the server by the address in the lock file, and then by the socket.
    let url = format!("http://{bound}");
    host.folder().announce(Some(&url)).map_err(|error| {
        Failure::failed(format!("the data folder's lock cannot be written: {error}"), "check the disk's free space")
    })?;
    Banner::of(host, &url, loopback && jwt.is_none()).await?.tell(globals, for_people);
    let (stopper, stop) = Stop::pair();
    let stopping = async move {
        signals.first().await;
        tracing::info!("stopping: what runs is given {} s (again to stop at once)", limits::GRACE.as_secs());
        stopper.stop();
    };
    let callers = if loopback { Callers::Loopback } else { Callers::Everybody };
    let bounds = Limits::of_process();
    let port = server::serve(listener, server::router_with(host, callers, &stop, jwt.clone()), stop.stopped(), bounds);
    let own = async {
        if let Some(socket) = socket {
            let router = server::router_with(host, Callers::Own, &stop, jwt);
            server::serve_socket(socket, router, stop.stopped(), bounds).await;
        }
    };
    let watching = keeping.begin(globals, host).await;
    tokio::join!(stopping, port, own);
    if let Some(watching) = watching {
        watching.abort();
    }
    Ok(Exit::Done)
}

/// Lets people's links lead to where the host listens, unless its operator said another address. Of all addresses of the
/// machine, which is none to be called at, its own stands in the links.
pub fn publish(host: &Local, mut bound: SocketAddr) {
    if host.links().is_none() && !bound.ip().is_loopback() {
        tracing::warn!(
            "links in messages to people lead to {bound}: say where they reach the host with --public-url URL"
        );
    }
    if bound.ip().is_unspecified() {
        bound.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    host.publish(&format!("http://{bound}"));
}

/// The data folder's socket, through which this user's commands need no token. Where there can be none, all but those on
/// a host that has tokens work as well.
fn own_socket(host: &Local) -> Option<Socket> {
    let refused = |error: &std::io::Error| {
        let then = "commands reach this host by its address, with --token once there are tokens";
        tracing::warn!(%error, "the data folder has no socket: {then}");
    };
    Socket::listen(host.folder()).inspect_err(refused).ok()
}

/// The address to listen at; `localhost` counts as 127.0.0.1, and an IPv6 address may be in brackets.
fn address(host: &str) -> Result<IpAddr, Failure> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    name.parse().map_err(|_| {
        Failure::usage(format!("`{host}` is no address to listen at"), "give an IP address, such as 127.0.0.1 or ::1")
    })
}

/// Says why an address cannot be listened at, and what to do about it.
fn unbound(error: &std::io::Error, address: IpAddr, port: u16) -> Failure {
    let (message, hint) = match error.kind() {
        std::io::ErrorKind::AddrInUse => (
            format!("port {port} is in use"),
            format!(
                "stop what listens there, or choose another: stepwell dev --port {}",
                port.wrapping_add(1).max(1024)
            ),
        ),
        std::io::ErrorKind::PermissionDenied => {
            (format!("port {port} may not be used"), "choose one from 1024 on: stepwell dev --port 8080".to_owned())
        }
        std::io::ErrorKind::AddrNotAvailable => {
            (format!("{address} is no address of this machine"), "leave --host out to listen on 127.0.0.1".to_owned())
        }
        _ => (format!("cannot listen at {address}:{port}: {error}"), "choose another --port or --host".to_owned()),
    };
    Failure::usage(message, hint).with_code("cannot_listen")
}
