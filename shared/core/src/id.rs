//! Identifiers. Every id that the rules make is derived from what it names, never drawn at random, so that deciding
//! twice gives the same id twice.

use document::{
    id::{NodeId, hex},
    text_id,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

text_id!(
    /// One run of a workflow: a UUID, v7 where a caller starts it, derived where a parent does.
    ExecutionId
);
text_id!(
    /// An interaction: a UUID, derived from the activation that opens it.
    InteractionId
);

/// One visit to one node. Its epoch tells a visit of the present from one that a rollback left behind. As text it is
/// `epoch.node.visit`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Activation {
    /// The epoch of the execution at the visit, which grows by one at each rollback.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: u32,
    /// The node visited.
    pub node: NodeId,
    /// Number of the visit, counted from 1 over the whole life of the execution.
    pub visit: u32,
}

pub(crate) fn is_no_turn(seq: &u64) -> bool {
    *seq == 0
}

pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The number of an attempt where stored data has none: a first attempt's number is not written.
pub(crate) fn first() -> u32 {
    1
}

/// Whether an attempt's number is left out of stored data.
pub(crate) fn is_first(attempt: &u32) -> bool {
    *attempt == 1
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.node, self.visit)
    }
}

/// A version-8 UUID (RFC 9562) made of the SHA-256 of the parts. The same parts always give the same id.
pub fn derive(parts: &[&str]) -> String {
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest(parts)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The id of a child: the same however often the child is started, and another one for each attempt of its node. The
/// first attempt is no part of the id, as it is not written into messages and journals either.
pub fn child_id(parent: &ExecutionId, activation: &Activation, attempt: u32, index: u32) -> ExecutionId {
    let (activation, index, attempt) = (activation.to_string(), index.to_string(), attempt.to_string());
    let first = ["child", parent.as_str(), &activation, &index, &attempt];
    derive(if attempt == "1" { &first[..4] } else { &first }).into()
}

/// A number in `[0, 1)` made of the parts, in place of a random one: the jitter of a retry.
pub fn fraction(parts: &[&str]) -> f64 {
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&digest(parts)[..8]);
    (u64::from_be_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
}

/// The SHA-256 of the parts, each after its length, so that `["a", "bc"]` and `["ab", "c"]` differ.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_id_and_a_shifted_boundary_another() {
        assert_eq!(derive(&["a", "bc"]), derive(&["a", "bc"]));
        assert_ne!(derive(&["a", "bc"]), derive(&["ab", "c"]));
        assert_eq!(derive(&["a"]).len(), 36);
    }

    #[test]
    fn a_fraction_lies_in_its_range() {
        assert!((0..100).map(|n| fraction(&[&n.to_string()])).all(|f| (0.0..1.0).contains(&f)));
    }
}
