//! How many executions started and ended in each hour: bars, and the same as a table.

use crate::{
    figures::{Figures, Hour},
    look::stripes,
    moment::brief,
};
use maud::{Markup, html};

/// The width of an hour and the height of the picture, in its own units.
const HOUR: u64 = 12;
const HEIGHT: u64 = 60;

/// The panel.
pub fn bars(day: &Figures) -> Markup {
    let most = day.hours.iter().map(|hour| hour.started.max(hour.ended)).max().unwrap_or_default();
    let (started, ended, failed) = sums(&day.hours);
    html! {
        section.panel aria-labelledby="hours" {
            h2 #hours { "By the hour" }
            @if most == 0 {
                p.empty { "Nothing started or ended in the last 24 hours." }
            } @else {
                p.legend {
                    span.key.started { svg.swatch viewBox="0 0 1 1" aria-hidden="true" { rect.started width="1" height="1" {} } (started) " started" }
                    span.key.ended { svg.swatch viewBox="0 0 1 1" aria-hidden="true" { rect.ended width="1" height="1" {} } (ended) " ended" }
                    span.key.failed { svg.swatch viewBox="0 0 12 12" aria-hidden="true" { rect.failed width="12" height="12" {} } (failed) " of them failed" }
                }
                p.hours-most { (most) " per hour" }
                (picture(&day.hours, most))
                div.hours-axis { span { (brief(day.hours.first().map_or(day.from, |hour| hour.start))) } span { "now" } }
                (table(&day.hours))
            }
        }
    }
}

fn sums(hours: &[Hour]) -> (u64, u64, u64) {
    let sum = |of: fn(&Hour) -> u64| hours.iter().map(of).sum();
    (sum(|hour| hour.started), sum(|hour| hour.ended), sum(|hour| hour.failed))
}

fn picture(hours: &[Hour], most: u64) -> Markup {
    let width = HOUR * hours.len() as u64;
    // Whatever happened at all shows as a line.
    let height = |many: u64| if many == 0 { 0 } else { (many * HEIGHT / most.max(1)).max(1) };
    let (started, ended, _) = sums(hours);
    let bar = |class: &str, x: u64, many: u64| {
        let high = height(many);
        html! { @if high > 0 { rect class=(class) x=(x) y=(HEIGHT - high) width="5" height=(high) {} } }
    };
    html! {
        svg.hours viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img"
            aria-label={ (started) " executions started and " (ended) " ended; the table below has the hours" } {
            (stripes())
            @for (at, hour) in hours.iter().enumerate() {
                @let x = HOUR * at as u64;
                (bar("started", x, hour.started))
                (bar("ended", x + 5, hour.ended))
                (bar("failed", x + 5, hour.failed))
            }
        }
    }
}

/// The numbers, folded.
fn table(hours: &[Hour]) -> Markup {
    html! {
        details.more {
            summary { "As a table" }
            div.scroll tabindex="0" role="region" aria-label="By the hour, as a table" { table.list {
                thead { tr {
                    th scope="col" { "Hour" } th.number scope="col" { "Started" } th.number scope="col" { "Ended" }
                    th.number scope="col" { "Failed" }
                } }
                tbody {
                    @for hour in hours.iter().rev().filter(|hour| hour.started + hour.ended > 0) {
                        tr { th scope="row" { (brief(hour.start)) } td.number { (hour.started) } td.number { (hour.ended) }
                            td.number { (hour.failed) } }
                    }
                }
            } }
        }
    }
}
