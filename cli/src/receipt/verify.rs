//! `stepwell receipt verify FILE --key KEY`: without a host, without the network, and without believing a key that came
//! with the receipt.

use super::key::{self, Trusted};
use crate::{Exit, Failure, Globals, Outcome, limits, output};
use api::types::Fault;
use base64::{Engine, prelude::BASE64_STANDARD};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};
use stepwell_core::interaction::proof::{Flaw, Signed, check};

/// The arguments of `stepwell receipt verify`.
#[derive(clap::Args)]
pub struct Args {
    /// The receipt, as `receipt get` wrote it; - for stdin
    file: PathBuf,
    /// A public key of the host that signed, from elsewhere than the receipt: the file that `receipt keys --json` wrote, a
    /// PEM file, or base64; may be given several times
    #[arg(long = "key", value_name = "FILE|BASE64", required = true)]
    keys: Vec<String>,
}

/// Checks a receipt. Exit 0 where it holds, 1 where it does not, with what differs, and 2 where something cannot be read.
pub fn run(globals: &Globals, args: Args) -> Outcome {
    let keys: Vec<Vec<Trusted>> = args.keys.iter().map(|one| key::read(one)).collect::<Result<_, _>>()?;
    let text = text(&args.file)?;
    match check(&text, |signed| is_signed(signed, &keys.concat())) {
        Ok(receipt) => {
            told(globals, &receipt);
            Ok(Exit::Done)
        }
        Err(flaws) => Err(invalid(flaws)),
    }
}

/// Reads the file, or stdin for `-`.
fn text(path: &Path) -> Result<String, Failure> {
    let unread = |error: io::Error| {
        Failure::usage(format!("{} cannot be read: {error}", path.display()), "`stepwell receipt get` writes one")
    };
    let from: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(io::stdin().lock()),
        _ => Box::new(std::fs::File::open(path).map_err(unread)?),
    };
    let mut text = String::new();
    from.take(limits::RECEIPT_BYTES + 1).read_to_string(&mut text).map_err(unread)?;
    if text.len() as u64 > limits::RECEIPT_BYTES {
        let hint = "this is no receipt that a host wrote";
        return Err(Failure::usage(format!("the file is larger than {} bytes", limits::RECEIPT_BYTES), hint));
    }
    Ok(text)
}

/// Checks the signature with the one trusted key that has the id.
fn is_signed(signed: &Signed<'_>, keys: &[Trusted]) -> Result<(), Flaw> {
    let Some(key) = keys.iter().find(|key| key.key_id == signed.key_id) else {
        let given: Vec<&str> = keys.iter().map(|key| key.key_id.as_str()).collect();
        let message = format!("it says that the key {} signed it; given is {}", signed.key_id, given.join(", "));
        return Err(Flaw::new("unknown_key", message));
    };
    let wrong = || Flaw::new("wrong_signature", format!("the key {} did not sign this", key.key_id));
    let signature = BASE64_STANDARD.decode(signed.signature).map_err(|_| wrong())?;
    UnparsedPublicKey::new(&ED25519, key.bytes).verify(signed.bytes, &signature).map_err(|_| wrong())
}

fn invalid(flaws: Vec<Flaw>) -> Failure {
    let fault =
        |flaw: Flaw| Fault { code: flaw.code.into(), path: String::new(), message: flaw.message, ..Fault::default() };
    let errors: Vec<Fault> = flaws.into_iter().map(fault).collect();
    let hint = "ask the host that decided: stepwell receipt get INTERACTION, and stepwell receipt keys --json";
    Failure::failed("the receipt is not valid", hint).with_code("invalid_receipt").with_errors(errors)
}

/// Says what the receipt proves.
fn told(globals: &Globals, receipt: &Value) {
    if globals.json {
        return output::json(&json!({"valid": true, "receipt": receipt}));
    }
    let text = |name: &str| output::clean(&output::text(&receipt[name]));
    output::line(&format!("valid: {} {}", text("status"), text("decision")));
    output::line(&format!("question   {}", output::quoted_lines(&output::text(&receipt["shown"]["question"]))));
    for response in receipt["responses"].as_array().into_iter().flatten() {
        let part = |name: &str| output::clean(&output::text(&response[name]));
        let entered = match part("entered_by") {
            by if by.is_empty() => by,
            by => format!(", entered by {by}"),
        };
        let member = match part("group") {
            group if group.is_empty() => group,
            group => format!(", as a member of {group}"),
        };
        let (by, said, at, via) = (part("by"), part("decision"), part("at"), part("via"));
        output::line(&format!("response   {by}: {said} at {at} by {via}{entered}{member}"));
    }
    asked(receipt);
    if !receipt["reason"].is_null() {
        output::line(&format!("reason     {}", text("reason")));
    }
    output::line(&format!("decided    {}, asked {}", text("decided_at"), text("opened_at")));
    output::line(&format!("execution  {} of {}, node {}", text("execution_id"), text("workflow_id"), text("node")));
}

/// Says who was asked in the end, and how it came to that where it was not so from the beginning.
fn asked(receipt: &Value) {
    let names = |list: &Value| {
        let names: Vec<String> =
            list.as_array().into_iter().flatten().map(|name| output::clean(&output::text(name))).collect();
        if names.is_empty() { "anyone".to_owned() } else { names.join(", ") }
    };
    let (changes, escalation) = (&receipt["reassigned"], &receipt["escalation"]);
    for change in changes.as_array().into_iter().flatten() {
        let part = |name: &str| output::clean(&output::text(&change[name]));
        let why = match part("reason") {
            why if why.is_empty() => why,
            why => format!(": {why}"),
        };
        let (from, to) = (names(&change["from"]), names(&change["to"]));
        output::line(&format!("reassigned {from} to {to} by {} at {}{why}", part("by"), part("at")));
    }
    if escalation.is_object() {
        let at = output::clean(&output::text(&escalation["at"]));
        output::line(&format!("escalated  to {} at {at}", names(&escalation["to"])));
    }
    if changes.is_array() || escalation.is_object() {
        output::line(&format!("asked      {} in the end", names(&receipt["assignees"])));
    }
}
