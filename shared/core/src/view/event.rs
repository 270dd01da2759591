//! Events as the API shows them: times in RFC 3339, and values as users wrote them. The state of a checkpoint that an
//! event carries is not shown with it: `GET …/checkpoints/{checkpoint}` shows checkpoints.

use super::shown::Shown;
use crate::{
    event::{Event, Started},
    rollback::{Plan, What},
};
use serde_json::{Value, json};

/// One event of the journal. A value that was offloaded is shown as `{"$blob": sha256, "bytes": n}`.
pub fn event(event: &Event) -> Value {
    match event {
        Event::RollbackBegun { rollback, epoch, plan } => {
            let rollback = serde_json::to_value(Shown(rollback)).unwrap_or(Value::Null);
            json!({"type": "rollback_begun", "rollback": rollback, "epoch": epoch, "undo": undo(plan)})
        }
        Event::ExecutionStarted(started) if started.forked.is_some() => {
            let bare = Event::ExecutionStarted(Box::new(Started { forked: None, ..(**started).clone() }));
            let mut shown = serde_json::to_value(Shown(&bare)).unwrap_or(Value::Null);
            if let (Some(fork), Value::Object(fields)) = (&started.forked, &mut shown) {
                let checkpoint = fork.point.seq.to_string();
                fields.insert("forked".into(), json!({"execution_id": fork.execution_id, "checkpoint": checkpoint}));
            }
            shown
        }
        other => serde_json::to_value(Shown(other)).unwrap_or(Value::Null),
    }
}

/// What a rollback undoes, in order.
fn undo(plan: &Plan) -> Vec<Value> {
    let one = |undo: &crate::rollback::Undo| {
        let (node, visit) = (&undo.activation.node, undo.activation.visit);
        match &undo.what {
            What::Node { unknown, .. } => json!({"node": node, "visit": visit, "unknown": unknown}),
            What::Child { index, .. } => json!({"node": node, "visit": visit, "index": index}),
        }
    };
    plan.undo.iter().map(one).collect()
}
