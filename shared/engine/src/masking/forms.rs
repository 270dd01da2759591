//! The forms in which a secret is looked for, in a text and in what decoders make of it.

use super::decode::View;
use crate::limits::{MASKED_BYTES, MASKED_FOLDED_BYTES, MASKED_ROUNDS};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde_json::Value;
use std::fmt::Write;

/// One form of a secret.
pub(super) struct Form {
    pub bytes: Vec<u8>,
    /// Whether upper and lower case are the same.
    pub folded: bool,
    /// Whether the form may be wrapped over lines.
    pub wraps: bool,
}

/// Every form of a secret, each at least as long as what occurs by chance.
pub(super) fn of(secret: &str) -> Vec<Form> {
    let mut texts: Vec<Vec<u8>> = vec![secret.into()];
    if !secret.is_ascii() {
        // Bytes of UTF-8 that are read as Latin-1, as in headers, and bytes of Latin-1 that are read as UTF-8.
        texts.push(secret.bytes().map(char::from).collect::<String>().into());
        let latin: Option<Vec<u8>> = secret.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect();
        if let Some(latin) = latin {
            texts.push(String::from_utf8_lossy(&latin).into_owned().into());
            texts.push(latin);
        }
    }
    let mut forms: Vec<Form> = Vec::new();
    for text in &texts {
        push_decoded(&mut forms, text, text.len() >= MASKED_FOLDED_BYTES, false);
        let hex = text.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        push_decoded(&mut forms, hex.as_bytes(), true, true);
        for lead in 0..3 {
            // Shorter pieces occur in other text by chance.
            for piece in in_base64(text, lead).into_iter().filter(|piece| piece.len() >= 6) {
                push_decoded(&mut forms, &piece, false, true);
            }
        }
    }
    // Letters beyond ASCII change their case too.
    if !secret.is_ascii() && secret.len() >= MASKED_FOLDED_BYTES {
        for text in [secret.to_lowercase(), secret.to_uppercase()] {
            push_decoded(&mut forms, text.as_bytes(), true, false);
        }
    }
    // A number that is too long for JSON's integers is read as the nearest double.
    if let Ok(Value::Number(number)) = serde_json::from_str(secret) {
        push_decoded(&mut forms, number.to_string().as_bytes(), false, false);
    }
    forms.retain(|form| form.bytes.len() >= MASKED_BYTES);
    forms
}

/// Adds a form, and what decoders make of it: a secret may itself hold what looks like an escape.
fn push_decoded(forms: &mut Vec<Form>, form: &[u8], folded: bool, wraps: bool) {
    let mut view = Some(View::plain(form));
    for _ in 0..=MASKED_ROUNDS {
        let Some(now) = view else { return };
        view = now.unescaped();
        let mut bytes = now.bytes;
        if wraps {
            bytes.retain(|byte| !byte.is_ascii_whitespace());
        }
        if !forms.iter().any(|known| known.bytes == bytes && known.folded == folded) {
            forms.push(Form { bytes, folded, wraps });
        }
    }
}

/// The characters that the secret alone decides when it stands in a longer text in base64, `lead` bytes after the start
/// of a group of three: `user:secret` in a Basic header must be found too. Where the secret ends the text, it decides the
/// last characters as well.
fn in_base64(secret: &[u8], lead: usize) -> Vec<Vec<u8>> {
    let mut bytes = vec![0; lead];
    bytes.extend_from_slice(secret);
    let skip = [0, 2, 3][lead];
    let whole = bytes.len() * 8 / 6;
    [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)]
        .iter()
        .flat_map(|text| [text.get(skip..whole), text.get(skip..), text.trim_end_matches('=').get(skip..)])
        .filter_map(|piece| piece.map(|piece| piece.as_bytes().to_vec()))
        .collect()
}
