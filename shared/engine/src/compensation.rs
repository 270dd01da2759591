//! What undoes a run, its templates rendered.

use document::{Node, NodeKind, work};
use expression::{ExprError, Secrets};
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
