//! `stepwell chat WORKFLOW`: a conversation with a saved workflow. Lines go in, answers come out, and what is asked in
//! between is answered by a line.

mod events;
mod shown;

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    client::{self, Client, escaped},
    failure::Words,
    limits,
    logging::{About, LogArgs},
    output,
    reached::Reached,
    run::{lines::Lines, signals::Signals},
    tool_name::Typed,
};
use local::server;
use serde_json::{Value, json};
use shown::Shown;
use std::{io::Write, path::Path};

/// The arguments of `stepwell chat`.
#[derive(clap::Args)]
pub struct Args {
    /// The id of a saved workflow that begins with a chat_trigger
    workflow: String,
    /// The session to go on with; a new one where absent
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// What the host may take and do, where this process is the host.
    #[command(flatten)]
    allowed: Allowed,
    /// How it logs.
    #[command(flatten)]
    logging: LogArgs,
}

/// Talks until stdin ends or a signal comes. Exit 1 where the last message was not answered, or the last answer not
/// understood.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let _logs = args.logging.begin(About::OneExecution, globals.json)?;
    let signals = Signals::listen()?;
    match Reached::find(globals, &args.allowed).await? {
        Reached::There(client) => talk(globals, &client, args, signals).await,
        Reached::Here(host) => {
            server::start(&host).await?;
            let done = talk(globals, &Client::of(&host, globals), args, signals).await;
            host.shutdown(limits::GRACE).await;
            done
        }
    }
}

async fn talk(globals: &Globals, client: &Client, args: Args, mut signals: Signals) -> Outcome {
    let path = format!("/v1/chat/{}", escaped(&args.workflow));
    let (mut lines, mut session, mut exit) = (Lines::begin(), args.session, Exit::Done);
    let (mut question, mut broke_off) = (None, None);
    if let Some(session) = &session {
        question = waiting(client, &path, session).await?;
        if let Some(question) = &question {
            Shown::new(globals.json).tell("interaction", question);
        }
    }
    loop {
        if lines.typed {
            eprint!("{} ", output::cyan(if question.is_some() { "?" } else { ">" }));
            let _ = std::io::stderr().flush();
        }
        let line = tokio::select! {
            line = lines.next() => line,
            () = signals.first() => None,
        };
        let Some(line) = line else { break };
        if line.is_empty() {
            continue;
        }
        let Some((path, body)) = said(&path, &line, session.as_deref(), question.as_ref()) else {
            exit = Exit::Failed;
            continue;
        };
        let mut shown = Shown::new(globals.json);
        let told = tokio::select! {
            told = client.events(&path, &body, |name, data| shown.tell(name, data)) => told,
            () = signals.first() => break,
        };
        match told {
            Ok(()) => {
                session = shown.session().map(str::to_owned).or(session);
                question = shown.question().cloned();
                exit = if shown.failed() { Exit::Failed } else { Exit::Done };
            }
            // What cannot be used is said another way: by somebody at a terminal, or by the next line where something is
            // asked, which is asked again.
            Err(failure) if (lines.typed || question.is_some()) && failure.code != client::UNREACHABLE => {
                question = question.filter(|_| failure.code != "no_open_interaction");
                advised(failure, &args.workflow).tell(globals.json);
                if let Some(question) = &question {
                    Shown::new(globals.json).tell("interaction", question);
                }
                exit = Exit::Failed;
            }
            Err(failure) => {
                broke_off = Some(advised(failure, &args.workflow));
                break;
            }
        }
    }
    if let Some(session) = session {
        let command = globals.pasted(&["chat", &args.workflow, "--session", &session]);
        eprintln!("{}", output::dim(&format!("go on with: {command}")));
    }
    broke_off.map_or(Ok(exit), Err)
}

/// What the command line calls the fields of the requests.
const WORDS: [Words; 3] = [
    Words { path: "/session_id", flag: "--session", hint: None },
    Words { path: "/message", flag: "the message", hint: None },
    Words { path: "/value", flag: "the answer", hint: None },
];

/// A failure with what to do about it here.
fn advised(failure: Failure, workflow: &str) -> Failure {
    let hint = match failure.code.as_str() {
        "not_found" if Path::new(workflow).is_file() => {
            "one talks with a saved workflow: `stepwell save FILE`, then `stepwell chat` with its id"
        }
        "not_found" => "`stepwell workflows` lists those that are saved",
        "no_chat" => "`stepwell start` starts a workflow that is no conversation",
        _ => return failure.in_words(&WORDS),
    };
    failure.with_hint(hint)
}

/// What the latest message of a session waits for; none where nothing is asked, and where that is not told: then the first message
/// tells why.
async fn waiting(client: &Client, path: &str, session: &str) -> Result<Option<Value>, Failure> {
    match client.get(&format!("{path}/{}", escaped(session))).await {
        Ok(known) => {
            let latest = known.0["items"].as_array().and_then(|items| items.last()).map(|last| &last["interactions"]);
            let mut all = latest.and_then(Value::as_array).into_iter().flatten();
            Ok(all.find(|one| one["status"] == "pending").cloned())
        }
        Err(failure) if failure.code != client::UNREACHABLE => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The request that a line makes: an answer where something is asked, else a message. None where the line answers nothing, as
/// where a dangerous tool is to be let loose by its name and the line has another.
fn said(path: &str, line: &str, session: Option<&str>, asked: Option<&Value>) -> Option<(String, Value)> {
    let Some((session, question)) = session.zip(asked) else {
        let mut body = json!({ "message": line });
        if let Some(session) = session {
            body["session_id"] = session.into();
        }
        return Some((path.to_owned(), body));
    };
    let value = match shown::tool_name(question) {
        None => line.into(),
        Some(tool) => match tool.read(line) {
            Typed::Allowed => json!({"approved": true, "tool": tool.name}),
            Typed::Refused => json!({"approved": false}),
            Typed::Neither => return None,
        },
    };
    Some((format!("{path}/resume"), json!({"session_id": session, "value": value})))
}

/// A failure in the midst of a stream.
fn broken(why: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("the answer broke off: {why}"), "what was said is kept: go on with the session")
        .with_code(client::UNREACHABLE)
}
