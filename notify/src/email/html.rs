//! A mail's body as HTML: one column, one button, and nothing that is loaded from elsewhere.

use super::content::{Body, Content, Part};
use crate::markdown;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The looks. Programs that drop them show the same texts in the same order.
const STYLE: &str = "\
body{margin:0;padding:0;background:#f3f4f6;color:#1f2933;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}\
.outer{padding:24px 12px}\
.card{max-width:560px;margin:0 auto;background:#fff;border:1px solid #e1e5ea;border-radius:10px;padding:28px 32px}\
.headline{margin:0 0 8px;font-size:14px;font-weight:600;color:#1d5fa8}\
.over .headline{color:#52606d}\
h1{margin:0 0 20px;font-size:21px;line-height:1.35;font-weight:600;overflow-wrap:anywhere;white-space:pre-line}\
h2{margin:22px 0 6px;font-size:14px;font-weight:600;color:#52606d}\
h3,h4,h5,h6{margin:16px 0 6px;font-size:16px}\
p,ul,ol{margin:0 0 12px}\
ul,ol{padding-left:20px}\
li{overflow-wrap:anywhere}\
.facts{border-collapse:collapse;margin:0 0 20px;font-size:15px}\
.facts td{padding:2px 0;vertical-align:top;overflow-wrap:anywhere}\
.facts .name{color:#52606d;padding-right:16px;white-space:nowrap}\
.details{margin:0 0 4px;overflow-wrap:anywhere}\
.details table{border-collapse:collapse}\
.details th,.details td{border:1px solid #d5dae1;padding:4px 10px;text-align:left}\
pre{margin:0 0 12px;padding:12px 14px;background:#f6f8fa;border-radius:6px;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;\
white-space:pre-wrap;overflow-wrap:anywhere}\
.action{margin:26px 0 14px}\
.note,.footer{font-size:13px;color:#616e7c}\
.note{margin:0}\
.footer{max-width:560px;margin:14px auto 0;text-align:center;overflow-wrap:anywhere}\
a{color:#1d5fa8}\
@media (max-width:480px){.outer{padding:0}.card{border-width:0 0 1px;border-radius:0;padding:24px 20px}.button{display:block!important;\
text-align:center}.footer{padding:0 20px 20px}}\
@media (prefers-color-scheme:dark){body{background:#15191e;color:#e4e7eb}.card{background:#1f252c;border-color:#323b45}\
.headline,a{color:#7db4f0}.over .headline,h2,.facts .name{color:#a5b0bc}pre{background:#161b21}.note,.footer{color:#98a4b0}\
.details th,.details td{border-color:#3b4550}}";
/// The looks of the button, beside it: some programs drop what stands in the head.
const BUTTON: &str = "display:inline-block;background:#1d5fa8;color:#ffffff;text-decoration:none;font-weight:600;\
                      padding:12px 26px;border-radius:7px";

/// The body, a whole document.
pub(super) fn body(content: &Content) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (content.headline) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class=(if content.over { "outer over" } else { "outer" }) {
                    div class="card" { (card(content)) }
                    p class="footer" { (content.footer) }
                }
            }
        }
    };
    document.into_string()
}

fn card(content: &Content) -> Markup {
    html! {
        p class="headline" { (content.headline) }
        h1 { (content.question) }
        @if !content.facts.is_empty() {
            table class="facts" role="presentation" {
                @for (name, value) in &content.facts {
                    tr { td class="name" { (name) } td { (value) } }
                }
            }
        }
        @if let Some(details) = content.details {
            div class="details" { (markdown::render(details)) }
        }
        @for part in &content.parts { (section(part)) }
        @if let Some(action) = &content.action {
            p class="action" { a class="button" style=(BUTTON) href=(action.url) { (action.label) } }
        }
        @if let Some(note) = &content.note {
            p class="note" { (note) }
        }
    }
}

fn section(part: &Part) -> Markup {
    html! {
        h2 { (part.title) }
        @match &part.body {
            Body::List(items) => ul { @for item in items { li { (item) } } },
            Body::Verbatim(text) => pre { (text) },
        }
    }
}
