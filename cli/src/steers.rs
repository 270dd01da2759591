//! What could steer a terminal.

/// Whether a character could steer a terminal, or turn the order of what is read around it: control characters, and the
/// embeddings, overrides and isolates of the bidirectional algorithm (UAX #9). What a person approves must read as it is.
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
