//! What changed between two texts, line by line.

use crate::limits;
use maud::{Markup, html};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};

/// The lines that changed, with a few around them; none where the texts are the same.
pub fn difference(from: &str, to: &str) -> Option<Markup> {
    if from == to {
        return None;
    }
    // Texts that have little in common would take long: from then on the result is coarser, and still right.
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(limits::DIFFERENCE).diff_lines(from, to);
    let mut room = limits::DIFFERENCE_LINES;
    let mut groups = Vec::new();
    let all = diff.grouped_ops(limits::LINES_AROUND);
    let begins_later = all.first().and_then(|group| group.first()).is_some_and(|op| op.new_range().start > 0);
    let ends_before = |op: &DiffOp| op.new_range().end < diff.new_len() || op.old_range().end < diff.old_len();
    let ends_before = all.last().and_then(|group| group.last()).is_some_and(ends_before);
    for group in &all {
        let changes = group.iter().flat_map(|op| diff.iter_changes(op)).take(room);
        let lines: Vec<Markup> =
            changes.map(|one| line(one.tag(), one.old_index(), one.new_index(), one.value())).collect();
        room -= lines.len();
        groups.push(lines);
        if room == 0 {
            break;
        }
    }
    Some(html! {
        div.scroll tabindex="0" role="region" aria-label="Lines that changed" {
            table.difference {
                thead.unseen { tr {
                    th scope="col" { "Old line" } th scope="col" { "New line" } th scope="col" { "Change" } th scope="col" { "Text" }
                } }
                @for (number, lines) in groups.iter().enumerate() {
                    tbody {
                        @if number > 0 || begins_later { (gap()) }
                        @for line in lines { (line) }
                        @if number + 1 == groups.len() && (ends_before || room == 0) { (gap()) }
                    }
                }
            }
        }
        @if room == 0 { p.hint { "Only the first " (limits::DIFFERENCE_LINES) " lines are shown." } }
    })
}

/// What stands for lines that are the same in both, and left out.
fn gap() -> Markup {
    html! { tr.gap { td colspan="4" { span aria-hidden="true" { "…" } span.unseen { "Lines that did not change" } } } }
}

fn line(tag: ChangeTag, old: Option<usize>, new: Option<usize>, text: &str) -> Markup {
    let (class, sign, word) = match tag {
        ChangeTag::Equal => ("same", "", ""),
        ChangeTag::Delete => ("gone", "−", "removed"),
        ChangeTag::Insert => ("new", "+", "added"),
    };
    let number = |at: Option<usize>| at.map(|at| at + 1);
    html! {
        tr.(class) {
            td.at { @if let Some(old) = number(old) { (old) } }
            td.at { @if let Some(new) = number(new) { (new) } }
            td.sign { span aria-hidden="true" { (sign) } span.unseen { (word) } }
            td.text { code { (text.trim_end_matches('\n')) } }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_changed_shows_with_the_lines_around_it() {
        assert!(difference("a\n", "a\n").is_none());
        let old: String = (1..40).map(|number| format!("line {number}\n")).collect();
        let new = old.replace("line 20\n", "<b>\n");
        let text = difference(&old, &new).unwrap().into_string();
        assert!(text.contains("<tr class=\"gone\"><td class=\"at\">20</td><td class=\"at\"></td>"), "{text}");
        assert!(text.contains("<tr class=\"new\">") && text.contains("&lt;b&gt;"), "{text}");
        assert!(text.contains("line 19") && !text.contains("line 10"), "{text}");
        // What is left out before and after is marked, and nothing else.
        assert_eq!(text.matches("class=\"gap\"").count(), 2, "{text}");
        let short = difference("a\nb\n", "a\nc\n").unwrap().into_string();
        assert!(!short.contains("class=\"gap\""), "{short}");
    }

    #[test]
    fn texts_with_nothing_in_common_are_told_in_time_and_in_bounds() {
        let text = |seed: usize| (0..50_000).map(|at| format!("{}\n", (at * seed) % 65_537)).collect::<String>();
        let begun = std::time::Instant::now();
        let told = difference(&text(3), &text(7)).unwrap().into_string();
        assert!(begun.elapsed() < 20 * limits::DIFFERENCE, "{:?}", begun.elapsed());
        assert!(told.matches("<tr").count() < limits::DIFFERENCE_LINES + 10);
        assert!(told.contains("Only the first"));
    }
}
