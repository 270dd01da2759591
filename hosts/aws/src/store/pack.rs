//! The body of a commit's item: the turns and, where it pays, the state after them, compressed together. Everything
//! here is arithmetic, without I/O.

use super::item::write_units;
use crate::limits;
use engine::port::StoreError;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

/// The level of compression, from 0 to 10. Higher levels make bodies only about 1 % smaller.
const LEVEL: u8 = 6;

/// Compresses a text as a raw deflate stream (RFC 1951).
pub fn deflate(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, LEVEL)
}

/// Restores a text that [`deflate`] compressed.
///
/// # Errors
/// The bytes are damaged, or hold more than [`limits::READ_BYTES`].
pub fn inflate(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    decompress_to_vec_with_limit(bytes, limits::READ_BYTES)
        .map_err(|error| StoreError::Permanent(format!("a stored text cannot be read: {error}")))
}

/// The end of a journal, as far as a load must read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The number of the newest item that carries a state; `None` where no item carries one.
    pub base: Option<u64>,
    /// Bytes of that item, with its body where that lies in S3.
    pub base_bytes: usize,
    /// Bytes of all items after it.
    pub gap: usize,
}

/// The body of an item, compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The compressed text: the turns as JSON and, in a second line, the state where it is carried.
    pub body: Vec<u8>,
    /// Whether the body carries the state.
    pub carries: bool,
}

/// Packs turns, with the state where that costs no further write unit, or where loads would read too much without it.
/// `turns` and `state` are JSON; `around` is the bytes of the item's other attributes.
pub fn pack(turns: &str, state: &str, around: usize, tail: Tail) -> Packed {
    let bare = deflate(turns.as_bytes());
    let units = write_units(around + bare.len());
    let needed = tail.gap + around + bare.len() > gap_allowed(tail, state.len());
    let room = units * 1_024 - around - bare.len();
    // Compressing takes time, so a state that cannot fit into the units that the turns take is not tried.
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

/// Bytes of items without a state that a load may read after the one with a state. They are about a read unit, or twice
/// the compressed state where that is more, since a KB costs twenty times as much to write as to read.
fn gap_allowed(tail: Tail, state: usize) -> usize {
    let compressed = if tail.base_bytes > 0 { tail.base_bytes } else { state / limits::DEFLATES_TO * 2 };
    limits::GAP_BYTES.max(compressed * 2)
}

/// The end of the journal after a commit: its item has the number `first`, has so many bytes, and carries a state or
/// not.
pub fn after(tail: Tail, first: u64, bytes: usize, carries: bool) -> Tail {
    if carries { Tail { base: Some(first), base_bytes: bytes, gap: 0 } } else { Tail { gap: tail.gap + bytes, ..tail } }
}

/// The turns of a body and, where it carries one, the state, both as JSON.
///
/// # Errors
/// The body is damaged or no text.
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

    /// Text that deflate shortens by half at best.
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
