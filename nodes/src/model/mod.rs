//! Calls of language models.

use document::{time::Time, work::ModelCall};
use std::time::Duration;
use stepwell_core::task::{Failure, Outcome, Task};

/// Calls language models.
pub struct Models;

impl Models {
    /// Makes one call. The output is a `ModelAnswer`.
    pub async fn run(
        &self,
        _call: &ModelCall,
        _task: &Task,
        _limit: Duration,
        _now: &(dyn Fn() -> Time + Send + Sync),
    ) -> Outcome {
        Outcome::Failed(Failure::new("model_unavailable", "this host calls no models yet"))
    }
}
