//! What models use, as a what-if compares it.

use ::document::work::Usage;
use serde::{Deserialize, Serialize};
use stepwell_core::replay::Compared;
use utoipa::ToSchema;

/// What models used, before and after. Answers that were recorded are those that would be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfModels {
    /// What they used.
    pub was: WhatIfUsage,
    /// What they would use; as far as the replay came, where the end cannot be told.
    pub now: WhatIfUsage,
}

/// What models used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfUsage {
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// What they cost in US dollars; null where there is no price of all of them.
    pub usd: Option<f64>,
}

impl WhatIfModels {
    /// What models used in an execution; none where none was asked.
    pub(super) fn of(compared: &Compared) -> Option<Self> {
        let Compared { usage_was: was, usage_now: now, .. } = compared;
        (*was != Usage::default()).then(|| Self { was: WhatIfUsage::of(was), now: WhatIfUsage::of(now) })
    }

    /// Adds what they used in further executions.
    pub(super) fn join(sum: &mut Option<Self>, more: Option<Self>) {
        match (&mut *sum, more) {
            (Some(sum), Some(more)) => {
                sum.was.add(more.was);
                sum.now.add(more.now);
            }
            (None, more) => *sum = more,
            (Some(_), None) => {}
        }
    }
}

impl WhatIfUsage {
    fn of(usage: &Usage) -> Self {
        // Nothing at all costs nothing, whatever the prices are.
        let usd = if *usage == Usage::default() { Some(0.0) } else { usage.usd() };
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, usd }
    }

    fn add(&mut self, more: Self) {
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.usd = self.usd.zip(more.usd).map(|(before, more)| before + more);
    }
}
