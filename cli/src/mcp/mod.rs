//! `stepwell mcp`: the server of the Model Context Protocol for an agent that starts it as a process and speaks with it
//! over stdin and stdout. The messages go to the route `/mcp` of the host that has the data folder; where nobody has it,
//! this process serves it as `stepwell dev` does, for as long as the agent is there.

mod lines;

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    client::{Client, Way},
    dev::publish,
    folder::{Entrance, Holder},
    limits,
    logging::{About, LogArgs},
    reached::Reached,
    run::signals::Signals,
};
use local::{
    Local,
    server::{
        self, Callers, Limits, Stop,
        socket::{Address, Socket},
    },
};
use rmcp::{
    RoleClient, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorData, InitializedNotification, RequestId,
        ServerJsonRpcMessage,
    },
    transport::{
        StreamableHttpClientTransport, Transport, async_rw::AsyncRwTransport,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use std::{
    collections::{HashMap, HashSet},
    future::poll_fn,
    net::Ipv4Addr,
    os::fd::AsFd,
    sync::Arc,
    task::Poll,
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep_until},
};

/// The arguments of `stepwell mcp`.
#[derive(clap::Args)]
pub struct Args {
    /// What the host may take and do, where this process is the host.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    logging: LogArgs,
}

/// Passes messages on until stdin ends or a signal comes.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let _logs = args.logging.begin(About::OneExecution, globals.json)?;
    let mut signals = Signals::listen()?;
    match Reached::find(globals, &args.allowed).await? {
        Reached::There(client) => pass_on(client, signals.first()).await,
        Reached::Here(host) => {
            let served = here(globals, &host, signals).await;
            if !host.shutdown(limits::GRACE).await {
                tracing::warn!("some nodes were cut off; they run again at the next start");
            }
            served
        }
    }
}

/// Serves the folder at its socket and at a free port of loopback, and passes messages on to the socket.
async fn here(globals: &Globals, host: &Arc<Local>, mut signals: Signals) -> Outcome {
    let unserved = |error: std::io::Error| {
        let hint = "serve the folder with `stepwell dev`, and give its address with --url";
        Failure::failed(format!("the data folder cannot be served: {error}"), hint).with_code("cannot_listen")
    };
    let address = Address::of(&globals.data()).map_err(unserved)?;
    let socket = Socket::listen(host.folder()).map_err(unserved)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(unserved)?;
    let bound = listener.local_addr().map_err(unserved)?;
    publish(host, bound);
    host.warm().await;
    server::start(host).await?;
    server::keep_schedules(host);
    let url = format!("http://{bound}");
    host.folder().announce(Some(&url)).map_err(unserved)?;
    eprintln!("stepwell mcp serves {} at {url} as long as its client is there", globals.data().display());
    let (stopper, stop) = Stop::pair();
    let bounds = Limits::of_process();
    let (open, own) = (server::router(host, Callers::Loopback, &stop), server::router(host, Callers::Own, &stop));
    let served = tokio::spawn({
        let stop = stop.clone();
        async move {
            let port = server::serve(listener, open, stop.stopped(), bounds);
            tokio::join!(port, server::serve_socket(socket, own, stop.stopped(), bounds))
        }
    });
    let holder = Holder { entrance: Entrance::Socket(address), moves_all: true };
    let passed = match Client::of_holder(holder, globals) {
        Ok(client) => pass_on(client, signals.first()).await,
        Err(failure) => Err(failure),
    };
    stopper.stop();
    // A panic of the server is logged, and ends nothing but itself.
    let _ = served.await;
    passed
}

/// Passes messages between stdin, stdout and a host, until stdin ends or `stopped` resolves.
async fn pass_on(client: Client, stopped: impl Future<Output = ()>) -> Outcome {
    let Client::Remote { http, way, base } = client else {
        return Err(Failure::failed("the data folder was opened and not served", "try again"));
    };
    let mut config = StreamableHttpClientTransportConfig::with_uri(format!("{base}/mcp"));
    config.max_json_response_size = limits::ANSWER_BYTES;
    config.max_sse_event_size = limits::ANSWER_BYTES;
    let config = match way {
        Way::Net { token: Some(token) } => config.auth_header(token),
        Way::Net { token: None } | Way::Socket { owner: None, .. } => config,
        Way::Socket { owner: Some(owner), .. } => {
            let unfit = |_| Failure::usage("this cannot name a tenant", "use 1 to 64 of A-Z a-z 0-9 . _ -");
            let owner = owner.parse().map_err(unfit)?;
            config.custom_headers(HashMap::from([(reqwest::header::HeaderName::from_static(api::OWNER), owner)]))
        }
    };
    let host = StreamableHttpClientTransport::with_client(http, config);
    let (input, output) = (own(std::io::stdin())?, own(std::io::stdout())?);
    let (failed, failures) = mpsc::unbounded_channel();
    let (messages, sifted) = tokio::io::duplex(limits::LINES_BYTES);
    let sifting = tokio::spawn(lines::sift(input, sifted, failed.clone()));
    let agent = AsyncRwTransport::new_server(messages, output);
    let passed = tokio::select! {
        passed = between(agent, host, (failed, failures)) => passed,
        () = stopped => Ok(Exit::Done),
    };
    sifting.abort();
    passed
}

/// One of this process's own streams, read or written without waiting for it.
fn own(stream: impl AsFd) -> Result<tokio::fs::File, Failure> {
    let taken = stream.as_fd().try_clone_to_owned();
    let taken = taken.map_err(|error| Failure::failed(format!("stdin and stdout are not there: {error}"), ""))?;
    Ok(tokio::fs::File::from_std(std::fs::File::from(taken)))
}

/// What is owed to the agent, and what is known of the host.
#[derive(Default)]
struct Talk {
    /// The requests of the agent that have no answer.
    open: HashSet<RequestId>,
    /// Whether the host has said anything.
    heard: bool,
    /// Why it could not be asked, the first time.
    why: Option<String>,
}

impl Talk {
    /// Takes a message to the agent.
    fn told(&mut self, message: &ServerJsonRpcMessage) {
        if let Some(id) = answers(message) {
            self.open.remove(id);
        }
    }

    /// Takes word that a request did not reach the host, or that a line was none.
    fn failed(&mut self, message: &ServerJsonRpcMessage) {
        if let ServerJsonRpcMessage::Error(error) = message
            && error.id.is_some()
        {
            self.why.get_or_insert_with(|| error.error.message.to_string());
        }
        self.told(message);
    }

    /// How it ended. A host that never said anything is none.
    fn end(self) -> Outcome {
        match self.why {
            Some(why) if !self.heard => Err(unreached(why)),
            Some(_) | None => Ok(Exit::Done),
        }
    }
}

fn unreached(why: impl Into<String>) -> Failure {
    let hint = "see that a host runs at --url, and that it takes the token of --token";
    Failure::failed(why.into(), hint).with_code("host_not_reached")
}

/// Passes each message on, those of the agent to the host and those of the host to the agent. A request that does not
/// reach the host is answered with an error, so that the agent does not wait for it; so is what was found wrong before. Once
/// the agent has closed its end, what it asked before is still answered.
///
/// # Errors
/// Where the host is not there, or turns the agent away.
async fn between(
    mut agent: impl Transport<RoleServer>,
    mut host: impl Transport<RoleClient>,
    (failed, mut failures): (UnboundedSender<ServerJsonRpcMessage>, UnboundedReceiver<ServerJsonRpcMessage>),
) -> Outcome {
    let (mut talk, mut ends, mut greeting) = (Talk::default(), None, Greeting::default());
    loop {
        if ends.is_some() && talk.open.is_empty() && failures.is_empty() {
            return talk.end();
        }
        let answer = tokio::select! {
            message = agent.receive(), if ends.is_none() => {
                let Some(message) = message else {
                    ends = Some(Instant::now() + limits::LAST_ANSWERS);
                    continue;
                };
                if let ClientJsonRpcMessage::Request(request) = &message {
                    talk.open.insert(request.id.clone());
                }
                if greeting.is_owed_before(&message) {
                    greet(&mut host).await;
                }
                ask(&mut host, message, failed.clone()).await;
                continue;
            }
            message = host.receive() => {
                let Some(message) = message else { return lost(agent, talk, failures).await };
                talk.heard = true;
                talk.told(&message);
                message
            }
            failure = failures.recv() => {
                let Some(failure) = failure else { return talk.end() };
                talk.failed(&failure);
                failure
            }
            () = sleep_until(ends.unwrap_or_else(Instant::now)), if ends.is_some() => return talk.end(),
        };
        if agent.send(answer).await.is_err() {
            return talk.end();
        }
    }
}

/// Sends a message to the host. Where that fails and it is a request, its answer goes to `failed`.
async fn ask(
    host: &mut impl Transport<RoleClient>,
    message: ClientJsonRpcMessage,
    failed: UnboundedSender<ServerJsonRpcMessage>,
) {
    let id = match &message {
        ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
        ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => None,
        ClientJsonRpcMessage::Notification(_) => None,
    };
    let mut sending = Box::pin(host.send(message));
    // The first look at it puts it into the host's queue, so that messages keep their order: the host takes what
    // follows the first request for the word that its answer came, and answers it to nobody.
    let begun = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
    // A call may take half a minute, and others come meanwhile.
    tokio::spawn(async move {
        let sent = match begun {
            Poll::Ready(sent) => sent,
            Poll::Pending => sending.await,
        };
        if let (Err(error), Some(id)) = (sent, id) {
            let _ = failed.send(unasked(&error, id));
        }
    });
}

/// The answer to a request that did not reach the host.
fn unasked(why: &impl std::fmt::Display, id: RequestId) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::internal_error(format!("the host cannot be asked: {why}"), None), Some(id))
}

/// Answers what is still open, where the host has gone or turned the agent away. Why it did so comes with the request that it
/// refused, a moment later.
async fn lost(
    mut agent: impl Transport<RoleServer>,
    mut talk: Talk,
    mut failures: UnboundedReceiver<ServerJsonRpcMessage>,
) -> Outcome {
    let until = Instant::now() + limits::LAST_REASONS;
    while !talk.open.is_empty() {
        let told = tokio::time::timeout_at(until, failures.recv()).await;
        let Ok(Some(failure)) = told else { break };
        talk.failed(&failure);
        let _ = agent.send(failure).await;
    }
    let why = talk.why.take().unwrap_or_else(|| "the host has closed the connection".to_owned());
    for id in std::mem::take(&mut talk.open) {
        let _ = agent.send(unasked(&"it has closed the connection", id)).await;
    }
    Err(unreached(why))
}

/// Says to the host that the answer to the first request was taken.
async fn greet(host: &mut impl Transport<RoleClient>) {
    let initialized = ClientNotification::InitializedNotification(InitializedNotification::default());
    let mut sending = Box::pin(host.send(ClientJsonRpcMessage::notification(initialized)));
    let begun = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
    if begun.is_pending() {
        tokio::spawn(sending);
    }
}

/// Whether an agent has said that it took the answer to its first request. The host's client takes whatever follows that
/// request for this word, and gives the answer to it to nobody; so an agent that leaves it out has it said in its name.
#[derive(Default)]
enum Greeting {
    /// It has said nothing.
    #[default]
    Silent,
    /// It has asked to begin.
    Began,
    /// It may ask for anything.
    Done,
}

impl Greeting {
    /// Takes the next message of the agent. True where the word has to be said before it.
    fn is_owed_before(&mut self, message: &ClientJsonRpcMessage) -> bool {
        let begins = matches!(message, ClientJsonRpcMessage::Request(asked)
            if matches!(asked.request, ClientRequest::InitializeRequest(_)));
        let says = matches!(message, ClientJsonRpcMessage::Notification(told)
            if matches!(told.notification, ClientNotification::InitializedNotification(_)));
        let (next, owed) = match self {
            Self::Silent if begins => (Self::Began, false),
            Self::Began => (Self::Done, !says),
            Self::Silent | Self::Done => (Self::Done, false),
        };
        *self = next;
        owed
    }
}

/// The request that a message answers.
fn answers(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => None,
    }
}
