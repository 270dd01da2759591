//! The command that reports what came of an attempt.

use super::collect::too_large;
use crate::limits;
use stepwell_core::{
    command::{Asked, Command},
    id::Activation,
    payload::Payload,
    task::{Failure, Outcome},
};

/// The command that reports an outcome. An output that is too large is a failure, before any host tries to keep it.
pub(super) fn report(activation: Activation, attempt: u32, outcome: Outcome, duration_ms: Option<u64>) -> Asked {
    let outcome = match Outcome::<Payload>::from(outcome) {
        Outcome::Succeeded { output, .. } if output.weight(limits::OUTCOME_BYTES) > limits::OUTCOME_BYTES => {
            Outcome::Failed(too_large())
        }
        Outcome::Succeeded { output, .. }
            if output.memory(limits::OUTCOME_MEMORY_BYTES) > limits::OUTCOME_MEMORY_BYTES =>
        {
            Outcome::Failed(Failure::too_many_values())
        }
        other => other,
    };
    Asked::from(Command::Report { activation, attempt, outcome, duration_ms })
}
