//! The page of a question that is open, for the person whose link it is.

use crate::{
    assets::ASKED,
    form::{Faults, Pairs},
    frame::{Page, whole},
    question::{
        Found,
        inputs::{self, Around},
        shown::{about, answering, asked_of, before, head, kept_out},
        words,
    },
};
use maud::{Markup, html};

/// The page, with what was typed so far and what is wrong with it.
pub fn question(found: &Found, pairs: &Pairs, faults: &Faults) -> Markup {
    let body = html! {
        @if found.is_kept_out() { (faults.summary(str::to_owned)) } @else { (inputs::summary(&found.interaction, faults)) }
        article.card {
            (head(found))
            (about(found))
            (asked_of(found))
            (before(found))
            @if found.is_kept_out() { (kept_out()) } @else { (answering(found, pairs, faults, &Around::default())) }
        }
    };
    let foot = html! {
        p { "This link is yours alone: whoever has it answers in your name. Opening it decides nothing." }
    };
    whole(&Page { title: &words::question(&found.interaction), scripts: &[&ASKED], body, foot, ..Page::plain("../") })
}
