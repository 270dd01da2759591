//! What the regular expressions of a schema cost.

use crate::limits;
use regex::{Error, RegexBuilder};
use std::{collections::HashMap, sync::Arc};

/// What one pattern costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight {
    /// Steps of compiling it.
    pub(super) compile: u64,
    /// Steps of matching one byte of a text.
    pub(super) byte: u64,
}

/// The patterns of a schema, each weighed once.
#[derive(Clone, Default)]
pub(super) struct Patterns(HashMap<Arc<str>, Weight>);

impl Patterns {
    /// Weighs a pattern, and tells what compiling it costs; nothing where it was weighed before, since validators
    /// compile equal patterns once.
    pub(super) fn add(&mut self, pattern: &str) -> u64 {
        if self.0.contains_key(pattern) {
            return 0;
        }
        let weight = weigh(pattern);
        self.0.insert(pattern.into(), weight);
        weight.compile
    }

    /// The steps of matching one byte.
    pub(super) fn byte(&self, pattern: &str) -> u64 {
        self.0.get(pattern).map_or(limits::SCHEMA_PATTERN_BACKTRACKING, |weight| weight.byte)
    }
}

/// Weighs a pattern by the size to which it compiles.
fn weigh(pattern: &str) -> Weight {
    if let Some(weight) = sized(&spelled(pattern)) {
        return weight;
    }
    // What the linear engine does not know is matched by backtracking. Without it the rest is weighed.
    let mut plain = spelled(pattern);
    for (from, to) in [("(?=", "(?:"), ("(?!", "(?:"), ("(?<=", "(?:"), ("(?<!", "(?:"), ("(?>", "(?:")] {
        plain = plain.replace(from, to);
    }
    let byte = limits::SCHEMA_PATTERN_BACKTRACKING;
    match sized(&plain) {
        Some(weight) => Weight { compile: weight.compile * 2, byte: byte.max(weight.byte) },
        None => Weight { compile: 1_000, byte },
    }
}

/// The weight of a pattern of the linear engine; none where it is no such pattern.
fn sized(pattern: &str) -> Option<Weight> {
    for (bytes, compile, byte) in limits::SCHEMA_PATTERN_SIZES {
        match RegexBuilder::new(pattern).size_limit(bytes).build() {
            Ok(_) => return Some(Weight { compile, byte }),
            Err(Error::CompiledTooBig(_)) => {}
            Err(_) => return None,
        }
    }
    // Larger ones are refused by the validator.
    Some(Weight { compile: limits::SCHEMA_COST, byte: limits::SCHEMA_PATTERN_BACKTRACKING })
}

/// Spells out the classes that mean ASCII in a schema and Unicode in the linear engine.
fn spelled(pattern: &str) -> String {
    pattern.replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]")
}
