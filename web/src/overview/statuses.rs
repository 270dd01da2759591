//! How many executions are in each status: those that live, of any age, and those that ended within a day.

use crate::{executions::in_status, figures::Figures, look::words};
use maud::{Markup, html};
use stepwell_core::execution::Status;

/// The panel.
pub fn statuses(up: &str, day: &Figures) -> Markup {
    let ended = Status::ALL.iter().filter(|status| status.is_terminal());
    let ended: Vec<(Status, u64)> = ended.filter_map(|status| Some((*status, *day.by_status.get(status)?))).collect();
    html! {
        section.panel aria-labelledby="statuses" {
            h2 #statuses { "Executions" }
            h3 { "Running or waiting now" }
            @if day.alive.is_empty() { p.empty { "None: everything that started has ended." } }
            ul.tiles {
                @for (status, alive) in &day.alive {
                    (tile(up, *status, "", &format!("{}{}", alive.many, if alive.more { "+" } else { "" })))
                }
            }
            h3 { "Started in the last 24 hours, and ended" }
            @if ended.is_empty() { p.empty { "None." } }
            ul.tiles { @for (status, many) in ended { (tile(up, status, "day", &many.to_string())) } }
        }
    }
}

fn tile(up: &str, status: Status, time: &str, many: &str) -> Markup {
    let (sign, word) = words(status);
    html! {
        li {
            a href=(in_status(up, status, time)) {
                strong { (many) }
                " "
                span class={ "status " (status) } { span aria-hidden="true" { (sign) } " " (word) }
            }
        }
    }
}
