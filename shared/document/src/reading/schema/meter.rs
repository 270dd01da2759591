//! Counts the steps of validating: a keyword of ours stands in every schema, and a validator asks it once for each time
//! that it applies the schema to a value.

use super::{load::Load, steps::take};
use jsonschema::{Keyword, ValidationError};
use serde_json::Value;
use std::sync::Arc;

/// The keyword, which no schema has by itself. Its value is an object, which is a schema too: a reference may lead to an
/// object whose members are schemas.
pub(super) const KEYWORD: &str = "x-stepwell-steps";
/// The member of its value that tells the number of the schema.
pub(super) const NUMBER: &str = "x-number";

/// The keyword in one schema.
pub(super) struct Meter {
    /// What the schemas ask of a value.
    pub(super) loads: Arc<Vec<Load>>,
    /// The number of the schema.
    pub(super) ix: usize,
}

impl<'i> Keyword<'i> for Meter {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        take(self.loads.get(self.ix).map_or(1, |load| load.steps(value)));
        Ok(())
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        self.validate(value).is_ok()
    }
}
