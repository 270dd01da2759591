//! What a commit's item holds: the turns and, where it pays, the state after them, compressed together. Everything here
//! is arithmetic.

use super::item::write_units;
use crate::limits;
use engine::port::StoreError;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

/// How hard to compress: the middle of what there is; harder gains a hundredth.
const LEVEL: u8 = 6;

/// Bytes that JSON has once compressed.
pub fn deflate(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, LEVEL)
}

/// The other way.
///
/// # Errors
/// Where the bytes are damaged, or hold more than this host reads.
pub fn inflate(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    decompress_to_vec_with_limit(bytes, limits::READ_BYTES)
        .map_err(|error| StoreError::Permanent(format!("a stored text cannot be read: {error}")))
}

/// What is known of the journal before a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The number of the newest item that carries a state; none where all are turns.
    pub base: Option<u64>,
    /// Bytes of that item's body, which a load reads.
    pub base_bytes: usize,
    /// Bytes of all items after it.
    pub gap: usize,
}

/// A body, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Compressed: the turns and, in a second line, the state.
    pub body: Vec<u8>,
    /// Whether the state is in it.
    pub carries: bool,
}

/// Packs turns, with the state where it costs no further write unit, or where loads would read too much without it.
/// `around` is what the item's other attributes have in bytes.
pub fn pack(turns: &str, state: &str, around: usize, tail: Tail) -> Packed {
    let bare = deflate(turns.as_bytes());
    let units = write_units(around + bare.len());
    let needed = tail.gap + around + bare.len() > gap_allowed(tail, state.len());
    let room = units * 1_024 - around - bare.len();
    if !needed && state.len() / limits::DEFLATES_TO > room {
        return Packed { body: bare, carries: false };
    }
    let mut both = String::with_capacity(turns.len() + 1 + state.len());
    both.push_str(turns);
    both.push('\n');
    both.push_str(state);
    let full = deflate(both.as_bytes());
    if needed || write_units(around + full.len()) == units {
        return Packed { body: full, carries: true };
    }
    Packed { body: bare, carries: false }
}

/// Bytes of items without a state that loads may read: about a read unit, and as much as the state itself where that is
/// larger, since writing it costs twenty times what reading it does.
fn gap_allowed(tail: Tail, state: usize) -> usize {
    let compressed = if tail.base_bytes > 0 { tail.base_bytes } else { state / limits::DEFLATES_TO * 2 };
    limits::GAP_BYTES.max(compressed * 2)
}

/// What follows a commit of `bytes` whose item has that number.
pub fn after(tail: Tail, first: u64, bytes: usize, carries: bool) -> Tail {
    if carries { Tail { base: Some(first), base_bytes: bytes, gap: 0 } } else { Tail { gap: tail.gap + bytes, ..tail } }
}

/// Turns and state of a body, as text.
///
/// # Errors
/// Where it is no text.
pub fn unpack(body: &[u8]) -> Result<(String, Option<String>), StoreError> {
    let text = String::from_utf8(inflate(body)?)
        .map_err(|_| StoreError::Permanent("a stored body is no text: another program wrote it".into()))?;
    Ok(match text.split_once('\n') {
        Some((turns, state)) => (turns.to_owned(), Some(state.to_owned())),
        None => (text, None),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Text that deflate cannot shorten below a half.
    fn noise(bytes: usize) -> String {
        let hex = (0..bytes as u64).map(|n| document::id::sha256_hex(&n.to_le_bytes()));
        hex.flat_map(|text| text.chars().collect::<Vec<_>>()).take(bytes).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let packed = pack("[1]", "{}", 100, Tail::default());
        assert!(packed.carries);
        assert_eq!(unpack(&packed.body).unwrap(), ("[1]".into(), Some("{}".into())));
        let packed = pack("[1]", &noise(40_000), 100, Tail { base: Some(1), base_bytes: 20_000, gap: 0 });
        assert_eq!((packed.carries, unpack(&packed.body).unwrap()), (false, ("[1]".into(), None)));
        assert!(inflate(b"\xff\xff").is_err());
    }

    #[test]
    fn a_state_travels_as_long_as_the_item_takes_no_further_unit() {
        let turns = noise(200);
        let fits = pack(&turns, &noise(1_000), 100, Tail::default());
        assert!(fits.carries && write_units(100 + fits.body.len()) == 1);
        let does_not = pack(&turns, &noise(4_000), 100, Tail { base: Some(1), base_bytes: 2_000, gap: 0 });
        assert!(!does_not.carries);
    }

    #[test]
    fn loads_read_a_bounded_tail() {
        let (turns, state) = (noise(400), noise(6_000));
        let (mut tail, mut carried, mut units) = (Tail::default(), 0, 0);
        for number in 1..=1_000 {
            let packed = pack(&turns, &state, 100, tail);
            let bytes = 100 + packed.body.len();
            carried += u32::from(packed.carries);
            units += write_units(bytes);
            tail = after(tail, number, bytes, packed.carries);
            let read = tail.base_bytes + tail.gap;
            assert!(read <= 3 * 4_096, "{read} bytes at turn {number}");
        }
        assert!((20..200).contains(&carried), "{carried}");
        assert!(units < 1_000 + 4 * carried as usize, "{units}");
    }
}
