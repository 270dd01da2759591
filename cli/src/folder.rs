//! The data folder as a command finds it: free, or in the hands of another process, which then answers for it.

use super::{Failure, Globals, limits};
use local::{
    Local,
    server::{self, Options, Unopened, socket::Address},
    store::{OpenError, running},
};
use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
};
use tokio::time::{Instant, sleep};

/// A data folder as a command finds it.
pub enum Folder {
    /// This process has it open from now on.
    Open(Arc<Local>),
    /// Another process has it, and answers.
    Held(Holder),
}

/// The process that has a data folder, as it is reached.
pub struct Holder {
    /// Where it answers.
    pub entrance: Entrance,
    /// Whether it moves every execution of the folder, as `stepwell dev` does.
    pub moves_all: bool,
}

/// Where the process that has a data folder answers.
pub enum Entrance {
    /// At the folder's socket, where the user needs no token.
    Socket(Address),
    /// At this address, since the folder can have no socket.
    Net(String),
}

impl Folder {
    /// Opens the folder, and creates one that is absent; or finds the process that has it. One that has it and does not
    /// answer, such as a command that is done in a moment, is waited for.
    pub async fn find(globals: &Globals, options: impl Fn() -> Result<Options, Failure>) -> Result<Self, Failure> {
        let (data, patience) = (globals.data(), Instant::now() + limits::FOLDER_PATIENCE);
        loop {
            match server::open_with(&data, options()?) {
                Ok(host) => return Ok(Self::Open(host)),
                Err(Unopened::Folder(OpenError::InUse { url, pid, .. })) => {
                    if let Some(holder) = holder(&data, url) {
                        return Ok(Self::Held(holder));
                    }
                    if Instant::now() >= patience {
                        return Err(silent(&data, pid));
                    }
                    sleep(limits::FOLDER_RETRY).await;
                }
                Err(error) => return Err(unopened(&error)),
            }
        }
    }
}

/// Opens the folder for a process that is to move all of it. Where a `stepwell run` has it, waits until that ends.
///
/// # Errors
/// Where another process serves it already, or it cannot be opened.
pub async fn for_all(globals: &Globals, options: impl Fn() -> Result<Options, Failure>) -> Result<Arc<Local>, Failure> {
    let mut told = false;
    loop {
        match Folder::find(globals, &options).await? {
            Folder::Open(host) => return Ok(host),
            Folder::Held(holder) if holder.moves_all => return Err(served(&globals.data())),
            Folder::Held(_) => {
                if !std::mem::replace(&mut told, true) {
                    let by = named(running(globals.data()).and_then(|holder| holder.pid));
                    eprintln!("{by} runs a workflow in this data folder: waiting until it ends (Ctrl-C gives up)");
                }
                sleep(limits::FOLLOW).await;
            }
        }
    }
}

/// The failure about a folder that another process serves.
fn served(data: &Path) -> Failure {
    let holder = running(data).unwrap_or_default();
    let (by, url) = (named(holder.pid), holder.url.unwrap_or_default());
    let message = format!("the data folder {} is in use by {by}, which serves {url}", data.display());
    let hint = "commands reach it as it is; stop it first to serve the folder otherwise, or choose another with --data";
    Failure::usage(message, hint).with_code("data_folder_in_use")
}

/// A process as people are told of it.
fn named(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// The process that has the folder and perhaps serves `url`. None where it answers at neither.
fn holder(data: &Path, url: Option<String>) -> Option<Holder> {
    // A process without an address runs a workflow of its own, and moves no other.
    let moves_all = url.is_some();
    if let Some(address) = Address::of(data).ok().filter(Address::answers) {
        return Some(Holder { entrance: Entrance::Socket(address), moves_all });
    }
    let url = url?;
    let address: SocketAddr = url.strip_prefix("http://")?.parse().ok()?;
    TcpStream::connect_timeout(&address, limits::FOLDER_LOOK).ok()?;
    Some(Holder { entrance: Entrance::Net(url), moves_all })
}

/// The failure about a process that has the folder and does not answer.
fn silent(data: &Path, pid: Option<u32>) -> Failure {
    let message = format!(
        "{} has the data folder {} and does not answer within {} s",
        named(pid),
        data.display(),
        limits::FOLDER_PATIENCE.as_secs()
    );
    let hint = "let it go on or end it, where it was stopped; or choose another folder with --data";
    Failure::usage(message, hint).with_code("data_folder_in_use")
}

/// Makes a failure of a data folder that cannot be opened.
pub fn unopened(error: &Unopened) -> Failure {
    let code = match error {
        Unopened::Folder(OpenError::InUse { .. }) => "data_folder_in_use",
        Unopened::Folder(_) => "data_folder",
        Unopened::Nodes(_) => "configuration",
    };
    // The error's own text says what to do.
    Failure::usage(error.to_string(), "").with_code(code)
}
