//! How long an ended execution is kept (`settings.retention_days`).

use crate::{execution::Execution, limits};
use document::{Workflow, time::Time};

const DAY_SECONDS: f64 = 86_400.0;

/// When an execution may be removed. None while it is alive, for a child, which is removed with its parent, and where
/// `retention_days` is 0, which keeps executions for ever. Without its workflow, where a host has lost that, the days
/// are those of a document that names none.
pub fn expires_at(state: &Execution, workflow: Option<&Workflow>) -> Option<Time> {
    let ended = state.completed_at.filter(|_| state.started.parent.is_none())?;
    let days = workflow.map_or(limits::RETENTION_DAYS, |workflow| workflow.settings.retention_days);
    (days > 0).then(|| ended.after_seconds(days as f64 * DAY_SECONDS))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{command::Command, decide::decide, event::Started, execution::Parent, id::Activation};
    use document::parse;
    use serde_json::json;

    #[test]
    fn an_execution_is_kept_for_so_many_days_after_its_end() {
        let of = |days: u64| {
            let document = json!({"id": "w", "settings": {"retention_days": days},
                "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
            parse(&document).unwrap().workflow
        };
        let workflow = of(2);
        let started = Started::new("e".into(), &workflow, json!({}), Time(0));
        let mut state = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
        state.completed_at = None;
        assert_eq!(expires_at(&state, Some(&workflow)), None, "it is alive");
        state.completed_at = Some(Time(1_000));
        assert_eq!(expires_at(&state, Some(&workflow)), Some(Time(1_000 + 2 * 86_400_000)));
        assert_eq!(expires_at(&state, None), Some(Time(1_000 + 90 * 86_400_000)));
        assert_eq!(expires_at(&state, Some(&of(0))), None, "it is kept for ever");
        let activation = Activation { epoch: 0, node: "m".into(), visit: 1 };
        let parent = Parent { execution_id: "p".into(), activation, attempt: 1, index: 0, depth: 1 };
        state.started = Started { parent: Some(parent), ..(*state.started).clone() }.into();
        assert_eq!(expires_at(&state, Some(&workflow)), None, "it goes with its parent");
    }
}
