//! Values of an execution as answers show them, of which some may be offloaded.

use serde_json::{Value, json};
use std::collections::HashSet;
use stepwell_core::{
    payload::{BlobRef, Payload},
    reading::{Missing, Reading},
};

/// Shows values, and notes those that are missing. An answer is shown again once they are fetched; one that has no room
/// in it stays as `{"$blob": sha256, "bytes": n}`, and one that the store has lost says so in its `error`.
#[derive(Default)]
pub struct Values {
    missing: Vec<Payload>,
    most: Option<usize>,
    /// The values that the store has lost, by their hashes.
    lost: HashSet<String>,
}

/// The code of the error in the place of a value that is lost.
const LOST: &str = "value_lost";

/// What is said in the place of a value that the store has lost; none for any other.
pub fn lost(value: &Value) -> Option<&str> {
    let error = value.as_object().filter(|fields| fields.contains_key("$blob"))?.get("error")?;
    (error["code"] == LOST).then(|| error["message"].as_str()).flatten()
}

impl Values {
    /// Where the store has lost some values, by their hashes.
    pub(crate) fn without(lost: HashSet<String>) -> Self {
        Self { lost, ..Self::default() }
    }

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
            (None, Some(reference)) => match payload.missing().filter(|blob| self.lost.contains(&blob.sha256)) {
                Some(blob) => in_place_of(blob, reference),
                None => {
                    self.missing.push(payload.clone());
                    reference
                }
            },
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

/// What is shown in the place of a value that is lost: where it lay, and what can be done.
fn in_place_of(blob: &BlobRef, mut reference: Value) -> Value {
    let BlobRef { sha256, bytes } = blob;
    let message = format!(
        "the value {sha256} of {bytes} bytes cannot be read from the store: bring it back from a backup, or go back to the \
         node that gave it (backtrack), which then runs again; the host's log says more"
    );
    reference["error"] = json!({ "code": LOST, "message": message });
    reference
}
