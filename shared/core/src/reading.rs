//! Reading values of which some may be offloaded, without ever taking one that is missing for another.

use crate::payload::Payload;
use serde_json::Value;
use std::{cell::RefCell, fmt};

/// What a computation reads values by. A value that is missing reads as null and is noted, and whatever was made of it
/// is thrown away: [`Reading::of`] gives a result that lacked nothing, or all that it lacked.
///
/// ```
/// use stepwell_core::{payload::Payload, reading::Reading};
///
/// let there = Payload::new(2.into());
/// let offloaded: Payload = serde_json::from_str(r#"{"$blob": "ab12", "bytes": 1}"#)?;
/// let sum = || {
///     let number = |reading: &Reading, payload| reading.value(payload).as_i64().unwrap_or(0);
///     Reading::of(|reading| number(reading, &there) + number(reading, &offloaded))
/// };
/// let missing = sum().unwrap_err();
/// assert_eq!(missing.payloads(), [&offloaded]);
/// missing.payloads()[0].fetched(3.into());
/// assert_eq!(sum(), Ok(5));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Reading {
    missing: RefCell<Vec<Payload>>,
}

/// Values that a computation needs and that are offloaded: fetch them, and compute again.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing(Vec<Payload>);

impl Reading {
    /// Computes something that reads values.
    ///
    /// # Errors
    /// [`Missing`], with every value that was read and is missing.
    pub fn of<T>(compute: impl FnOnce(&Self) -> T) -> Result<T, Missing> {
        let reading = Self { missing: RefCell::default() };
        let computed = compute(&reading);
        let missing = reading.missing.into_inner();
        if missing.is_empty() { Ok(computed) } else { Err(Missing(missing)) }
    }

    /// The value of a payload; null where it is missing, so that nothing will come of the computation.
    pub fn value<'p>(&self, payload: &'p Payload) -> &'p Value {
        payload.value().unwrap_or_else(|| {
            let mut missing = self.missing.borrow_mut();
            if !missing.iter().any(|other| other.is_same(payload)) {
                missing.push(payload.clone());
            }
            &Value::Null
        })
    }
}

impl Missing {
    /// What is to be fetched.
    pub fn payloads(&self) -> Vec<&Payload> {
        self.0.iter().collect()
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} offloaded values must be fetched first", self.0.len())
    }
}
