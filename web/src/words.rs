//! What pages do with words.

use maud::{Markup, html};
use std::time::Duration;

/// A text with a capital at its beginning.
pub fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A sentence as it goes on after a colon: without its capital, where that is not of a name in capitals or of a letter alone.
pub fn uncapital(text: &str) -> String {
    let mut rest = text.chars();
    match (rest.next(), rest.clone().next()) {
        (Some(first), Some(next)) if next.is_lowercase() => first.to_lowercase().chain(rest).collect(),
        _ => text.to_owned(),
    }
}

/// A count with what is counted: `1 step`, `2 steps`.
pub fn count(count: u64, word: &str) -> String {
    format!("{count} {}", plural(count, word))
}

/// A duration as people read it: `40 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub fn took(time: Duration) -> String {
    let (millis, seconds) = (time.as_millis(), time.as_secs());
    let two = |large: u64, large_word, small: u64, small_word| match small {
        0 => format!("{large} {large_word}"),
        small => format!("{large} {large_word} {small} {small_word}"),
    };
    match seconds {
        0 => format!("{millis} ms"),
        1..10 => format!("{seconds}.{} s", millis % 1_000 / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        86_400.. => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// A progress in whole percent: it is 100 only where all is done.
pub fn whole_percent(progress: &serde_json::Number) -> u64 {
    progress.as_f64().unwrap_or_default().floor() as u64
}

/// How long something has gone on that is not over: `3 h so far`.
pub fn so_far(time: Duration) -> Markup {
    html! { (took(time)) " " br; span.soft { "so far" } }
}

/// A word for so many.
pub fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// A text as a sentence: with a capital, and with a full stop where it has no end mark of its own.
pub fn sentence(text: &str) -> String {
    ended(&capital(text))
}

/// A text with a full stop where it has no end mark of its own.
pub fn ended(text: &str) -> String {
    let text = text.trim_end();
    let ends = text.trim_end_matches(['”', '"', '\'']).ends_with(['.', '?', '!', '…']);
    if ends || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}

/// The first sentence of a text. It is whole, unless it is longer than so many characters: then as many of its words as have
/// room.
pub fn first_sentence(text: &str, most: usize) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let goes_on = |rest: &str| rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let end = line.char_indices().find(|(at, mark)| matches!(mark, '.' | '?' | '!') && goes_on(&line[at + 1..]));
    let sentence = end.map_or(line, |(at, _)| &line[..=at]);
    let Some((room, _)) = sentence.char_indices().nth(most) else { return sentence.to_owned() };
    // A text without blanks has no words: it is cut anywhere.
    let word = sentence[..room].rfind(char::is_whitespace).filter(|end| *end > room / 2);
    format!("{} …", sentence[..word.unwrap_or(room)].trim_end())
}

/// The beginning of a text, where it is longer than so many characters.
pub fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_one_end_mark() {
        for (text, told) in [
            ("it is over", "It is over."),
            ("did you mean human?", "Did you mean human?"),
            ("choose “a.”", "Choose “a.”"),
            ("it goes on …", "It goes on …"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), told);
        }
    }

    #[test]
    fn after_a_colon_a_sentence_goes_on_without_its_capital() {
        for (text, told) in
            [("Fill this in.", "fill this in."), ("JSON is meant", "JSON is meant"), ("I see", "I see"), ("", "")]
        {
            assert_eq!(uncapital(text), told);
        }
    }

    #[test]
    fn of_many_sentences_the_first_is_whole_and_no_word_is_cut() {
        let blocked =
            "127.0.0.1:1 is not on the public internet, v1.2 neither. If this one is meant, whoever runs it can.";
        assert_eq!(first_sentence(blocked, 80), "127.0.0.1:1 is not on the public internet, v1.2 neither.");
        assert_eq!(first_sentence("one line\nand another", 80), "one line");
        assert_eq!(first_sentence("a sentence of many words", 14), "a sentence of …");
        assert_eq!(first_sentence(&"x".repeat(50), 10), format!("{} …", "x".repeat(10)));
        assert_eq!(first_sentence("Is it? Yes.", 80), "Is it?");
    }

    #[test]
    fn a_duration_is_told_in_two_units_at_most() {
        for (millis, told) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (12_900, "12 s"),
            (60_000, "1 min"),
            (200_400, "3 min 20 s"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(took(Duration::from_millis(millis)), told);
        }
    }
}
