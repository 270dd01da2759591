//! Markdown as Slack's own mark-up, which has less: headings become bold lines, tables become lines, images become links,
//! and raw HTML is shown as the text that it is.

use super::text::escape;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Converts a text. All of it that is not mark-up is escaped.
pub(super) fn mrkdwn(markdown: &str) -> String {
    let mut writer = Writer::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        writer.take(event);
    }
    writer.out.trim().to_owned()
}

/// What was written so far, and what it stands in.
#[derive(Default)]
struct Writer {
    out: String,
    /// The number of the next item of each list that is open; none for lists without numbers.
    lists: Vec<Option<u64>>,
    /// How many quotes are open.
    quotes: usize,
    /// Where the text of each link that is open begins, with its address.
    links: Vec<(usize, String)>,
    /// Whether a block of code is open.
    code: bool,
    /// Whether a heading is open, which is bold already.
    heading: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                let text = text.replace('`', "'");
                self.push(&format!("`{}`", escape(&text)));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.line(),
            Event::Rule => {
                self.block();
                self.push("———");
            }
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.block();
                self.push("*");
                self.heading = true;
            }
            Tag::Paragraph if self.lists.is_empty() => self.block(),
            Tag::BlockQuote(_) => {
                self.block();
                self.quotes += 1;
                self.push("> ");
            }
            Tag::CodeBlock(_) => {
                self.block();
                self.push("```\n");
                self.code = true;
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.block();
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Emphasis => self.push("_"),
            Tag::Strong if !self.heading => self.push("*"),
            Tag::Strikethrough => self.push("~"),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((self.out.len(), dest_url.into_string()));
            }
            Tag::Table(_) => self.block(),
            Tag::TableRow | Tag::TableHead => self.line(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.push("*");
                self.heading = false;
            }
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::CodeBlock => {
                self.push("```");
                self.code = false;
            }
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Emphasis => self.push("_"),
            TagEnd::Strong if !self.heading => self.push("*"),
            TagEnd::Strikethrough => self.push("~"),
            TagEnd::Link | TagEnd::Image => self.link(),
            TagEnd::TableCell => self.push(" | "),
            _ => {}
        }
    }

    /// The address of a link stands beside its text, so that the text cannot claim to lead elsewhere.
    fn link(&mut self) {
        let Some((from, url)) = self.links.pop() else { return };
        let is_web =
            ["https://", "http://", "mailto:"].iter().any(|scheme| url.to_ascii_lowercase().starts_with(scheme));
        let shown = self.out.get(from..).unwrap_or_default().trim().to_owned();
        let url = escape(&url);
        let address = if is_web && !url.contains('|') { format!("<{url}>") } else { url.clone() };
        match shown == url || shown.is_empty() {
            true => {
                self.out.truncate(from);
                self.push(&address);
            }
            false => self.push(&format!(" ({address})")),
        }
    }

    fn item(&mut self) {
        self.line();
        self.push(&"    ".repeat(self.lists.len().saturating_sub(1)));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        self.push(&mark);
    }

    fn text(&mut self, text: &str) {
        // Three backticks would end the block of code that they stand in.
        let text = if self.code { text.replace("```", "'''") } else { text.to_owned() };
        let text = escape(&text);
        self.push(&text);
    }

    /// Begins a line, with the marks of the quotes that are open.
    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        if self.quotes > 0 {
            self.out.push_str("> ");
        }
    }

    /// Begins a block, a line below what stands before.
    fn block(&mut self) {
        if self.out.is_empty() || self.out.ends_with("> ") {
            return;
        }
        self.line();
        if self.quotes == 0 {
            self.out.push('\n');
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_has_no_mark_up_for_becomes_plain_lines() {
        let markdown = "# Invoice\n\nFrom **Acme**, _due_ ~~today~~ `soon`.\n\n- one\n- two\n  1. deep\n\n> said\n\n```\na < b\n```\n\n\
                        | a | b |\n|---|---|\n| 1 | 2 |\n";
        let shown = "*Invoice*\n\nFrom *Acme*, _due_ ~today~ `soon`.\n\n• one\n• two\n    1. deep\n\n> said\n\n```\na &lt; b\n```\n\n\
                     a | b | \n1 | 2 |";
        assert_eq!(mrkdwn(markdown), shown);
    }

    #[test]
    fn a_link_shows_where_it_leads() {
        assert_eq!(mrkdwn("[bank](https://evil.example/?a&b)"), "bank (<https://evil.example/?a&amp;b>)");
        assert_eq!(mrkdwn("<https://example.com>"), "<https://example.com>");
        assert_eq!(mrkdwn("![logo](https://example.com/x.png)"), "logo (<https://example.com/x.png>)");
        assert_eq!(mrkdwn("[x](javascript:alert(1))"), "x (javascript:alert(1))");
        assert_eq!(mrkdwn("[x](<https://a.example/|y>)"), "x (https://a.example/|y)");
    }

    #[test]
    fn nothing_that_slack_acts_on_comes_through() {
        for hostile in [
            "<!channel>",
            "hi <!here> all",
            "`<@U1>`",
            "<b>bold</b>",
            "```\n```<!everyone>\n```",
            "&lt;!channel>",
            "[x](https://a.example/|<!channel>)",
            "[x](<https://a.example/><!channel>)",
        ] {
            let shown = mrkdwn(hostile);
            assert!(!shown.contains("<!") && !shown.contains("<@") && !shown.contains("<b"), "{shown}");
        }
    }
}
