//! What undoes a run, its templates rendered.

use document::{Node, NodeKind, work};
use expression::{ExprError, Secrets};
use serde_json::{Value, json};
use stepwell_core::{
    execution::Execution,
    reading::Reading,
    rollback::{Ended, Rolling, Undo, Undoing as Scene, What},
};

/// What undoes a run is to do; none where it only computes.
pub fn rendered(
    state: &Execution,
    rolling: &Rolling,
    current: &Undo,
    by: &Node,
    secrets: &dyn Secrets,
    reading: &Reading,
) -> Result<Option<work::Work>, ExprError> {
    let What::Node { output, seen, .. } = &current.what else { return Ok(None) };
    let output = match rolling.ended() {
        Some(Ended::Succeeded { output }) => output,
        Some(Ended::Failed | Ended::Unknown) | None => output,
    };
    let started_at = state.started_at.to_string();
    let scene = Scene { started: &state.started, started_at: &started_at, seen, output, reading };
    match &by.kind {
        NodeKind::Run(config) => config.render(&scene.scope(), secrets).map(Some),
        NodeKind::Compute(config) => config.compute(&scene.scope()).map(|_| None),
        // The format lets no other type undo anything.
        NodeKind::Children(_) | NodeKind::Wait(_) | NodeKind::Route(_) | NodeKind::Agent(_) | NodeKind::Lend(_) => {
            Ok(None)
        }
    }
}

/// Shows names of secrets in their places.
struct Names;

impl Secrets for Names {
    fn secret(&self, name: &str) -> Option<String> {
        Some(format!("{{{{ secrets.{name} }}}}"))
    }
}

/// What would undo a run, rendered, for people.
///
/// # Errors
/// Where a template cannot be rendered.
pub fn shown(state: &Execution, undo: &Undo, by: &Node, reading: &Reading) -> Result<Value, ExprError> {
    let rolling = Rolling::asked(stepwell_core::rollback::Rollback::to(0));
    Ok(match rendered(state, &rolling, undo, by, &Names, reading)? {
        Some(work::Work::Http(task)) => {
            let mut shown = json!({"method": task.method, "url": task.url});
            if !task.query.is_empty() {
                shown["query"] = json!(task.query);
            }
            if !task.headers.is_empty() {
                shown["headers"] = json!(task.headers);
            }
            if let Some(body) = &task.body {
                shown["body"] = body.clone();
            }
            shown
        }
        Some(work::Work::Code(task)) => json!({"code": task.code}),
        // No document undoes by a model or by a tool of a server.
        Some(work::Work::Model(_) | work::Work::Mcp(_)) | None => Value::Null,
    })
}
