//! Texts cut to a bound, times and spans for people.

use document::time::Time;

/// A text of at most so many characters; one that is longer ends with an ellipsis.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// A text as one line: control characters, line separators and repeated blanks become one blank. What turns the
/// direction of writing is dropped, since it could show another text than is there.
pub fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let blank = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let plain: String = text.chars().filter(|c| !turns(*c)).map(|c| if blank(c) { ' ' } else { c }).collect();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A moment as people read it: `2026-11-21 10:00 UTC`.
pub fn moment(at: Time) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

/// How long it is from one moment to a later one: `25 minutes`, `3 hours`, `2 days`. A unit is told up to twice the
/// next one, and always rounded down.
pub fn span(from: Time, to: Time) -> String {
    let minutes = to.since(from).as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "less than a minute".into(),
        1..120 => (minutes, "minute"),
        120..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äö ü", 3), "äö…");
    }

    #[test]
    fn a_line_stays_one_whatever_is_in_it() {
        assert_eq!(one_line("Pay\r\nBcc: eve@example.com\u{2028}\t now\u{202e}!\0"), "Pay Bcc: eve@example.com now!");
    }

    #[test]
    fn times_are_told_for_people() {
        let at = Time::parse("2026-11-21T10:00:59Z").unwrap_or_default();
        assert_eq!(moment(at), "2026-11-21 10:00 UTC");
        let told = |seconds: f64| span(at, at.after_seconds(seconds));
        assert_eq!([told(59.0), told(60.0), told(7_199.0)], ["less than a minute", "1 minute", "119 minutes"]);
        assert_eq!([told(7_200.0), told(172_799.0), told(172_800.0)], ["2 hours", "47 hours", "2 days"]);
    }
}
