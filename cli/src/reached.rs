//! The host that a command works with which moves executions itself where nobody else does: the one at `--url`, the process
//! that has the data folder, or this process.

use super::{
    Failure, Globals,
    allowed::Allowed,
    client::{self, Client},
    folder::Folder,
};
use local::Local;
use std::sync::Arc;

/// Who answers.
pub enum Reached {
    /// Another process.
    There(Client),
    /// This process, which has the folder open from now on.
    Here(Arc<Local>),
}

impl Reached {
    /// Finds it.
    ///
    /// # Errors
    /// Where `--url` comes with options for a host of this process, an option is wrong, or nobody can be reached.
    pub async fn find(globals: &Globals, allowed: &Allowed) -> Result<Self, Failure> {
        if let Some(url) = &globals.url {
            allowed.refuse_for(url)?;
            return client::over(url, globals.token()).map(Self::There);
        }
        // What is wrong with the options is told before anything else is done.
        allowed.options(globals.owner())?;
        match Folder::find(globals, || allowed.options(globals.owner())).await? {
            Folder::Held(holder) => Client::of_holder(holder, globals).map(Self::There),
            Folder::Open(host) => Ok(Self::Here(host)),
        }
    }
}
