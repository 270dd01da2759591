//! The journal, newest turn first and in parts, and what the turn of a checkpoint recorded.

use super::{aim::address, seen::Seen};
use crate::{
    limits,
    moment::stamp,
    value::value,
    words::{beginning, capital},
};
use document::time::Time;
use maud::{Markup, html};
use stepwell_core::{event::Turn, view};

/// A part of the journal: `turns` are the ones that the page read, oldest first.
pub fn journal(seen: &Seen, up: &str, turns: &[Turn]) -> Markup {
    let here = address(up, seen.newest.id().as_str());
    let part = &turns[turns.len().saturating_sub(limits::JOURNAL_TURNS)..];
    let (first, last) = (part.first().map_or(0, |turn| turn.seq), part.last().map_or(0, |turn| turn.seq));
    let to = |before: Option<u64>| format!("{here}{}#journal", super::aim::Aim { before, ..seen.aim.clone() }.query());
    html! {
        section.panel #journal data-part {
            h2 { "Journal" }
            div.scroll { table.list.journal {
                thead { tr { th scope="col" { "Checkpoint" } th scope="col" { "What happened" } th scope="col" { "When" } } }
                tbody { @for turn in part.iter().rev() {
                    tr.current[seen.aim.at == Some(turn.seq)] {
                        td { a href={ (here) (seen.aim.at(Some(turn.seq)).query()) } title="The execution as it was then" { (turn.seq) } }
                        td dir="auto" { (told(seen, turn, limits::TOLD)) }
                        td { (stamp(turn.at)) }
                    }
                } }
            } }
            nav.pages aria-label="Parts of the journal" {
                @if last < seen.newest.seq {
                    a href=(to(None)) { "Newest" }
                    // What is later and the newest are the same where one part has both.
                    @let later = last + 1 + limits::JOURNAL_TURNS as u64;
                    @if later <= seen.newest.seq { " " a href=(to(Some(later))) { "Later" } }
                }
                @if first > 1 {
                    " " a href=(to(Some(first))) { "Earlier" }
                    @if first > limits::JOURNAL_TURNS as u64 { " " a href=(to(Some(limits::JOURNAL_TURNS as u64 + 1))) { "Oldest" } }
                }
                " " span.hint { (first) " to " (last) " of " (seen.newest.seq) }
            }
        }
    }
}

/// What a turn did, and who asked for it where the sentence does not say so.
fn told(seen: &Seen, turn: &Turn, most: usize) -> Markup {
    let sentence = beginning(&seen.sentence(turn), most);
    let by = turn.by.as_ref().filter(|by| !sentence.contains(by.as_str()));
    html! { (with_moments(&sentence)) @if let Some(by) = by { " " span.by { "By " bdi { (by) } "." } } }
}

/// A sentence whose moments are shown as those of pages are.
fn with_moments(sentence: &str) -> Markup {
    let parts = sentence.split_inclusive(' ').map(|word| {
        let bare = word.trim_end_matches([' ', '.', ',', ';']);
        (Time::parse(bare).filter(|_| bare.ends_with('Z')), bare, &word[bare.len()..])
    });
    html! {
        @for (moment, bare, rest) in parts { @if let Some(moment) = moment { (stamp(moment)) } @else { (bare) } (rest) }
    }
}

/// What the turn of the checkpoint recorded that is looked at.
pub fn recorded(seen: &Seen, turn: &Turn) -> Markup {
    html! {
        section.panel #recorded data-part {
            h2 { "What checkpoint " (turn.seq) " recorded" }
            p dir="auto" { (told(seen, turn, limits::VALUE_TEXT)) }
            ol.plain-list {
                @for event in turn.events.iter().take(limits::EVENTS) {
                    @let shown = view::event(event);
                    li { details.more { summary { (capital(&shown["type"].as_str().unwrap_or_default().replace('_', " ")))
                        @if let Some(node) = shown["node"].as_str() { ": " bdi { (seen.name_of(node)) } } } (value(&shown, "")) } }
                }
            }
            @if turn.events.len() > limits::EVENTS { p.hint { "The first " (limits::EVENTS) " of " (turn.events.len()) " events." } }
        }
    }
}
