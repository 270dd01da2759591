//! What can be told of a webhook channel before anything is sent: headers that are the host's, keys that sign nothing, and
//! where it leads.

use crate::reading::{Cx, Fields};
use serde_json::Value;

/// The headers that name, date and sign a message (Standard Webhooks). The host sets them.
pub const WEBHOOK_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/// What a key as text begins with.
pub const WEBHOOK_KEY_PREFIX: &str = "whsec_";
/// Bytes of a key for Standard Webhooks at least, as its specification says: 192 bits.
pub const WEBHOOK_KEY_BYTES: usize = 24;
/// Bytes of such a key at most, as its specification says.
pub const WEBHOOK_KEY_MOST_BYTES: usize = 64;

/// Reports a header that the host sets, and a key that is none. What a template makes is known when it is sent.
pub(super) fn check(cx: &mut Cx<'_>, f: &Fields<'_, '_>) {
    let headers = f.get("headers").and_then(Value::as_object);
    let own = |name: &&String| WEBHOOK_HEADERS.iter().any(|own| name.trim().eq_ignore_ascii_case(own));
    for name in headers.into_iter().flat_map(serde_json::Map::keys).filter(own) {
        let message = format!("the header `{name}` of a webhook is set by the host");
        cx.error("invalid_config", &f.at.key("headers").key(name), message, "Leave it out.");
    }
    let secret = f.get("secret").and_then(Value::as_str).filter(|text| !text.contains("{{"));
    if secret.is_some_and(|text| !is_key(text)) {
        // The message holds nothing of it: it may be a key that was copied with a slip.
        let hint = "Store a key of that form, and write {{ secrets.NAME }}.";
        let form = format!("{WEBHOOK_KEY_PREFIX} and base64 of {WEBHOOK_KEY_BYTES} to {WEBHOOK_KEY_MOST_BYTES} bytes");
        f.wrong(cx, "secret", format!("the `secret` of a webhook is no key: a key is {form}"), hint);
    }
}

/// Whether a text has the form of a key.
fn is_key(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix(WEBHOOK_KEY_PREFIX).unwrap_or(text);
    let digits = text.trim_end_matches('=');
    let fills = text.len() - digits.len();
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    let bytes = (text.len() / 4 * 3).saturating_sub(fills);
    text.len().is_multiple_of(4)
        && fills <= 2
        && digits.bytes().all(is_digit)
        && (WEBHOOK_KEY_BYTES..=WEBHOOK_KEY_MOST_BYTES).contains(&bytes)
}

/// The host that a URL leads to, as far as it stands there without a template; it is no credential, as the rest may be.
pub(super) fn host(url: &str) -> Option<String> {
    let text = url.trim();
    let (_, rest) = text.split_once("://")?;
    let fixed = rest.split_once("{{").map_or(rest, |(before, _)| before);
    let end = fixed.find(['/', '?', '#']);
    // Without an end the template that follows may go on with the host.
    let authority = match end {
        Some(end) => &fixed[..end],
        None if fixed.len() == rest.len() => fixed,
        None => return None,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let fits = !host.is_empty() && !host.contains(char::is_whitespace) && host.len() <= 255;
    fits.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_no_template_and_no_credential_is_part_of() {
        let known = |url: &str| host(url).unwrap_or_default();
        assert_eq!(known("https://hooks.example.com/T1/{{ secrets.KEY }}"), "hooks.example.com");
        assert_eq!(known(" https://Hooks.example.com:8443?a=1"), "hooks.example.com:8443");
        assert_eq!(known("https://hooks.example.com"), "hooks.example.com");
        assert_eq!(known("https://me:s3cret@hooks.example.com/x"), "hooks.example.com");
        for unknown in
            ["{{ input.url }}", "https://{{ input.host }}/x", "https://hooks.{{ input.zone }}/x", "https:///x"]
        {
            assert_eq!(host(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_key_is_base64_of_so_many_bytes() {
        let zeros = |count: usize| "A".repeat(count);
        for good in [format!("whsec_{}", zeros(32)), zeros(32), format!("{}==", zeros(86)), format!("{}=", zeros(43))] {
            assert!(is_key(&good), "{good}");
        }
        for bad in ["tooshort".into(), String::new(), zeros(31), zeros(28), zeros(92), format!("whsec_{}!", zeros(31))]
        {
            assert!(!is_key(&bad), "{bad}");
        }
    }
}
