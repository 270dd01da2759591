//! What may stand at a leaf.

use core::net::IpAddr;
use serde_json::Value;

/// One item of the list of a leaf.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    Equals(Value),
    Text(Text),
    NoneOf(Vec<Value>),
    NoText(Vec<Text>),
    /// Comparisons that must all hold.
    Numeric(Vec<(Compare, f64)>),
    Exists(bool),
    /// A network, and how many bits of it count.
    Cidr(IpAddr, u32),
}

/// What a string is like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Prefix(String),
    Suffix(String),
    /// The same in any case; the text is folded.
    Folded(String),
    FoldedPrefix(String),
    FoldedSuffix(String),
    /// The parts between the stars.
    Wildcard(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Compare {
    Equal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Matcher {
    /// Whether a value that is there matches.
    pub(super) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => same(wanted, value),
            Self::Text(text) => text.matches(value),
            Self::NoneOf(unwanted) => !unwanted.iter().any(|one| same(one, value)),
            Self::NoText(unwanted) => !unwanted.iter().any(|one| one.matches(value)),
            Self::Numeric(bounds) => {
                value.as_f64().is_some_and(|number| bounds.iter().all(|(compare, bound)| compare.holds(number, *bound)))
            }
            Self::Exists(wanted) => *wanted,
            Self::Cidr(network, bits) => {
                let address = value.as_str().and_then(|text| text.parse().ok());
                address.is_some_and(|address| contains(*network, *bits, address))
            }
        }
    }
}

/// Equal; numbers by value.
fn same(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && one.as_f64() == other.as_f64())
}

impl Compare {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::More => number > bound,
            Self::AtLeast => number >= bound,
        }
    }
}

impl Text {
    fn matches(&self, value: &Value) -> bool {
        let Some(text) = value.as_str() else { return false };
        match self {
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::Folded(folded) => text.to_lowercase() == *folded,
            Self::FoldedPrefix(prefix) => text.to_lowercase().starts_with(prefix.as_str()),
            Self::FoldedSuffix(suffix) => text.to_lowercase().ends_with(suffix.as_str()),
            Self::Wildcard(parts) => matches_wildcard(parts, text),
        }
    }
}

/// The first part begins the text, the last ends it, and the others come between, each as early as it can.
fn matches_wildcard(parts: &[String], text: &str) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    if parts.len() == 1 {
        return rest.is_empty();
    }
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let (network, address, all) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => (network.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let differs: u128 = network ^ address;
    differs.checked_shr(all - bits).unwrap_or(0) == 0
}
