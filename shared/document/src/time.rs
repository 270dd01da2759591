//! Time is an argument everywhere in the rules: hosts read the clock, the rules never do.

use expression::Moment;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, ops::Add, time::Duration};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z. Journals hold it as that number; as text it is RFC 3339 in
/// UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads RFC 3339 text with any offset, of the years 1 to 9999; none where the text is no such time. Parts of a
    /// millisecond are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        i64::try_from(Moment::parse(text)?.since_epoch().as_millis()).ok().map(Self)
    }

    /// The time from `earlier` until this moment; zero where `earlier` is later.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// This moment plus a number of seconds, rounded up to a millisecond. Beyond the range it stops at the last moment.
    pub fn after_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * 1000.0).ceil() as i64))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, d: Duration) -> Time {
        Self(self.0.saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Moment::after_epoch(SignedDuration::from_millis(self.0)) {
            Some(moment) => write!(f, "{moment:.3}"),
            None => write!(f, "+{}ms", self.0),
        }
    }
}

/// The name under which a moment is serialized, as a newtype around its milliseconds. JSON has the number alone; a
/// serializer that shows moments in another way recognises them by this name.
pub const NAME: &str = "Time";

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_newtype_struct(NAME, &self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        i64::deserialize(d).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_and_writes_rfc_3339() {
        let time = Time::parse("2026-11-21T10:00:00.250+01:00").unwrap_or_default();
        assert_eq!(time.to_string(), "2026-11-21T09:00:00.250Z");
        for text in ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"] {
            assert_eq!(Time::parse(text).unwrap_or_default().to_string(), text);
        }
        for text in ["yesterday", "2026-11-21T10:00:00+0100", "2026-11-21T10:00:00+24:00"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
