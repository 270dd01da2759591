//! `stepwell open [ID]`: shows the address of the host, or of an execution or a question there, in a browser where there
//! is one.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    output,
    pick::{over, pick},
};
use local::store::running;
use serde_json::json;
use std::{
    io::IsTerminal,
    process::{Command, Stdio},
};

/// The arguments of `stepwell open`.
#[derive(clap::Args)]
pub struct Args {
    /// An execution or a question [default: the host itself]
    id: Option<String>,
    /// Only print the address
    #[arg(long)]
    print: bool,
}

/// Prints the address, and at a terminal with a screen opens it. Exit 1 where no host serves the data folder.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let served = globals.url.clone().or_else(|| running(globals.data()).and_then(|holder| holder.url));
    let Some(base) = served else {
        let message = format!("nothing serves the data folder {}", globals.data().display());
        return Err(
            Failure::failed(message, "serve it with `stepwell dev`, or name a host with --url").with_code("not_served")
        );
    };
    let base = base.trim_end_matches('/').to_owned();
    let address = match &args.id {
        None => format!("{base}/"),
        Some(said) => {
            let client = Client::open(globals).await?;
            let place = place(&client, said).await;
            client.close().await;
            format!("{base}{}", place?)
        }
    };
    let opened = !args.print && std::io::stdout().is_terminal() && has_screen() && open(&address);
    if globals.json {
        output::json(&json!({"url": address, "opened": opened}));
    } else {
        output::line(&address);
    }
    Ok(Exit::Done)
}

/// The path of the page of a question or an execution.
async fn place(client: &Client, said: &str) -> Result<String, Failure> {
    if let Some(place) = question(client, said).await? {
        return Ok(place);
    }
    let id = escaped(&pick(client, said).await?).to_string();
    let failure = match client.get(&format!("/v1/executions/{id}")).await {
        Ok(_) => return Ok(format!("/executions/{id}")),
        Err(failure) if failure.code == "not_found" => failure,
        Err(failure) => return Err(failure),
    };
    // The beginning of no execution's id may be that of a question's.
    question(client, &over(client, said).await?).await?.ok_or(failure)
}

/// The path of the page of the question with this id; none where there is none.
async fn question(client: &Client, id: &str) -> Result<Option<String>, Failure> {
    match client.get(&format!("/v1/interactions/{}", escaped(id))).await {
        Ok(_) => Ok(Some(format!("/inbox/{}", escaped(id)))),
        Err(failure) if failure.code == "not_found" => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether there is a screen for a browser's window.
fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Has the desktop open an address. False where it has no way to.
fn open(address: &str) -> bool {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
