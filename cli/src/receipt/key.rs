//! Public keys as people hand them over: what `receipt keys --json` wrote, PEM, or base64.

use crate::{Failure, limits};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{io::Read, path::Path};
use stepwell_core::interaction::receipt::key_id;

/// Bytes of a public key (RFC 8032).
const BYTES: usize = 32;
/// What stands before the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo` (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key that whoever checks trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Its id, as it follows from its bytes.
    pub key_id: String,
    /// Its bytes.
    pub bytes: [u8; BYTES],
}

/// The keys that an argument names: a file, or a key itself in base64.
///
/// # Errors
/// Where there is no such file, or it holds no key.
pub fn read(argument: &str) -> Result<Vec<Trusted>, Failure> {
    let path = Path::new(argument);
    if !path.exists() {
        return of_base64(argument).map(|key| vec![key]).ok_or_else(|| refused(argument, "is no file and no key"));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| refused(argument, &format!("cannot be read: {error}")))?;
    let read = file.take(limits::KEY_FILE_BYTES).read_to_string(&mut text);
    read.map_err(|error| refused(argument, &format!("cannot be read: {error}")))?;
    let found = match serde_json::from_str::<Value>(&text) {
        Ok(json) => of_json(&json),
        Err(_) if text.contains("-----BEGIN") => of_pem(&text).map(|key| vec![key]),
        Err(_) => of_base64(&text).map(|key| vec![key]),
    };
    found.filter(|keys| !keys.is_empty()).ok_or_else(|| refused(argument, "holds no Ed25519 public key"))
}

fn refused(argument: &str, why: &str) -> Failure {
    let hint =
        "give what `stepwell receipt keys --json` wrote on the host that signed, a PEM file, or the 32 bytes in base64";
    Failure::usage(format!("`{argument}` {why}"), hint)
}

fn trusted(bytes: &[u8]) -> Option<Trusted> {
    Some(Trusted { key_id: key_id(bytes), bytes: bytes.try_into().ok()? })
}

fn of_base64(text: &str) -> Option<Trusted> {
    trusted(&BASE64_STANDARD.decode(text.trim()).ok()?)
}

/// A key in a `PUBLIC KEY` block.
fn of_pem(text: &str) -> Option<Trusted> {
    let body = text.split_once("-----BEGIN PUBLIC KEY-----")?.1.split_once("-----END PUBLIC KEY-----")?.0;
    let der = BASE64_STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
    trusted(der.strip_prefix(&SPKI)?)
}

/// The keys of `GET /v1/keys`, or one of them. None where one is no key, or has another id than it says.
fn of_json(json: &Value) -> Option<Vec<Trusted>> {
    let one = |json: &Value| {
        let key = of_base64(json["public_key"].as_str()?)?;
        (json["key_id"].as_str() == Some(&key.key_id)).then_some(key)
    };
    match json["items"].as_array() {
        Some(items) => items.iter().map(one).collect(),
        None => one(json).map(|key| vec![key]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// The public key of the first example of RFC 8032, §7.1.
    const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    /// The same as OpenSSL writes it.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
                       MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn a_key_is_read_in_each_form_and_its_id_follows_from_its_bytes() {
        let key = of_base64(KEY).unwrap();
        assert_eq!(of_pem(PEM), Some(key.clone()));
        let one = json!({"key_id": key.key_id, "public_key": KEY, "algorithm": "Ed25519"});
        assert_eq!(of_json(&one), Some(vec![key.clone()]));
        assert_eq!(of_json(&json!({"items": [one, one]})), Some(vec![key.clone(), key.clone()]));
        assert_eq!(read(KEY).unwrap(), [key]);
        assert_eq!(of_json(&json!({"key_id": "0000000000000000", "public_key": KEY})), None, "another id");
        for wrong in ["", "no key", "AAAA", "/nowhere/key.pem"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
