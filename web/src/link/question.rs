//! The page of a question that is open, for the person whose link it is.

use crate::{
    assets::ASKED,
    form::{Faults, Pairs},
    frame::{Page, whole},
    question::{
        Found,
        inputs::{self, Around},
        shown::{answering, around_answer, before, head, kept_out},
        words,
    },
};
use maud::{Markup, html};

/// The page, with what was typed so far and what is wrong with it.
pub fn question(found: &Found, pairs: &Pairs, faults: &Faults) -> Markup {
    let answer = html! {
        (before(found))
        @if found.is_kept_out() { (kept_out()) } @else { (answering(found, pairs, faults, &Around::default())) }
    };
    let body = html! {
        @if found.is_kept_out() { (faults.summary(str::to_owned)) } @else { (inputs::summary(&found.interaction, faults)) }
        article.card {
            (head(found))
            (around_answer(found, &answer))
        }
    };
    let foot = html! {
        p data-part="foot" { "This link is yours alone: whoever has it answers in your name. Opening it decides nothing." }
    };
    whole(&Page { title: &words::question(&found.interaction), scripts: &[&ASKED], body, foot, ..Page::plain("../") })
}
