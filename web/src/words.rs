//! What pages do with words.

/// A text with a capital at its beginning.
pub fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A count with what is counted: `1 step`, `2 steps`.
pub fn count(count: u64, word: &str) -> String {
    format!("{count} {}", plural(count, word))
}

/// A word for so many.
pub fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
