//! Markdown of a document's author as HTML that is safe to show. HTML in it shows as text, links lead to the web or to a
//! mailbox and nowhere else, and no image is loaded.

use crate::{limits::MARKDOWN_BYTES, text::cut};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

/// Renders Markdown (CommonMark with tables and struck-out text). Headings begin at the third level, since what surrounds
/// the text has the first two. A text that is too long is cut, and says so.
pub fn render(text: &str) -> Markup {
    let end = text.floor_char_boundary(MARKDOWN_BYTES);
    let parser = Parser::new_ext(&text[..end], Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut out = String::new();
    push_html(&mut out, Safe { events: parser, open: Vec::new() });
    html! {
        (PreEscaped(out))
        @if end < text.len() { p { "… (cut off here)" } }
    }
}

/// The events of a text, those that could do harm in another form.
struct Safe<I> {
    events: I,
    /// The links and images that are open, by whether they became a link.
    open: Vec<bool>,
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Safe<I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        Some(match self.events.next()? {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::Link { dest_url, .. }) => self.begin("", &dest_url),
            // The text in place of an image is a link to it.
            Event::Start(Tag::Image { dest_url, .. }) => self.begin("Image: ", &dest_url),
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let link = self.open.pop().unwrap_or_default();
                Event::InlineHtml(if link { "</a>" } else { "" }.into())
            }
            Event::Start(Tag::Heading { level, .. }) => {
                Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            // Blocks of HTML have no frame of their own once they are text.
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            event => event,
        })
    }
}

impl<'a, I> Safe<I> {
    /// Opens a link where its address may be followed.
    fn begin(&mut self, before: &str, url: &str) -> Event<'a> {
        let safe = is_safe(url);
        self.open.push(safe);
        let link = html! { a href=(url) rel="noopener noreferrer nofollow" { "" } }.into_string();
        let opened = if safe { link.trim_end_matches("</a>").to_owned() } else { String::new() };
        let before = html! { (before) }.into_string();
        Event::InlineHtml(CowStr::from(opened + &before))
    }
}

/// Whether people may follow a link of an author.
fn is_safe(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https" | "mailto"))
}

/// The level of a heading within a page or a mail.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// Markdown for a message without form: the text as it was written, which is what Markdown is made for.
pub fn plain(text: &str) -> String {
    let end = text.floor_char_boundary(MARKDOWN_BYTES);
    cut(text.trim_end(), text[..end].trim_end().chars().count().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        render(text).into_string()
    }

    #[test]
    fn what_authors_write_is_shown_as_they_mean_it() {
        let out = rendered("# Big\n\n**bold** ~~old~~ `code`\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        for part in ["<h3>Big</h3>", "<strong>bold</strong>", "<del>old</del>", "<li>one</li>", "<td>1</td>"] {
            assert!(out.contains(part), "{part} in {out}");
        }
    }

    #[test]
    fn html_shows_as_text() {
        for text in ["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "<div>\n\n*x*\n\n</div>", "<!-- c -->"] {
            let out = rendered(text);
            assert!(out.contains("&lt;"), "{out}");
            for tag in ["<script", "<img", "<div", "<!--"] {
                assert!(!out.contains(tag), "{out}");
            }
        }
    }

    #[test]
    fn links_lead_to_the_web_alone_and_images_are_not_loaded() {
        let out = rendered("[a](https://example.com/?a=1&b=\"2) <mailto:a@example.com>");
        assert!(out.contains("href=\"https://example.com/?a=1&amp;b="), "{out}");
        assert!(out.contains("rel=\"noopener noreferrer nofollow\""), "{out}");
        for bad in ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "/relative", "vbscript:x"] {
            let out = rendered(&format!("[click *me*]({bad})"));
            assert!(!out.contains("<a") && !out.contains("href") && out.contains("click <em>me</em>"), "{out}");
        }
        let out = rendered("![a chart](https://example.com/x.png)");
        assert!(!out.contains("<img") && out.contains("<a href=\"https://example.com/x.png\""), "{out}");
        assert!(out.contains("Image: a chart"), "{out}");
        let out = rendered("[![in *a* link](https://a.example/x.png)](javascript:x) after");
        assert_eq!(out.matches("<a ").count(), out.matches("</a>").count(), "{out}");
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let out = rendered(&"ä ".repeat(MARKDOWN_BYTES));
        assert!(out.len() < 2 * MARKDOWN_BYTES && out.contains("cut off"));
        assert!(plain(&"x".repeat(2 * MARKDOWN_BYTES)).ends_with('…'));
        assert_eq!(plain("one\n\n> two\n"), "one\n\n> two");
        // Brackets within brackets cost no more than their length.
        assert!(rendered(&"[".repeat(MARKDOWN_BYTES)).len() < 8 * MARKDOWN_BYTES);
    }
}
