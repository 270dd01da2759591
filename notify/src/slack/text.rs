//! Text as Slack takes it: escaped, cut to its bounds, and times that each reader sees in the own zone.

use crate::limits::{SLACK_LABEL, SLACK_NAMES};
use document::time::Time;
use serde_json::{Value, json};

/// What ends a text that was cut.
const ELLIPSIS: char = '…';

/// Text in Slack's mark-up that shows as it is. `&`, `<` and `>` begin all that Slack acts on: mentions of people and
/// channels, links, dates.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Characters as Slack counts them, which is by UTF-16.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// A text of at most `most` characters, the last of which says where it was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    cut_by(text, most, char::len_utf16, |kept, c| kept.push(c))
}

/// The same escaped, which never ends within an escape. `most` counts what Slack counts, the escaped text.
pub(super) fn cut_escaped(text: &str, most: usize) -> String {
    let mut one = [0; 4];
    let long = |c: char| match c {
        '&' => 5,
        '<' | '>' => 4,
        _ => c.len_utf16(),
    };
    cut_by(text, most, long, |kept, c| kept.push_str(&escape(c.encode_utf8(&mut one))))
}

fn cut_by(text: &str, most: usize, long: impl Fn(char) -> usize, mut put: impl FnMut(&mut String, char)) -> String {
    let whole: usize = text.chars().map(&long).sum();
    let room = if whole <= most { most } else { most.saturating_sub(1) };
    let (mut kept, mut used) = (String::new(), 0);
    for c in text.chars() {
        used += long(c);
        if used > room {
            kept.push(ELLIPSIS);
            break;
        }
        put(&mut kept, c);
    }
    kept
}

/// A text object that Slack formats. `verbatim` keeps Slack from looking for names and links in it.
pub(super) fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// A text object that Slack shows as it is.
pub(super) fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// The label of a button or an option. Slack refuses an empty one.
pub(super) fn label(text: &str) -> Value {
    let text = cut(text.trim(), SLACK_LABEL);
    plain(if text.is_empty() { "?" } else { &text })
}

/// A moment in the reader's own zone; what cannot show that has it in UTC.
pub(super) fn moment(at: Time) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{at}>", at.0.div_euclid(1_000))
}

/// Names in one line, escaped; of many the first ones.
pub(super) fn names(all: &[&str]) -> String {
    let shown: Vec<String> = all.iter().take(SLACK_NAMES).map(|name| cut_escaped(name, 100)).collect();
    match all.len().saturating_sub(SLACK_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_slack_acts_on_is_left_in_an_escaped_text() {
        for hostile in ["<!channel>", "<!here|hi>", "<@U123>", "<https://evil.example|bank>", "<!subteam^S1>", "&lt;"] {
            let shown = escape(hostile);
            assert!(!shown.contains(['<', '>']), "{shown}");
            let read = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            assert_eq!(read, hostile);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters_and_escapes() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("😀😀", 4), "😀😀");
        assert_eq!(cut("😀😀", 3), "😀…");
        assert_eq!(cut_escaped("a<b", 6), "a&lt;b");
        assert_eq!(cut_escaped("a<b", 5), "a…");
        assert_eq!(cut_escaped("&&&", 14), "&amp;&amp;…");
        for most in 1..40 {
            assert!(length(&cut_escaped("x&y<z>&😀&&<<>>", most)) <= most, "{most}");
        }
    }

    #[test]
    fn a_moment_is_shown_in_the_readers_zone_with_utc_for_all_others() {
        let at = Time::parse("2026-11-21T10:00:00Z").unwrap_or_default();
        assert_eq!(moment(at), "<!date^1795255200^{date_short_pretty} {time}|2026-11-21T10:00:00.000Z>");
    }
}
