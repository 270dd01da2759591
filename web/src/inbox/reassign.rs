//! Asks other people in place of those who are asked.

use super::seen::Seen;
use crate::{
    desk::{Refusal, part},
    form::Pairs,
    layout::token,
    refused::not_done,
    session::Visit,
};
use api::types::ReassignBody;
use maud::{Markup, html};

/// What was sent in vain, and why.
pub struct Refused<'a> {
    /// What was typed.
    pub pairs: &'a Pairs,
    /// Why nobody else is asked.
    pub why: &'a Refusal,
}

/// The form, folded: it is rarely needed.
pub fn form(visit: &Visit, seen: &Seen, refused: Option<&Refused<'_>>) -> Markup {
    let one = &seen.found.interaction;
    let typed = |name| refused.and_then(|refused| refused.pairs.get(name));
    let asked = one.assignees.join("\n");
    html! {
        details.panel data-part="reassign" open[refused.is_some()] {
            summary { "Ask somebody else" }
            form method="post" action={ (visit.up) "inbox/" (part(one.interaction_id.as_str())) "/reassign" } {
                (token(visit))
                div.field {
                    label for="assignees" { "Whom to ask instead" }
                    p.hint #assignees-hint { "One on each line: e-mail addresses, or groups such as group:finance." }
                    textarea #assignees name="assignees" rows="3" dir="auto" required aria-describedby="assignees-hint" {
                        "\n" (typed("assignees").unwrap_or(&asked))
                    }
                }
                div.field {
                    label for="reason" { "Reason " span.mark { "optional" } }
                    input #reason name="reason" value=[typed("reason")] dir="auto" maxlength="500";
                }
                (not_done(refused.map(|refused| refused.why), &html! {}))
                div.actions { button { "Ask them instead" } }
            }
        }
    }
}

/// What the form asks of the API.
pub fn body(pairs: &Pairs) -> ReassignBody {
    let text = |name| pairs.get(name).unwrap_or_default();
    let assignees = text("assignees").split(['\n', ',']).map(str::trim).filter(|one| !one.is_empty());
    let reason = Some(text("reason").trim().to_owned()).filter(|text| !text.is_empty());
    ReassignBody { assignees: assignees.map(str::to_owned).collect(), reason }
}
