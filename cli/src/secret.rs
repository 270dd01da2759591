//! `stepwell secret set NAME`: stores a credential. Its value is never an argument, since other users can read those.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    output,
};
use api::types::{SecretBody, StoredSecret};
use engine::port::ANY_HOST;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Read, stdin};

/// The arguments of `stepwell secret set`.
#[derive(clap::Args)]
pub struct Args {
    /// The name of the credential: templates place it as {{ secrets.NAME }}
    name: String,
    /// A host that the credential may be sent to; `*` is any [default: any]
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Let documents name the credential that callers without the scope `admin` send along
    #[arg(long)]
    for_inline: bool,
}

/// Reads the value from a prompt or a pipe, without the line break at its end, and stores it.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let value = value(&args.name)?;
    if value.is_empty() {
        return Err(Failure::usage(
            "no value was given",
            format!("pipe it in: stepwell secret set {} < FILE", args.name),
        ));
    }
    let client = Client::open_or_create(globals).await?;
    let hosts = (!args.hosts.is_empty()).then(|| args.hosts.clone());
    let body = SecretBody { value, hosts, for_inline: args.for_inline };
    let stored = client.put(&format!("/v1/secrets/{}", escaped(&args.name)), &body).await;
    client.close().await;
    let stored: StoredSecret = stored?.read()?;
    for warning in &stored.warnings {
        let hint = warning.hint.as_deref().unwrap_or_default();
        eprintln!("{} {}: {hint}", output::yellow("warning:"), warning.message);
    }
    if globals.json {
        output::json(&stored);
    } else {
        output::line(&format!("stored: templates of http_request place it as {{{{ secrets.{} }}}}", args.name));
        let any = args.hosts.is_empty() || args.hosts.iter().any(|host| host == ANY_HOST);
        let to = if any { "any host".to_owned() } else { args.hosts.join(", ") };
        output::line(&format!("it may be sent to {to}"));
    }
    Ok(Exit::Done)
}

fn value(name: &str) -> Result<String, Failure> {
    let unread = |error: std::io::Error| Failure::usage(format!("the value cannot be read: {error}"), "pipe it in");
    let mut text = String::new();
    if stdin().is_terminal() {
        eprint!("value of {name} (it is not shown): ");
        let silent = Silence::begin();
        let read = stdin().read_line(&mut text);
        drop(silent);
        eprintln!();
        read.map_err(unread)?;
    } else {
        let most = api::limits::SECRET_BYTES as u64 + 2;
        stdin().lock().take(most).read_to_string(&mut text).map_err(unread)?;
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Keeps the terminal from showing what is typed, until it is dropped. It holds the terminal's settings from before;
/// none where they could not be read, so that typing is shown.
struct Silence(Option<rustix::termios::Termios>);

impl Silence {
    fn begin() -> Self {
        let Ok(before) = tcgetattr(stdin()) else { return Self(None) };
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(stdin(), OptionalActions::Now, &silent);
        Self(Some(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
