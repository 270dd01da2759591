//! What an event pattern accepts at a leaf.

use core::net::IpAddr;
use serde_json::Value;

/// One item of the list at a leaf.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    Equals(Value),
    Text(Text),
    /// `anything-but` with values.
    NoneOf(Vec<Value>),
    /// `anything-but` with operators on text.
    NoText(Vec<Text>),
    /// Comparisons that must all hold.
    Numeric(Vec<(Compare, f64)>),
    Exists(bool),
    /// An address of the network, and the number of its leading bits that an address must share.
    Cidr(IpAddr, u32),
}

/// An operator on text. The `Folded` ones ignore case, and hold their text in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Prefix(String),
    Suffix(String),
    Folded(String),
    FoldedPrefix(String),
    FoldedSuffix(String),
    /// The parts before, between and after the stars.
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
    /// Whether a value of the event matches. A leaf without any value is not asked here.
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

/// Whether two values are equal. Numbers are compared by value, so that `300` equals `3.0e2`.
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

/// Whether the first part begins the text, the last ends it, and the others stand between in order. Each is looked for
/// as early as possible, which leaves the most text for those after it.
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

/// Whether an address is in a network. IPv4 and IPv6 addresses are never in each other's networks.
fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let (network, address, all) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => (network.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let differs: u128 = network ^ address;
    // A network of `::/0` shifts out all 128 bits, for which `checked_shr` has no result.
    differs.checked_shr(all - bits).unwrap_or(0) == 0
}
