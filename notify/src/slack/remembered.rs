//! What was looked up in Slack, for a while: few calls are allowed in a minute.

use crate::limits::{SLACK_REMEMBER, SLACK_REMEMBERED};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Values by name, each for [`SLACK_REMEMBER`], and [`SLACK_REMEMBERED`] of them.
#[derive(Default)]
pub(super) struct Remembered {
    known: Mutex<HashMap<String, (String, Instant)>>,
}

impl Remembered {
    /// The value of a name, where it is known and not too old.
    pub fn get(&self, name: &str, now: Instant) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// Keeps a value. Where there is no room, what is too old goes, and then all: it can be looked up again.
    pub fn put(&self, name: &str, value: &str, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SLACK_REMEMBERED && !known.contains_key(name) {
            known.retain(|_, (_, until)| now < *until);
            if known.len() >= SLACK_REMEMBERED {
                known.clear();
            }
        }
        known.insert(name.to_owned(), (value.to_owned(), now + SLACK_REMEMBER));
    }

    /// Forgets a value that proved wrong.
    pub fn forget(&self, name: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_old_is_looked_up_again_and_the_room_is_bounded() {
        let (known, now) = (Remembered::default(), Instant::now());
        known.put("U1", "ana@example.com", now);
        assert_eq!(known.get("U1", now).as_deref(), Some("ana@example.com"));
        assert_eq!(known.get("U1", now + SLACK_REMEMBER), None);
        for number in 0..3 * SLACK_REMEMBERED {
            known.put(&number.to_string(), "x", now + Duration::from_secs(1));
        }
        assert!(known.known.lock().is_ok_and(|known| known.len() <= SLACK_REMEMBERED));
        known.put("U1", "ana@example.com", now);
        known.forget("U1");
        assert_eq!(known.get("U1", now), None);
    }
}
