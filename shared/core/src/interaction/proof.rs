//! Checks a receipt that somebody hands over: offline, and without believing anything that stands in it. Who checks brings
//! the public key; the signature itself is checked by the caller, since the rules hold no cryptography but hashes.

use super::receipt::{ALGORITHM, VERSION};
use document::{id::sha256_hex, jcs};
use serde_json::{Map, Value};

/// The members of a signed receipt. Another one would not be signed, so it is refused.
const MEMBERS: [&str; 5] = ["receipt", "sha256", "algorithm", "key_id", "signature"];

/// What is wrong with a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// A word for programs, such as `wrong_signature`.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

impl Flaw {
    /// A flaw of that code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// What was signed, as the signature's check gets it.
#[derive(Debug)]
pub struct Signed<'a> {
    /// The id of the key, as the file says. It only helps to find the key among those that are trusted.
    pub key_id: &'a str,
    /// The signature in base64, as the file says.
    pub signature: &'a str,
    /// The canonical receipt.
    pub bytes: &'a [u8],
}

/// Reads a signed receipt and checks it: its form, its hash, its signature, and that everybody was shown what the receipt
/// says. Spaces and the order of keys make no difference. Returns the receipt itself.
///
/// # Errors
/// Everything that is wrong, in the order of the checks.
pub fn check(text: &str, is_signed: impl FnOnce(&Signed<'_>) -> Result<(), Flaw>) -> Result<Value, Vec<Flaw>> {
    let unreadable = |message: String| vec![Flaw::new("unreadable", message)];
    let whole = jcs::read(text).map_err(unreadable)?;
    let Value::Object(mut members) = whole else {
        return Err(unreadable("this is no receipt: it is no JSON object".into()));
    };
    let mut flaws: Vec<Flaw> = members
        .keys()
        .filter(|key| !MEMBERS.contains(&key.as_str()))
        .map(|key| Flaw::new("unexpected_field", format!("`{key}` stands beside the receipt, where nothing is signed")))
        .collect();
    let Some(receipt) = members.remove("receipt").filter(Value::is_object) else {
        flaws.push(Flaw::new("unreadable", "this is no receipt: it has no object `receipt`"));
        return Err(flaws);
    };
    let canonical = jcs::text(&receipt);
    flaws.extend(form(&receipt, &members, &canonical));
    match (text_of(&members, "key_id"), text_of(&members, "signature")) {
        (Some(key_id), Some(signature)) => {
            flaws.extend(is_signed(&Signed { key_id, signature, bytes: canonical.as_bytes() }).err());
        }
        _ => flaws.push(Flaw::new("unsigned", "the receipt is not signed: it has no `key_id` or no `signature`")),
    }
    flaws.extend(shown(&receipt));
    if flaws.is_empty() { Ok(receipt) } else { Err(flaws) }
}

fn text_of<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// Whether the file says of its receipt what is so.
fn form(receipt: &Value, members: &Map<String, Value>, canonical: &str) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if receipt["version"].as_u64() != Some(VERSION) {
        let message =
            format!("this release knows receipts of version {VERSION}, and this one says {}", receipt["version"]);
        flaws.push(Flaw::new("unknown_version", message));
    }
    if text_of(members, "algorithm") != Some(ALGORITHM) {
        flaws.push(Flaw::new("unknown_algorithm", format!("receipts are signed with {ALGORITHM} and nothing else")));
    }
    let right = sha256_hex(canonical.as_bytes());
    if text_of(members, "sha256") != Some(&right) {
        let message = format!("`sha256` is not that of the receipt, which is {right}: something in it was changed");
        flaws.push(Flaw::new("wrong_hash", message));
    }
    flaws
}

/// Whether everybody was shown what the receipt says.
fn shown(receipt: &Value) -> Vec<Flaw> {
    let right = sha256_hex(jcs::text(&receipt["shown"]).as_bytes());
    let mut flaws = Vec::new();
    if receipt["shown_sha256"].as_str() != Some(&right) {
        flaws.push(Flaw::new("shown_differs", format!("`shown_sha256` is not that of `shown`, which is {right}")));
    }
    let Some(responses) = receipt["responses"].as_array() else {
        flaws.push(Flaw::new("unreadable", "the receipt has no list `responses`"));
        return flaws;
    };
    for (number, response) in (1..).zip(responses) {
        if response["shown_sha256"].as_str() != Some(&right) {
            let message = format!("{}, who gave response {number}, was shown something else", response["by"]);
            flaws.push(Flaw::new("shown_differs", message));
        }
    }
    flaws
}
