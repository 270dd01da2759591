//! Secrets: finding them in what is about to be sent, and masking them in what is recorded and in what a model is told.
//!
//! A text is searched as it stands, and again each time that the escapes in it were undone (`decode.rs`), for the few
//! forms that are no escapes (`forms.rs`). What is found is masked where it stood in the text itself.

mod decode;
mod forms;
mod known;
mod piecewise;

use crate::limits::{MASKED_BYTES, MASKED_ROUNDS, MASKED_WINDOW_BYTES};
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};
use decode::View;
use serde_json::{Map, Value};
use stepwell_core::task::{Outcome, UsedSecret};

/// Replaces every occurrence of a secret in a JSON value, keys included, by `[secret NAME]`, however it is encoded.
/// Secrets under four bytes stay, or ordinary words would be blotted out.
pub fn mask(value: &mut Value, secrets: &[UsedSecret]) {
    Needles::of(secrets).mask(value);
}

/// Replaces every occurrence of a secret in a text, as [`mask`] does.
pub fn mask_text(text: &mut String, secrets: &[UsedSecret]) {
    Needles::of(secrets).mask_text(text);
}

/// Masks secrets in what a failure says. An output is a response, in which they are masked already.
pub fn mask_outcome(mut outcome: Outcome, needles: &Needles) -> Outcome {
    match &mut outcome {
        Outcome::Succeeded { .. } => {}
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
pub struct Needles {
    /// The forms whose case matters, and those whose case does not.
    finders: Vec<Finder>,
    /// By secret.
    shown: Vec<String>,
    /// Bytes of the longest form.
    longest: usize,
    /// Whether a secret holds white space.
    spaced: bool,
    /// What tells these secrets from others.
    seed: u64,
}

/// The bytes of forms, and by form what [`Finder::of`] holds.
type Kind = (Vec<Vec<u8>>, Vec<(usize, bool)>);

/// Finds some of the forms.
struct Finder {
    /// An error where the forms have gigabytes, which no limit lets through. Everything is then taken for a secret.
    automaton: Result<AhoCorasick, BuildError>,
    /// By form: the position of its secret, and whether it may be wrapped over lines.
    of: Vec<(usize, bool)>,
}

/// A part of a text that is masked, and the position of the secret that it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    start: usize,
    end: usize,
    secret: usize,
}

impl Needles {
    /// What finds these secrets, but for those so short that any text has them.
    pub fn of(secrets: &[UsedSecret]) -> Self {
        let mut kinds = [Kind::default(), Kind::default()];
        let (mut shown, mut longest) = (Vec::new(), 0);
        let spaced = secrets.iter().any(|secret| secret.value.contains(char::is_whitespace));
        for secret in secrets.iter().filter(|s| s.value.len() >= MASKED_BYTES) {
            for form in forms::of(&secret.value) {
                longest = form.bytes.len().max(longest);
                let (bytes, of) = &mut kinds[usize::from(form.folded)];
                bytes.push(form.bytes);
                of.push((shown.len(), form.wraps));
            }
            shown.push(format!("[secret {}]", secret.name));
        }
        let finder = |((forms, of), folded): (Kind, bool)| {
            let automaton = AhoCorasick::builder()
                // Where one secret begins with another, the whole of the longer one is replaced.
                .match_kind(MatchKind::LeftmostLongest)
                // This kind is the quickest to build, and most are used for one answer only.
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .ascii_case_insensitive(folded)
                .build(forms);
            Finder { automaton, of }
        };
        let finders = kinds.into_iter().zip([false, true]).filter(|((forms, _), _)| !forms.is_empty());
        Self { finders: finders.map(finder).collect(), shown, longest, spaced, seed: known::seed(secrets) }
    }

    /// Whether any form of any secret occurs in these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> bool {
        !self.hits(bytes).is_empty()
    }

    /// Masks secrets in a text.
    pub fn mask_text(&self, text: &mut String) {
        if let Some(masked) = self.masked(text.as_bytes()) {
            // A piece of base64 may begin or end within a character.
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    }

    /// The bytes with secrets masked; none where they hold none.
    pub fn masked(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let hits = self.hits(bytes);
        if hits.is_empty() {
            return None;
        }
        let (mut masked, mut done) = (Vec::with_capacity(bytes.len()), 0);
        for hit in hits {
            masked.extend_from_slice(&bytes[done..hit.start]);
            masked.extend_from_slice(self.shown.get(hit.secret).map_or("[secret]", String::as_str).as_bytes());
            done = hit.end;
        }
        masked.extend_from_slice(&bytes[done..]);
        Some(masked)
    }

    /// The parts of a text to be masked, in order and apart. A long text is searched in windows, so that the memory for
    /// what decoders make of it is bounded; they overlap by what a secret takes in its longest encoding.
    fn hits(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if self.finders.is_empty() {
            return hits;
        }
        let overlap = self.longest.saturating_mul(16).saturating_add(64);
        let window = MASKED_WINDOW_BYTES.max(overlap.saturating_mul(4));
        let mut start = 0_usize;
        loop {
            let end = text.len().min(start.saturating_add(window));
            self.search(&text[start..end], start, &mut hits);
            if end == text.len() {
                break;
            }
            start = end - overlap;
        }
        hits.sort_unstable_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let mut apart: Vec<Hit> = Vec::with_capacity(hits.len());
        for hit in hits {
            match apart.last_mut() {
                Some(last) if hit.start < last.end => last.end = last.end.max(hit.end),
                _ => apart.push(hit),
            }
        }
        apart
    }

    /// Searches one window in every view of it. Bytes of the window begin at `offset` in the text.
    fn search(&self, window: &[u8], offset: usize, hits: &mut Vec<Hit>) {
        if !decode::may_change(window) {
            return self.search_view(window, false, hits, |start, end| (offset + start, offset + end));
        }
        let mut view = Some(View::plain(window));
        for _ in 0..=MASKED_ROUNDS {
            let Some(now) = view else { return };
            let source = |start, end| {
                let (start, end) = now.source(start, end);
                (offset + start, offset + end)
            };
            self.search_view(&now.bytes, false, hits, source);
            if let Some((bytes, at)) = now.unwrapped() {
                // What is found ends behind its last byte, not before the next one: a line break may follow, and stays.
                self.search_view(&bytes, true, hits, |start, end| source(at[start] as usize, at[end - 1] as usize + 1));
            }
            view = now.unescaped();
        }
    }

    /// Searches the bytes of one view; in an `unwrapped` one only for what may be wrapped. `source` tells where some of
    /// them stand in the text.
    fn search_view(
        &self,
        view: &[u8],
        unwrapped: bool,
        hits: &mut Vec<Hit>,
        source: impl Fn(usize, usize) -> (usize, usize),
    ) {
        for Finder { automaton, of } in &self.finders {
            let Ok(automaton) = automaton else {
                if !view.is_empty() {
                    let (start, end) = source(0, view.len());
                    hits.push(Hit { start, end, secret: usize::MAX });
                }
                return;
            };
            for found in automaton.find_iter(view) {
                let (secret, wraps) = of[found.pattern().as_usize()];
                if unwrapped && !wraps {
                    continue;
                }
                let (start, end) = source(found.start(), found.end());
                hits.push(Hit { start, end, secret });
            }
        }
    }

    /// Masks secrets in a value, keys included.
    pub fn mask(&self, value: &mut Value) {
        if !self.shown.is_empty() {
            self.walk(value, true);
        }
    }

    /// Masks secrets in a JSON Schema, keys included, but for its numbers: a bound that became a text would be none.
    pub fn mask_schema(&self, schema: &mut Value) {
        if !self.shown.is_empty() {
            self.walk(schema, false);
        }
    }

    fn walk(&self, value: &mut Value, numbers: bool) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) if !numbers => {}
            Value::Number(number) => {
                let mut text = number.to_string();
                if self.found_in(text.as_bytes()) {
                    self.mask_text(&mut text);
                    *value = Value::String(text);
                }
            }
            Value::String(text) => self.mask_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, numbers)),
            Value::Object(map) => self.walk_object(map, numbers),
        }
    }

    /// Masks secrets in a text that is sent more than once.
    pub fn mask_text_once(&self, text: &mut String) {
        if !self.finders.is_empty() {
            known::once(self.seed, text, |text| self.mask_text(text));
        }
    }

    /// Masks secrets in a value that is sent more than once, keys included.
    pub fn mask_once(&self, value: &mut Value) {
        if !self.finders.is_empty() {
            known::once(self.seed, value, |value| self.mask(value));
        }
    }

    /// Masks the values of an object, and its keys where one of them holds a secret.
    fn walk_object(&self, map: &mut Map<String, Value>, numbers: bool) {
        map.values_mut().for_each(|item| self.walk(item, numbers));
        if map.keys().any(|key| self.found_in(key.as_bytes())) {
            let old = std::mem::take(map);
            for (mut key, item) in old {
                self.mask_text(&mut key);
                map.insert(apart(map, key), item);
            }
        }
    }
}

/// A key as no other one of an object is: of two that are alike without their secrets neither is lost.
fn apart(map: &Map<String, Value>, key: String) -> String {
    let numbered = (2_u64..).map(|number| format!("{key} ({number})"));
    let free = |key: &String| !map.contains_key(key);
    if free(&key) { key } else { numbered.into_iter().find(free).unwrap_or_default() }
}

#[cfg(test)]
mod tests;
