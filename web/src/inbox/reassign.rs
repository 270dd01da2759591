//! Asks other people in place of those who are asked.

use super::seen::Seen;
use crate::{
    answered::see_other,
    desk::part,
    layout::token,
    refused::refused,
    session::{Sent, Visit},
};
use api::types::{Interaction, ReassignBody};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};

/// The form, folded: it is rarely needed.
pub fn form(visit: &Visit, seen: &Seen) -> Markup {
    let one = &seen.found.interaction;
    html! {
        details.panel {
            summary { "Ask somebody else" }
            form method="post" action={ (visit.up) "inbox/" (part(one.interaction_id.as_str())) "/reassign" } {
                (token(visit))
                div.field {
                    label for="assignees" { "Who is asked" }
                    p.hint #assignees-hint { "One on each line: e-mail addresses, or groups such as group:finance." }
                    textarea #assignees name="assignees" rows="3" dir="auto" required aria-describedby="assignees-hint" {
                        "\n" (one.assignees.join("\n"))
                    }
                }
                div.field {
                    label for="reason" { "Reason " span.mark { "optional" } }
                    input #reason name="reason" dir="auto" maxlength="500";
                }
                div.actions { button.small { "Ask them instead" } }
            }
        }
    }
}

/// `POST /inbox/{id}/reassign`.
pub async fn send(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let text = |name| pairs.get(name).unwrap_or_default();
    let assignees = text("assignees").split(['\n', ',']).map(str::trim).filter(|one| !one.is_empty());
    let reason = Some(text("reason").trim().to_owned()).filter(|text| !text.is_empty());
    let body = ReassignBody { assignees: assignees.map(str::to_owned).collect(), reason };
    match visit.desk.post::<Interaction>(&format!("/v1/interactions/{}/reassign", part(&id)), &body).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(_) => see_other(&format!("../{}", part(&id))),
    }
}
