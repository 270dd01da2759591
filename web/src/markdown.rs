//! Markdown of authors and people as HTML. Raw HTML shows as the text that it is; links lead to `http`, `https` and
//! `mailto` alone; images are not loaded, and their description stands in their place.

use crate::limits;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The HTML of a text in Markdown.
pub fn markdown(text: &str) -> Markup {
    if text.len() > limits::MARKDOWN_BYTES {
        return html! { p.plain dir="auto" { (text) } };
    }
    let events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let (mut links, mut headings) = (Vec::new(), Headings::default());
    let safe = events.flat_map(move |event| safe(event, &mut links, &mut headings));
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, safe);
    PreEscaped(out)
}

/// An event as it may be shown. `links` holds, for each link that is open, whether it may be followed.
fn safe<'a>(event: Event<'a>, links: &mut Vec<bool>, headings: &mut Headings) -> Option<Event<'a>> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let good = may_lead_to(&dest_url);
            links.push(good);
            good.then_some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then_some(Event::End(TagEnd::Link)),
        Event::Start(Tag::Image { .. }) => Some(Event::Text(CowStr::Borrowed("🖼 "))),
        Event::End(TagEnd::Image) => None,
        // The page has headings of its own: those of a text stand below them, and name nothing.
        Event::Start(Tag::Heading { level, .. }) => {
            let level = headings.below(level);
            Some(Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Heading(headings.level()))),
        // Columns would be aligned by styles of their own, which the pages do not allow.
        Event::Start(Tag::Table(columns)) => Some(Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))),
        other => Some(other),
    }
}

/// Whether a link may be followed: its scheme is one that only opens pages and letters. Links without a scheme would lead
/// to pages of this host, and are not followed either.
fn may_lead_to(address: &str) -> bool {
    let Some((scheme, _)) = address.split_once(':') else { return false };
    ["http", "https", "mailto"].iter().any(|good| scheme.eq_ignore_ascii_case(good))
}

/// The levels of the headings that the present one stands below, and its own, as the text has them. Whoever reads by
/// headings misses those that are left out, so that none is: they begin below the heading of the page.
#[derive(Default)]
struct Headings(Vec<HeadingLevel>);

impl Headings {
    /// The level at which the next heading is shown.
    fn below(&mut self, level: HeadingLevel) -> HeadingLevel {
        self.0.retain(|above| *above < level);
        self.0.push(level);
        self.level()
    }

    /// The level at which the present heading is shown.
    fn level(&self) -> HeadingLevel {
        match self.0.len() {
            0 | 1 => HeadingLevel::H2,
            2 => HeadingLevel::H3,
            3 => HeadingLevel::H4,
            4 => HeadingLevel::H5,
            _ => HeadingLevel::H6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markdown(text).into_string()
    }

    #[test]
    fn what_people_write_is_set_in_type() {
        assert_eq!(shown("**bold** and `code`").trim(), "<p><strong>bold</strong> and <code>code</code></p>");
        assert_eq!(shown("# Title").trim(), "<h2>Title</h2>");
        assert_eq!(shown("### a\n##### b\n# c\n## d").replace('\n', ""), "<h2>a</h2><h3>b</h3><h2>c</h2><h3>d</h3>");
        assert!(shown("| a | b |\n|---|---|\n| 1 | 2 |").contains("<table>"));
        assert!(!shown("| a |\n|--:|\n| 1 |").contains("style"));
        assert!(shown("- one\n- two").contains("<li>one</li>"));
        assert!(
            shown("[page](https://example.com/a?b=1&c=2)").contains(r#"<a href="https://example.com/a?b=1&amp;c=2">"#)
        );
        assert!(shown("<mailto:ana@example.com>").contains(r#"<a href="mailto:ana@example.com">"#));
    }

    #[test]
    fn html_stays_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "text <b onclick=\"x()\">bold</b> text",
            "<!-- comment --><iframe src=\"https://evil.example\"></iframe>",
            "<div>\n\n<style>*{display:none}</style>\n\n</div>",
            "<svg/onload=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
        ] {
            let shown = shown(hostile);
            let tags: Vec<&str> = shown.split('<').skip(1).filter_map(|rest| rest.split(['>', ' ']).next()).collect();
            assert!(tags.iter().all(|tag| ["p", "/p"].contains(tag)), "{hostile}: {shown}");
        }
        assert_eq!(shown("`<script>`").trim(), "<p><code>&lt;script&gt;</code></p>");
    }

    #[test]
    fn links_lead_to_pages_and_letters_alone() {
        for hostile in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java&#115;cript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "[x](/v1/executions)",
            "[x](//evil.example)",
            "[x](file:///etc/passwd)",
            "<javascript:alert(1)>",
        ] {
            assert!(!shown(hostile).contains("href"), "{hostile}: {}", shown(hostile));
        }
        let quoted = shown("[x](https://e.example/\"onmouseover=\"alert(1))");
        assert!(!quoted.contains("\"onmouseover"), "{quoted}");
    }

    #[test]
    fn images_are_not_loaded() {
        let shown = shown("![a *cat*](https://evil.example/pixel.png \"title\")");
        assert!(!shown.contains("evil") && shown.contains("cat"), "{shown}");
    }

    #[test]
    fn much_and_deep_text_comes_to_an_end() {
        assert!(shown(&"x".repeat(limits::MARKDOWN_BYTES + 1)).starts_with("<p class=\"plain\""));
        assert!(!shown(&"[".repeat(20_000)).is_empty());
        assert!(!shown(&"> ".repeat(20_000)).is_empty());
    }
}
