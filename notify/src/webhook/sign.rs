//! Signatures as Standard Webhooks describe them, version 1: HMAC-SHA-256 over id, time and body.

use base64::{Engine, prelude::BASE64_STANDARD};
use document::{WEBHOOK_KEY_BYTES, WEBHOOK_KEY_MOST_BYTES, WEBHOOK_KEY_PREFIX as PREFIX};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// What a signature of this version begins with.
const VERSION: &str = "v1,";
/// Seconds that a message's time may differ from the receiver's, as the specification suggests.
const TOLERANCE_SECONDS: i64 = 300;

/// A key that signs webhooks and checks them.
pub struct Key(Vec<u8>);

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The message is older or newer than five minutes.
    #[error("the message is more than five minutes old, or from the future")]
    Time,
    /// No signature is that of the key.
    #[error("the message has no signature of this key")]
    Signature,
}

impl Key {
    /// Reads a key: base64 of 24 to 64 bytes, behind `whsec_` or without it.
    ///
    /// # Errors
    /// A sentence that says how a key looks; it holds nothing of this one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "write it as {PREFIX} and base64 of {WEBHOOK_KEY_BYTES} to {WEBHOOK_KEY_MOST_BYTES} random bytes, such as \
                 {PREFIX} with what `openssl rand -base64 32` prints"
            )
        };
        let text = text.trim();
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| form())?;
        if (WEBHOOK_KEY_BYTES..=WEBHOOK_KEY_MOST_BYTES).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(form()) }
    }

    /// The signature of a message: its id, its time in seconds since 1970, and its body.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        format!("{VERSION}{}", BASE64_STANDARD.encode(self.code(id, seconds, body)))
    }

    /// Checks a message, in the same time wherever its signature differs. `signatures` may hold several, with blanks
    /// between them; `now` is the receiver's time in seconds since 1970.
    ///
    /// # Errors
    /// [`Stale`], where it is not to be believed.
    pub fn check(&self, id: &str, seconds: i64, body: &[u8], signatures: &str, now: i64) -> Result<(), Stale> {
        if now.abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(Stale::Time);
        }
        let right = self.code(id, seconds, body);
        let given = signatures.split(' ').filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix(VERSION)?).ok());
        let is_right = given.fold(Choice::from(0), |found, one| found | one.as_slice().ct_eq(&right));
        if is_right.into() { Ok(()) } else { Err(Stale::Signature) }
    }

    fn code(&self, id: &str, seconds: i64, body: &[u8]) -> Vec<u8> {
        // HMAC takes keys of every length, so that the error never comes.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Vec::new() };
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Key, id, time, body and signature, as the tests of the specification's own libraries in JavaScript and Rust have
    /// them.
    const PUBLISHED: [(&str, &str, i64, &str, &str); 2] = [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ];

    #[test]
    fn the_published_messages_are_signed_as_published_and_believed() {
        for (key, id, seconds, body, signature) in PUBLISHED {
            let key = Key::parse(key).unwrap();
            assert_eq!(key.sign(id, seconds, body.as_bytes()), signature);
            assert_eq!(key.check(id, seconds, body.as_bytes(), signature, seconds + 300), Ok(()));
            let several = format!("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,abc {signature}");
            assert_eq!(key.check(id, seconds, body.as_bytes(), &several, seconds), Ok(()));
            let bare = Key::parse(PUBLISHED[0].0.trim_start_matches(PREFIX)).unwrap();
            assert_eq!(bare.0, Key::parse(PUBLISHED[0].0).unwrap().0);
        }
    }

    #[test]
    fn whatever_is_changed_is_not_believed() {
        let (key, id, seconds, body, signature) = PUBLISHED[0];
        let key = Key::parse(key).unwrap();
        let check = |id: &str, seconds, body: &str, signature: &str, now| {
            key.check(id, seconds, body.as_bytes(), signature, now)
        };
        assert_eq!(check("msg_another", seconds, body, signature, seconds), Err(Stale::Signature));
        assert_eq!(check(id, seconds + 1, body, signature, seconds), Err(Stale::Signature));
        assert_eq!(check(id, seconds, "{}", signature, seconds), Err(Stale::Signature));
        let unversioned = signature.trim_start_matches(VERSION);
        for wrong in ["", "v1,", "v1", unversioned, &signature.replace("v1", "v2"), &signature[..signature.len() - 4]] {
            assert_eq!(check(id, seconds, body, wrong, seconds), Err(Stale::Signature), "{wrong}");
        }
        assert_eq!(check(id, seconds, body, signature, seconds + 301), Err(Stale::Time));
        assert_eq!(check(id, seconds, body, signature, seconds - 301), Err(Stale::Time));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_told() {
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all!", &format!("whsec_{}", "QUFB".repeat(22))] {
            let why = Key::parse(wrong).map(|_| ()).unwrap_err();
            assert!(why.contains("openssl rand") && (wrong.len() < 7 || !why.contains(wrong)), "{why}");
        }
    }
}
