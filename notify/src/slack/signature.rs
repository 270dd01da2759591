//! Whether Slack signed a request, by its scheme `v0`: HMAC-SHA-256 over version, time and body.

use crate::limits::SLACK_WINDOW;
use document::time::Time;
use engine::port::SlackRequest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;

/// Checks a request's signature, in the same time wherever it differs, and then that it was made within the last five
/// minutes.
///
/// # Errors
/// What is wrong with it, for whoever sends it.
pub(super) fn check(secret: &str, request: SlackRequest<'_>) -> Result<(), &'static str> {
    let (Some(timestamp), Some(signature)) = (request.timestamp, request.signature) else {
        return Err("the request is not signed: Slack sends X-Slack-Signature and X-Slack-Request-Timestamp");
    };
    let wrong = "the signature is wrong: compare the host's signing secret with that of the app";
    let sent = signature.strip_prefix("v0=").and_then(bytes).ok_or(wrong)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| wrong)?;
    for part in [b"v0:", timestamp.as_bytes(), b":", request.body] {
        mac.update(part);
    }
    mac.verify_slice(&sent).map_err(|_| wrong)?;
    let old = "the request was signed more than five minutes ago, or the host's clock is wrong";
    let digits = timestamp.len() <= 12 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let at = timestamp.parse::<i64>().ok().filter(|_| digits).ok_or(old)?;
    let at = Time(at * 1_000);
    let apart = request.now.since(at).max(at.since(request.now));
    // Slack's time has whole seconds.
    if apart <= SLACK_WINDOW + Duration::from_secs(1) { Ok(()) } else { Err(old) }
}

/// The 32 bytes of a signature in hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Secret, time, body and signature are those of Slack's published example ("Verifying requests from Slack").
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                        &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F\
                        96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn at(seconds: i64) -> SlackRequest<'static> {
        let now = Time((1_531_420_618 + seconds) * 1_000);
        SlackRequest { timestamp: Some(AT), signature: Some(SIGNATURE), body: BODY.as_bytes(), now }
    }

    #[test]
    fn slacks_own_example_verifies_for_five_minutes() {
        for seconds in [0, 1, 299, 300, -299] {
            assert_eq!(check(SECRET, at(seconds)), Ok(()), "{seconds}");
        }
        for seconds in [302, 3_600, -302] {
            assert!(check(SECRET, at(seconds)).is_err_and(|why| why.contains("five minutes")), "{seconds}");
        }
    }

    #[test]
    fn whatever_is_changed_is_refused() {
        let right = at(0);
        for wrong in [
            SlackRequest { body: b"token=other", ..right },
            SlackRequest { timestamp: Some("1531420619"), ..right },
            SlackRequest { timestamp: Some("+1531420618"), ..right },
            SlackRequest { timestamp: None, ..right },
            SlackRequest { signature: None, ..right },
            SlackRequest { signature: Some(&SIGNATURE[..66]), ..right },
            SlackRequest { signature: Some(&SIGNATURE[3..]), ..right },
            SlackRequest { signature: Some("v0="), ..right },
            SlackRequest {
                signature: Some("v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
                ..right
            },
            SlackRequest {
                signature: Some("v0=+2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
                ..right
            },
            SlackRequest {
                signature: Some("v0=b2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
                ..right
            },
        ] {
            assert!(check(SECRET, wrong).is_err());
        }
        assert!(check("another", right).is_err());
    }
}
