//! What all pages have around them, whoever looks.

use crate::{
    assets::{Asset, ICON, STYLE, TIMES},
    limits,
};
use maud::{DOCTYPE, Markup, html};
use std::time::Duration;

/// A page without what all pages have around them.
pub struct Page<'a> {
    /// What the browser's tab shows.
    pub title: &'a str,
    /// How the page's address leads to that of the host: `../` for each folder. Addresses in pages are relative, so that
    /// pages work below any address under which people reach the host.
    pub up: &'a str,
    /// Modules that the page loads, beside the one that all pages load.
    pub scripts: &'a [&'a Asset],
    /// What stands at the head of the page; the product's name where it is empty.
    pub head: Markup,
    /// What the page shows.
    pub body: Markup,
    /// What stands at its end.
    pub foot: Markup,
    /// Where the browser goes on by itself.
    pub next: Option<&'a str>,
    /// After how long a browser without scripts loads the page again; none where it does not.
    pub again: Option<Duration>,
    /// Whether the page takes the whole width of the window.
    pub wide: bool,
}

impl<'a> Page<'a> {
    /// A page that shows nothing yet.
    pub fn plain(up: &'a str) -> Self {
        let empty = || html! {};
        Self {
            title: "",
            up,
            scripts: &[],
            head: empty(),
            body: empty(),
            foot: empty(),
            next: None,
            again: None,
            wide: false,
        }
    }
}

/// The whole page.
pub fn whole(page: &Page<'_>) -> Markup {
    let asset = |asset: &Asset| format!("{}assets/{}", page.up, asset.name);
    html! {
        (DOCTYPE)
        html.wide[page.wide] lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="color-scheme" content="light dark";
                @if let Some(next) = page.next { meta http-equiv="refresh" content={ "0;url=" (next) }; }
                // Where there are scripts, they keep the page up to date, and the browser does not read this.
                @if let Some(again) = page.again { noscript { meta http-equiv="refresh" content=(again.as_secs()); } }
                title { (short(page.title)) " · Stepwell" }
                link rel="icon" type="image/svg+xml" href=(asset(&ICON));
                link rel="stylesheet" href=(asset(&STYLE));
                script type="module" src=(asset(&TIMES)) {}
                @for script in page.scripts { script type="module" src=(asset(script)) {} }
            }
            body.wide[page.wide] {
                @if page.head.0.is_empty() {
                    header.top { div.inner { span.brand { "Stepwell" } } }
                } @else {
                    (page.head)
                }
                main #main { (page.body) }
                footer.bottom { div.inner { (page.foot) } }
            }
        }
    }
}

/// The beginning of a text on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(limits::TITLE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A page with a heading and a few words.
pub fn notice(title: &str, words: &Markup, up: &str) -> Markup {
    let body = html! { article.card { h1 { (title) } (words) } };
    whole(&Page { title, body, ..Page::plain(up) })
}
