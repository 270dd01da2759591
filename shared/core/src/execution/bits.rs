//! A compact set of the indices of children, one bit each: a map of 100,000 items needs 12.5 kB to know which have
//! ended.

use serde::{Deserialize, Serialize};

/// A growing set of small numbers. As JSON it is hexadecimal text, two digits per byte; bit `i % 8` of byte `i / 8`
/// says whether `i` is in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    bytes: Vec<u8>,
    count: u32,
}

impl Bits {
    /// Adds a number. False where it was in the set already.
    pub fn insert(&mut self, index: u32) -> bool {
        let (byte, bit) = ((index / 8) as usize, 1u8 << (index % 8));
        if byte >= self.bytes.len() {
            self.bytes.resize(byte + 1, 0);
        }
        let fresh = self.bytes[byte] & bit == 0;
        self.bytes[byte] |= bit;
        self.count += u32::from(fresh);
        fresh
    }

    /// Removes the numbers of another set.
    pub fn remove_all(&mut self, others: &Self) {
        for (byte, other) in self.bytes.iter_mut().zip(&others.bytes) {
            self.count -= (*byte & *other).count_ones();
            *byte &= !*other;
        }
    }

    /// Whether a number is in the set.
    pub fn contains(&self, index: u32) -> bool {
        self.bytes.get((index / 8) as usize).is_some_and(|byte| byte & (1 << (index % 8)) != 0)
    }

    /// How many numbers below a bound are in the set.
    pub fn len_below(&self, bound: u32) -> u32 {
        let (whole, rest) = ((bound / 8) as usize, bound % 8);
        let ones = |bytes: &[u8]| bytes.iter().map(|byte| byte.count_ones()).sum::<u32>();
        let all = self.bytes.get(..whole).map_or_else(|| ones(&self.bytes), ones);
        let last = self.bytes.get(whole).map_or(0, |byte| (byte & ((1 << rest) - 1)).count_ones());
        all + last
    }

    /// How many numbers are in the set.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether no number is in the set.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Serialize for Bits {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        let bytes = bytes.ok_or_else(|| serde::de::Error::custom("not hexadecimal"))?;
        let count = bytes.iter().map(|byte| byte.count_ones()).sum();
        Ok(Self { bytes, count })
    }
}
