//! What filters let through, and how lists are cut into pages.

use engine::port::{ExecutionFilter, InteractionFilter, Page, StoreError, Window};
use serde_json::Value;
use stepwell_core::{execution::Execution, id::ExecutionId, interaction::Interaction};

/// Whether a filter of executions lets this one through.
pub fn matches(filter: &ExecutionFilter, state: &Execution) -> bool {
    let started = &state.started;
    started.owner == filter.owner
        && started.parent.as_ref().map(|parent| &parent.execution_id) == filter.parent.as_ref()
        && filter.workflow_id.as_ref().is_none_or(|id| *id == started.workflow_id)
        && (filter.statuses.is_empty() || filter.statuses.contains(&state.status()))
        && filter.since.is_none_or(|since| state.started_at >= since)
        && filter.until.is_none_or(|until| state.started_at < until)
        && filter
            .metadata
            .iter()
            .all(|(key, value)| started.metadata.get(key).is_some_and(|own| text(own) == text(value)))
}

/// The text of a metadata value. Values are compared as text, since a URL's query has nothing else.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// Whether a filter of interactions lets this one through. One without assignees may be answered by anybody, and
/// assignees are compared without regard to case.
/// `is_below` says whether the execution is one or a descendant of one.
pub fn asks(
    filter: &InteractionFilter,
    state: &Execution,
    one: &Interaction,
    is_below: impl Fn(&ExecutionId) -> bool,
) -> bool {
    let asked = |who: &String| one.assignees.iter().any(|it| it.eq_ignore_ascii_case(who));
    state.started.owner == filter.owner
        && filter.execution_id.as_ref().is_none_or(is_below)
        && filter.status.is_none_or(|status| status == one.status)
        && (filter.assignees.is_empty() || one.assignees.is_empty() || filter.assignees.iter().any(asked))
}

/// Returns the page of a sorted list that a window shows. `key` must grow along the list; its parts, as 16 hexadecimal
/// digits each, are the cursor. `Permanent` for a cursor that no page gave.
pub fn page<R, T>(
    sorted: &[R],
    window: &Window,
    key: impl Fn(&R) -> Vec<i64>,
    item: impl Fn(&R) -> T,
) -> Result<Page<T>, StoreError> {
    let cursor = |row: &R| key(row).iter().map(|part| format!("{part:016x}")).collect::<String>();
    let after = match &window.cursor {
        None => None,
        Some(text) if !text.is_empty() && text.len() % 16 == 0 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Some(text)
        }
        Some(text) => {
            let told = format!("`{text}` is no cursor of this list: leave it out to begin at the start");
            return Err(StoreError::Permanent(told));
        }
    };
    // Cursors have a fixed width, so comparing them as text compares the keys. Keys are never negative.
    let mut rest = sorted.iter().skip_while(|row| after.is_some_and(|after| cursor(row) <= *after)).peekable();
    let (mut items, mut last) = (Vec::new(), None);
    for row in rest.by_ref().take(window.limit.clamp(1, 200)) {
        items.push(item(row));
        last = Some(row);
    }
    let next_cursor = last.filter(|_| rest.peek().is_some()).map(cursor);
    Ok(Page { items, next_cursor })
}
