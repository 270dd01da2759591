//! How far a text that comes in pieces can be told: no secret may begin in what is told and end in what is to come.

use super::Needles;

/// Bytes of a word from which on it may be a line of what was wrapped over lines: the shortest usual line has 60.
const LINE: usize = 32;

impl Needles {
    /// The bytes of a text that can be told, since no secret that is not over may have begun in them.
    pub fn clear_until(&self, text: &str) -> usize {
        if self.finders.is_empty() {
            return text.len();
        }
        if self.spaced {
            let far = text.len().saturating_sub(self.longest.saturating_mul(16));
            return (0..=far).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        }
        // Every form of a secret without spaces is one word, but for what is wrapped, whose lines are long.
        let ends = text.char_indices().filter(|(_, char)| char.is_ascii_whitespace()).map(|(at, _)| at);
        let (mut from, mut clear) = (0, 0);
        for end in ends {
            if end - from < LINE {
                clear = end + 1;
            }
            from = end + 1;
        }
        clear
    }
}
