//! How long one attempt may run: as long as its document says, and never longer than the operator allows. What runs
//! takes one of few places, which others wait for.

use crate::limits::{ATTEMPT_SECONDS, MOST_ATTEMPT_SECONDS};
use engine::limits::{LEAST_SECONDS, NODE_SECONDS};
use std::time::Duration;
use stepwell_core::task::{Outcome, Work};

/// The variables of the environment that set the ceilings of `code` and of `http_request`.
pub const VARIABLES: [&str; 2] = ["STEPWELL_MAX_CODE_SECONDS", "STEPWELL_MAX_HTTP_SECONDS"];

/// Seconds of one attempt at most, by what it does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceilings {
    /// Seconds of a `code`.
    pub code_seconds: f64,
    /// Seconds of an `http_request`.
    pub http_seconds: f64,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self { code_seconds: ATTEMPT_SECONDS, http_seconds: ATTEMPT_SECONDS }
    }
}

/// The time of one attempt.
pub(crate) struct Bound {
    pub limit: Duration,
    /// The ceiling in seconds and how to raise it, where the ceiling is what bounds the attempt.
    cut: Option<(f64, &'static str)>,
}

impl Ceilings {
    /// What the environment sets, by [`VARIABLES`], the defaults for the rest. `read` reads a variable; an empty one
    /// counts as none.
    ///
    /// # Errors
    /// A value is no number of seconds, in words for the operator.
    pub fn read(read: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut ceilings = Self::default();
        for (name, seconds) in VARIABLES.into_iter().zip([&mut ceilings.code_seconds, &mut ceilings.http_seconds]) {
            if let Some(text) = read(name).filter(|text| !text.is_empty()) {
                *seconds = text.trim().parse().map_err(|_| format!("{name} is {text:?}: give seconds, such as 900"))?;
            }
        }
        ceilings.check().map(|()| ceilings)
    }

    /// Refuses a ceiling under which nothing could run, or which is none.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, seconds) in VARIABLES.into_iter().zip([self.code_seconds, self.http_seconds]) {
            if !(LEAST_SECONDS..=MOST_ATTEMPT_SECONDS).contains(&seconds) {
                return Err(format!("{name} is {seconds}: give {LEAST_SECONDS} to {MOST_ATTEMPT_SECONDS} seconds"));
            }
        }
        Ok(())
    }

    /// The time of an attempt whose document asks for `asked` seconds.
    pub(crate) fn bound(&self, work: &Work, asked: f64) -> Bound {
        let (most, variable) = match work {
            Work::Code(_) => (self.code_seconds, VARIABLES[0]),
            Work::Http(_) | Work::Model(_) | Work::Mcp(_) => (self.http_seconds, VARIABLES[1]),
        };
        // `Duration` takes no NaN.
        let asked = if asked.is_nan() { NODE_SECONDS } else { asked.max(LEAST_SECONDS) };
        Bound { limit: Duration::from_secs_f64(asked.min(most)), cut: (asked > most).then_some((most, variable)) }
    }
}

impl Bound {
    /// Says of an attempt that the ceiling ended how it can get more time: its `timeout_seconds` does not help.
    pub fn explain(&self, outcome: &mut Outcome) {
        let Some(why) = self.ceiling() else { return };
        if let Outcome::Unknown(failure) | Outcome::Failed(failure) = outcome
            && failure.code == "timeout"
        {
            failure.message = why;
        }
    }

    /// How an attempt can get more time where the ceiling is what bounds it; none where its document does.
    pub fn ceiling(&self) -> Option<String> {
        let (most, variable) = self.cut?;
        Some(format!(
            "this host stops such an attempt after {most} s, whatever its timeout_seconds: do less at once, or let the \
             operator raise {variable}"
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::Map;
    use stepwell_core::task::{CodeTask, Failure};

    fn code() -> Work {
        Work::Code(CodeTask { code: String::new(), names: Map::new() })
    }

    #[test]
    fn no_document_gets_more_than_the_ceiling_and_is_told_so() {
        let ceilings = Ceilings::default();
        for asked in [86_400.0, MOST_ATTEMPT_SECONDS, f64::INFINITY] {
            let bound = ceilings.bound(&code(), asked);
            assert_eq!(bound.limit, Duration::from_secs(900));
            let mut outcome = Outcome::Unknown(Failure::new("timeout", "raise timeout_seconds"));
            bound.explain(&mut outcome);
            assert!(matches!(outcome, Outcome::Unknown(it) if it.message.contains("STEPWELL_MAX_CODE_SECONDS")));
        }
        assert_eq!(ceilings.bound(&code(), 5.0).limit, Duration::from_secs(5));
        assert_eq!(ceilings.bound(&code(), f64::NAN).limit, Duration::from_secs(30));
        assert_eq!(ceilings.bound(&code(), -1.0).limit, Duration::from_millis(1));
    }

    #[test]
    fn an_operator_sets_ceilings_in_seconds() {
        let set = |value: &str| Ceilings::read(|name| (name == VARIABLES[0]).then(|| value.to_owned()));
        assert_eq!(set("60").unwrap(), Ceilings { code_seconds: 60.0, ..Ceilings::default() });
        assert_eq!(set("").unwrap(), Ceilings::default());
        for wrong in ["0", "-1", "NaN", "1e99", "15m"] {
            assert!(set(wrong).is_err(), "{wrong}");
        }
    }
}
