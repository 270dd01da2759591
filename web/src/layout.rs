//! What all pages have around them.

use crate::{
    assets::{ICON, SCRIPT, STYLE},
    limits,
};
use maud::{DOCTYPE, Markup, html};

/// A page without what all pages have around them.
pub struct Page<'a> {
    /// What the browser's tab shows.
    pub title: &'a str,
    /// How the page's address leads to that of the host: `../` for each folder. Addresses in pages are relative, so that
    /// pages work below any address under which people reach the host.
    pub up: &'a str,
    /// What the page shows.
    pub body: Markup,
    /// What stands at its end.
    pub foot: Markup,
}

/// The whole page.
pub fn whole(page: &Page<'_>) -> Markup {
    let asset = |name: &str| format!("{}assets/{name}", page.up);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="color-scheme" content="light dark";
                title { (short(page.title)) " · Stepwell" }
                link rel="icon" type="image/svg+xml" href=(asset(&ICON.name));
                link rel="stylesheet" href=(asset(&STYLE.name));
                script type="module" src=(asset(&SCRIPT.name)) {}
            }
            body {
                header.top { div.inner { span.brand { "Stepwell" } } }
                main { (page.body) }
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
    whole(&Page { title, up, body, foot: html! {} })
}
