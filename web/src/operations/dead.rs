//! Dead letters: executions that are stuck because a message of theirs was given up, and the way to send it again.

use crate::{
    desk::{Asked, part},
    executions::rows::rows,
    layout::token,
    limits,
    look::short_id,
    moment::brief,
    session::Visit,
    words::capital,
};
use api::Scope;
use engine::port::{ExecutionFilter, Window};
use maud::{Markup, html};
use stepwell_core::execution::Status;

/// The list.
///
/// # Errors
/// What the store says.
pub async fn letters(visit: &Visit) -> Asked<Markup> {
    let filter = ExecutionFilter {
        owner: visit.caller.owner.clone(),
        statuses: vec![Status::Stuck],
        ..ExecutionFilter::default()
    };
    let page = rows(visit, &filter, &Window { limit: limits::DEAD, cursor: None }).await?;
    let may = visit.caller.scopes.contains(&Scope::Run);
    let may_all = visit.caller.scopes.contains(&Scope::Admin);
    let up = &visit.up;
    let dead: Vec<_> = page.items.iter().filter(|row| row.has_dead_letter).collect();
    let others = page.items.len() - dead.len();
    Ok(html! {
        @if dead.is_empty() {
            p.empty { "There is no dead letter: a message that could not be handled, however often it was tried." }
        } @else {
            div.scroll { table.list.cards {
                thead { tr {
                    th scope="col" { "Execution" } th scope="col" { "Started" } th scope="col" { "What happened" }
                    @if may { th scope="col" { span.unseen { "What to do" } } }
                } }
                tbody { @for row in &dead { tr {
                    td { a href={ (up) "executions/" (part(&row.id)) } { bdi { (row.name) } " " (short_id(&row.id)) } }
                    td { (brief(row.started)) }
                    td.message dir="auto" { (capital(&row.message)) }
                    @if may { td {
                        form.inline method="post" action={ (up) "executions/many" } {
                            (token(visit))
                            input type="hidden" name="execution" value=(row.id);
                            // The button names the one execution that is meant, and nothing is lost by it.
                            input type="hidden" name="confirmed" value="yes";
                            button.small name="action" value="redrive" aria-label={ "Redrive " (row.name) ", execution " (row.id) } { "Redrive" }
                        }
                    } }
                } } }
            } }
            @if may_all { div.actions { a.button.small href={ (up) "executions/bulk/confirm?action=redrive&status=stuck" } { "Redrive all" } } }
        }
        @if others > 0 || page.next_cursor.is_some() {
            p.more { a href={ (up) "executions?status=stuck" } { "All that are stuck" } }
        }
    })
}
