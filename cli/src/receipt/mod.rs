//! `stepwell receipt …`: the proof of what people decided, and the keys that it is checked with.

mod get;
mod key;
mod keys;
mod verify;

use super::{Globals, Outcome};
use clap::Subcommand;

/// `stepwell receipt …`
#[derive(Subcommand)]
pub enum ReceiptCommand {
    /// Write the receipt of a question that is over
    Get(get::Args),
    /// Check a receipt, offline, with a public key that you trust
    Verify(verify::Args),
    /// List the public keys that sign receipts, or did
    Keys,
    /// Make a new key that signs from now on; what was signed before can still be checked
    Rotate,
}

/// Runs one of them.
pub async fn run(globals: &Globals, command: ReceiptCommand) -> Outcome {
    match command {
        ReceiptCommand::Get(args) => get::run(globals, args).await,
        ReceiptCommand::Verify(args) => verify::run(globals, args),
        ReceiptCommand::Keys => keys::list(globals).await,
        ReceiptCommand::Rotate => keys::rotate(globals).await,
    }
}
