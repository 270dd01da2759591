//! Moments, as CEL has them: from year 1 to year 9999, to the nanosecond.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use std::fmt;

/// The first moment of CEL's range. The last one is the last that a [`DateTime`] can show.
const FIRST: DateTime = DateTime::constant(1, 1, 1, 0, 0, 0, 0);
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
/// A second as it is counted before a leap second is.
const LAST_SECOND: i16 = 59;

/// A moment from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. As text it is RFC 3339 in UTC.
///
/// It is kept as what clocks in UTC show: the timestamps of the crate jiff end two days before CEL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(DateTime);

impl Moment {
    /// Reads RFC 3339: date and time with `T` or a space between them, and `Z` or an offset such as `+02:00`, of less
    /// than a day. Digits beyond nanoseconds are dropped, and a leap second counts as the second before it. None where
    /// the text is something else, or out of range.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = digits(text, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (hour, rest) = digits(rest.strip_prefix(['T', 't', ' '])?, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (nanosecond, rest) = fraction(rest)?;
        let ahead = if rest.eq_ignore_ascii_case("z") { 0 } else { offset(rest)? };
        let second = if second == LAST_SECOND + 1 { LAST_SECOND } else { second };
        let [month, day, hour, minute, second] =
            [month, day, hour, minute, second].map(|number| i8::try_from(number).unwrap_or(i8::MAX));
        let shown = DateTime::new(year, month, day, hour, minute, second, nanosecond).ok()?;
        Self::shown(shown.checked_sub(SignedDuration::from_secs(ahead.into())).ok()?)
    }

    /// The moment so long after 1970-01-01T00:00:00Z; none where it is out of range.
    pub fn after_epoch(span: SignedDuration) -> Option<Self> {
        Self(EPOCH).plus(span)
    }

    /// The time since 1970-01-01T00:00:00Z; negative before it.
    pub fn since_epoch(self) -> SignedDuration {
        self.since(Self(EPOCH))
    }

    /// The time from another moment until this one; negative where the other one is later.
    pub(crate) fn since(self, other: Self) -> SignedDuration {
        self.0.duration_since(other.0)
    }

    /// This moment moved by some time; none where that is out of range.
    pub(crate) fn plus(self, span: SignedDuration) -> Option<Self> {
        Self::shown(self.0.checked_add(span).ok()?)
    }

    /// What clocks of a time zone show at the moment; none where that is out of range.
    pub(crate) fn in_zone(self, zone: &TimeZone) -> Option<DateTime> {
        // In the last days of the range, clocks are as far ahead as at the last moment that the time zone knows.
        let near = Timestamp::from_duration(self.since_epoch()).unwrap_or(Timestamp::MAX);
        self.0.checked_add(SignedDuration::from_secs(zone.to_offset(near).seconds().into())).ok()
    }

    fn shown(in_utc: DateTime) -> Option<Self> {
        (in_utc >= FIRST).then_some(Self(in_utc))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        f.write_str("Z")
    }
}

/// The time zone of an IANA name or of an offset such as `+02:00`, whose sign may be left out; none where there is no
/// such zone.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let ahead = match name.as_bytes().first()? {
        b'-' | b'+' => offset(name)?,
        b'0'..=b'9' => offset(&format!("+{name}"))?,
        _ => return TimeZone::get(name).ok(),
    };
    Offset::from_seconds(ahead).ok().map(TimeZone::fixed)
}

/// The seconds that clocks are ahead of UTC where `+02:00` is said, from `-23:59` to `+23:59`.
fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    (hours < 24 && minutes < 60 && rest.is_empty()).then_some(sign * seconds)
}

/// The number that a text begins with, of so many digits, and what follows it.
fn digits(text: &str, count: usize) -> Option<(i16, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((number.parse().ok()?, rest))
}

/// The nanoseconds of a fraction of a second that a text may begin with, and what follows it.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, text)) };
    let (digits, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let kept = &digits[..digits.len().min(9)];
    Some((format!("{kept:0<9}").parse().ok().filter(|_| !kept.is_empty())?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_reads_rfc_3339_and_nothing_else() {
        for (text, told) in [
            ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z"),
            ("2026-01-31t09:00:00z", "2026-01-31T09:00:00Z"),
            ("2026-01-31 09:00:00+01:00", "2026-01-31T08:00:00Z"),
            ("2026-01-31T09:00:00.25-23:59", "2026-02-01T08:59:00.25Z"),
            ("2026-01-31T09:00:00.1234567891Z", "2026-01-31T09:00:00.123456789Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
            ("9999-12-31T23:59:59-00:00", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Moment::parse(text).map(|moment| moment.to_string()).as_deref(), Some(told), "{text}");
        }
        for text in [
            "",
            "soon",
            "2026-01-31",
            "2026-01-31T09:00:00",
            "2026-01-31T09:00Z",
            "20260131T090000Z",
            "2026-02-30T09:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T09:00:61Z",
            "2026-01-31T09:00:00.Z",
            "2026-01-31T09:00:00+0100",
            "2026-01-31T09:00:00+01",
            "2026-01-31T09:00:00+24:00",
            "2026-01-31T09:00:00+01:60",
            "2026-01-31T09:00:00+01:00:00",
            "2026-01-31T09:00:00Z[UTC]",
            "+2026-01-31T09:00:00Z",
            "2026-01-31T09:00:00ZZ",
            " 2026-01-31T09:00:00Z",
            "２026-01-31T09:00:00Z",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_leaves_the_range() {
        let (first, last) =
            (Moment::parse("0001-01-01T00:00:00Z").unwrap(), Moment::parse("9999-12-31T23:59:59.999999999Z").unwrap());
        let tick = SignedDuration::from_nanos(1);
        assert_eq!((first.plus(-tick), last.plus(tick)), (None, None));
        assert_eq!(Moment::after_epoch(last.since_epoch()), Some(last));
        assert_eq!(Moment::after_epoch(first.since_epoch()), Some(first));
        let berlin = zone("Europe/Berlin").unwrap();
        assert_eq!(last.plus(SignedDuration::from_hours(-1)).and_then(|it| it.in_zone(&berlin)).unwrap().day(), 31);
        assert_eq!(last.in_zone(&berlin), None, "clocks there show the year 10000");
    }
}
