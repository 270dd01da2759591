//! Values of an execution as answers show them, of which some may be offloaded.

use serde_json::{Value, json};
use stepwell_core::{
    payload::Payload,
    reading::{Missing, Reading},
};

/// Shows values, and notes those that are missing. An answer is shown again once they are fetched; one that has no room
/// in it stays as `{"$blob": sha256, "bytes": n}`.
#[derive(Default)]
pub struct Values {
    missing: Vec<Payload>,
    most: Option<usize>,
}

impl Values {
    /// Shows of a value that is at hand and has more than about so many bytes no more than that, as `{"$larger_than": bytes}`:
    /// a page shows but its beginning, and a copy of the whole takes time.
    pub fn at_most(&mut self, bytes: usize) -> &mut Self {
        self.most = Some(bytes);
        self
    }

    /// A value, or where it lies. Of one that is sealed no more is shown than its hash.
    pub fn show(&mut self, payload: &Payload) -> Value {
        if let Some(reference) = payload.reference().filter(|_| payload.is_sealed()) {
            return reference;
        }
        if let Some(most) = self.most.filter(|most| payload.weight(*most) > *most) {
            return json!({ "$larger_than": most });
        }
        match (payload.value(), payload.reference()) {
            (Some(value), _) => value.clone(),
            (None, Some(reference)) => {
                self.missing.push(payload.clone());
                reference
            }
            (None, None) => Value::Null,
        }
    }

    /// What is computed from values, or the ones that it lacks.
    ///
    /// # Errors
    /// [`Missing`], which is noted.
    pub fn read<T>(&mut self, compute: impl FnOnce(&Reading) -> T) -> Result<T, Missing> {
        let computed = Reading::of(compute);
        if let Err(missing) = &computed {
            self.missing.extend(missing.payloads().into_iter().cloned());
        }
        computed
    }

    /// The values that were to be shown and are missing.
    pub fn missing(&self) -> &[Payload] {
        &self.missing
    }
}
