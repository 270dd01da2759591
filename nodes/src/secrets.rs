//! Secrets: finding them in what is about to be sent, and masking them in what is recorded.

use crate::limits::SECRET_BYTES;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use stepwell_core::task::{Outcome, UsedSecret};

/// Replaces every occurrence of a secret in a JSON value, keys included, by `[secret NAME]`. Its forms in base64,
/// percent-encoding and JSON are found as well. Secrets under four bytes stay, or ordinary words would be blotted out.
pub fn mask(value: &mut Value, secrets: &[UsedSecret]) {
    Needles::of(secrets).mask(value);
}

/// Replaces every occurrence of a secret in a text, as [`mask`] does.
pub fn mask_text(text: &mut String, secrets: &[UsedSecret]) {
    Needles::of(secrets).mask_text(text);
}

/// Masks secrets in everything that an outcome says.
pub(crate) fn mask_outcome(mut outcome: Outcome, secrets: &[UsedSecret]) -> Outcome {
    let needles = Needles::of(secrets);
    match &mut outcome {
        Outcome::Succeeded { output, .. } => needles.mask(output),
        Outcome::Failed(failure) | Outcome::Unknown(failure) => {
            needles.mask_text(&mut failure.message);
            if let Some(details) = &mut failure.details {
                needles.mask(details);
            }
        }
    }
    outcome
}

/// Every form in which secrets may occur, and the texts that replace them.
pub(crate) struct Needles {
    /// An error where the forms have gigabytes, which no limit lets through. Everything is then taken for a secret.
    finder: Result<AhoCorasick, BuildError>,
    /// By form.
    shown: Vec<String>,
}

impl Needles {
    pub fn of(secrets: &[UsedSecret]) -> Self {
        let (mut forms, mut shown) = (Vec::new(), Vec::new());
        for secret in secrets.iter().filter(|s| s.value.len() >= SECRET_BYTES) {
            for form in forms_of(&secret.value) {
                forms.push(form);
                shown.push(format!("[secret {}]", secret.name));
            }
        }
        let finder = AhoCorasick::builder()
            // Where one secret begins with another, the whole of the longer one is replaced.
            .match_kind(MatchKind::LeftmostLongest)
            // This kind is the quickest to build, and most are used for one answer only.
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(forms);
        Self { finder, shown }
    }

    /// Whether any form of any secret occurs in these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> bool {
        self.finder.as_ref().map_or(true, |finder| finder.is_match(bytes))
    }

    fn mask_text(&self, text: &mut String) {
        match &self.finder {
            // Bytes, since a piece of base64 may begin or end within a character.
            Ok(finder) if finder.is_match(text.as_str()) => {
                let masked = finder.replace_all_bytes(text.as_bytes(), &self.shown);
                *text = String::from_utf8_lossy(&masked).into_owned();
            }
            Ok(_) => {}
            Err(_) => *text = "[secret]".into(),
        }
    }

    fn mask(&self, value: &mut Value) {
        if self.shown.is_empty() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let mut text = number.to_string();
                if self.found_in(text.as_bytes()) {
                    self.mask_text(&mut text);
                    *value = Value::String(text);
                }
            }
            Value::String(text) => self.mask_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            Value::Object(map) => self.mask_object(map),
        }
    }

    /// Masks the values of an object, and its keys where one of them holds a secret.
    fn mask_object(&self, map: &mut Map<String, Value>) {
        map.values_mut().for_each(|item| self.mask(item));
        if map.keys().any(|key| self.found_in(key.as_bytes())) {
            let old = std::mem::take(map);
            for (mut key, item) in old {
                self.mask_text(&mut key);
                map.insert(key, item);
            }
        }
    }
}

/// Every form in which a secret may occur in what is sent or comes back.
fn forms_of(secret: &str) -> Vec<Vec<u8>> {
    /// What percent-encoding changes: all but the characters that RFC 3986 calls unreserved.
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let in_url = utf8_percent_encode(secret, RESERVED).to_string();
    // A form that a browser sends has `+` for a space.
    let in_form = in_url.replace("%20", "+");
    let mut forms = vec![secret.as_bytes().to_vec(), in_url.into_bytes(), in_form.into_bytes()];
    if let Ok(json) = serde_json::to_string(secret) {
        forms.push(json.as_bytes()[1..json.len() - 1].to_vec());
    }
    for lead in 0..3 {
        forms.extend(in_base64(secret.as_bytes(), lead));
    }
    // Header values are read as Latin-1, so UTF-8 that comes back through one looks different.
    forms.push(secret.bytes().map(char::from).collect::<String>().into_bytes());
    forms.retain(|form| form.len() >= SECRET_BYTES);
    forms
}

/// The characters that the secret alone decides when it stands in a longer text in base64, `lead` bytes after the start
/// of a group of three: `user:secret` in a Basic header must be found too.
fn in_base64(secret: &[u8], lead: usize) -> Vec<Vec<u8>> {
    let mut bytes = vec![0; lead];
    bytes.extend_from_slice(secret);
    let skip = [0, 2, 3][lead];
    let whole = bytes.len() * 8 / 6;
    [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)]
        .into_iter()
        .filter_map(|text| text.as_bytes().get(skip..whole).map(<[u8]>::to_vec))
        // Shorter pieces occur in other text by chance.
        .filter(|form| form.len() >= 6)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn secret(value: &str) -> Vec<UsedSecret> {
        vec![UsedSecret { name: "KEY".into(), value: value.into(), hosts: vec![] }]
    }

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let value = "p4ss w\"rd/+é!";
        let basic = STANDARD.encode(format!("user:{value}"));
        let mut seen = json!({
            "plain": format!("a {value} b"), "basic": basic, "url": "x=p4ss%20w%22rd%2F%2B%C3%A9%21",
            "form": "x=p4ss+w%22rd%2F%2B%C3%A9%21", "json": json!({"k": value}).to_string(), value: [value],
            "header": value.bytes().map(char::from).collect::<String>()
        });
        mask(&mut seen, &secret(value));
        let text = seen.to_string();
        assert!(!text.contains("p4ss"), "{text}");
        assert_eq!(seen["plain"], "a [secret KEY] b");
        assert_eq!(seen["[secret KEY]"][0], "[secret KEY]");
        assert!(seen["basic"].as_str().unwrap().contains("[secret KEY]"), "{text}");
        assert_eq!(seen["url"], "x=[secret KEY]");
    }

    #[test]
    fn base64_is_found_at_every_alignment() {
        let value = "correct horse battery";
        for lead in ["", "a", "ab", "abc", "abcd"] {
            for tail in ["", "x", "xy"] {
                let mut text = STANDARD.encode(format!("{lead}{value}{tail}"));
                mask_text(&mut text, &secret(value));
                assert!(text.contains("[secret KEY]"), "{lead:?} {tail:?}: {text}");
            }
        }
    }

    #[test]
    fn a_short_value_stays_and_a_name_is_not_masked_again() {
        let mut text = "abc secret".to_owned();
        mask_text(&mut text, &secret("abc"));
        assert_eq!(text, "abc secret");
        mask_text(&mut text, &secret("secret"));
        assert_eq!(text, "abc [secret KEY]");
    }

    #[test]
    fn a_number_that_is_a_secret_is_masked() {
        let mut value = json!({"pin": 12345678, "other": 1.5});
        mask(&mut value, &secret("12345678"));
        assert_eq!(value, json!({"pin": "[secret KEY]", "other": 1.5}));
    }

    #[test]
    fn the_longest_of_overlapping_secrets_wins() {
        let mut both = secret("abcd");
        both.push(UsedSecret { name: "LONG".into(), value: "abcdefgh".into(), hosts: vec![] });
        let mut text = "abcdefgh abcd".to_owned();
        mask_text(&mut text, &both);
        assert_eq!(text, "[secret LONG] [secret KEY]");
    }
}
