//! Timestamps and durations. As in CEL, months, days of the month and days of the year count from 0; the day that
//! `getDate` gives counts from 1.

use super::{
    error::Fault,
    eval::Evaluated,
    moment::{self, Moment},
    node::Operator,
    value::Val,
};
use crate::limits;
use jiff::{SignedDuration, tz::TimeZone};

const OVERFLOW: &str = "the time is out of range";

/// Converts text in RFC 3339, or an int of seconds since 1970, to a timestamp.
pub(super) fn timestamp<'a>(value: &Val<'a>) -> Evaluated<'a> {
    let read = match value {
        Val::Timestamp(time) => Some(*time),
        Val::Int(seconds) => Moment::after_epoch(SignedDuration::from_secs(*seconds)),
        Val::Text(text) => Moment::parse(text),
        other => return Err(Fault::error(format!("timestamp() does not take {}", other.described()))),
    };
    let fault = || Fault::error("timestamp() takes RFC 3339 of the years 1 to 9999, such as '2026-01-31T09:00:00Z'");
    read.map(Val::Timestamp).ok_or_else(fault)
}

/// The whole seconds since 1970 at a moment, as `int()` gives them.
pub(super) fn seconds(moment: Moment) -> i64 {
    let span = moment.since_epoch();
    span.as_secs() - i64::from(span.subsec_nanos() < 0)
}

/// Converts text that is a sum of numbers with units, such as `-1h30m` or `1.5s`, to a duration.
pub(super) fn duration<'a>(value: &Val<'a>) -> Evaluated<'a> {
    match value {
        Val::Duration(_) => Ok(value.clone()),
        Val::Text(text) => parse(text)
            .map(Val::Duration)
            .ok_or_else(|| Fault::error("duration() takes numbers with units h, m, s, ms, us, ns, such as '1h30m'")),
        other => Err(Fault::error(format!("duration() does not take {}", other.described()))),
    }
}

/// Reads a duration as Go writes it, which CEL follows; none where the text is no duration or is out of range.
fn parse(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    // A zero alone needs no unit.
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    // Every other number is read with its unit and added up in nanoseconds.
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let (unit, length): (i128, _) = match tail {
            t if t.starts_with("ms") => (1_000_000, 2),
            t if t.starts_with("us") => (1_000, 2),
            t if t.starts_with("ns") => (1, 2),
            t if t.starts_with('h') => (3_600_000_000_000, 1),
            t if t.starts_with('m') => (60_000_000_000, 1),
            t if t.starts_with('s') => (1_000_000_000, 1),
            _ => return None,
        };
        // The whole part is exact; only the fraction, which is rounded to nanoseconds, goes through a double.
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.len() > 30 || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = format!("0.{fraction}0").parse::<f64>().ok()? * unit as f64;
        nanos = nanos.checked_add(whole.checked_mul(unit)?)?.checked_add(part.round() as i128)?;
        rest = &tail[length..];
    }
    let seconds = i64::try_from(nanos / 1_000_000_000).ok()?;
    let duration = SignedDuration::new(seconds, (nanos % 1_000_000_000) as i32);
    bounded(if negative { duration.checked_neg()? } else { duration })
}

/// A duration that is in range.
fn bounded(span: SignedDuration) -> Option<SignedDuration> {
    (-limits::LONGEST_DURATION..=limits::LONGEST_DURATION).contains(&span).then_some(span)
}

/// The text of a timestamp, in RFC 3339, or of a duration, in seconds such as `5400s`; none for other values.
pub(super) fn text(value: &Val<'_>) -> Option<String> {
    match value {
        Val::Timestamp(time) => Some(time.to_string()),
        Val::Duration(span) => {
            let sign = if span.is_negative() { "-" } else { "" };
            let nanos = format!("{:09}", span.subsec_nanos().unsigned_abs());
            let fraction = nanos.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            Some(format!("{sign}{}{point}{fraction}s", span.as_secs().unsigned_abs()))
        }
        _ => None,
    }
}

/// The sum of a timestamp and a duration, or of two durations; none for operands of other types.
pub(super) fn add<'a>(a: &Val<'a>, b: &Val<'a>) -> Option<Evaluated<'a>> {
    let sum = match (a, b) {
        (Val::Timestamp(time), Val::Duration(span)) | (Val::Duration(span), Val::Timestamp(time)) => {
            time.plus(*span).map(Val::Timestamp)
        }
        (Val::Duration(a), Val::Duration(b)) => a.checked_add(*b).and_then(bounded).map(Val::Duration),
        _ => return None,
    };
    Some(sum.ok_or_else(|| Fault::error(OVERFLOW)))
}

/// The difference of two timestamps, of a timestamp and a duration, or of two durations; none for other operators and
/// for operands of other types.
pub(super) fn subtract<'a>(operator: Operator, a: &Val<'a>, b: &Val<'a>) -> Option<Evaluated<'a>> {
    if operator != Operator::Subtract {
        return None;
    }
    let difference = match (a, b) {
        (Val::Timestamp(a), Val::Timestamp(b)) => Some(Val::Duration(a.since(*b))),
        (Val::Timestamp(time), Val::Duration(span)) => time.plus(-*span).map(Val::Timestamp),
        (Val::Duration(a), Val::Duration(b)) => a.checked_sub(*b).and_then(bounded).map(Val::Duration),
        _ => return None,
    };
    Some(difference.ok_or_else(|| Fault::error(OVERFLOW)))
}

/// A part of a time. Of a duration, hours, minutes and seconds are the whole duration in that unit, truncated, while
/// milliseconds are those beyond its whole seconds (CEL spec).
#[derive(Clone, Copy)]
pub(super) enum Part {
    Year,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// Reads a part of a timestamp, in UTC or in the time zone of the second argument, or of a duration.
pub(super) fn part<'a>(a: &[Val<'a>], part: Part) -> Evaluated<'a> {
    match (&a[0], a.get(1)) {
        (Val::Timestamp(time), zone) => {
            let zone = match zone {
                None => TimeZone::UTC,
                Some(Val::Text(name)) => moment::zone(name).ok_or_else(|| Fault::error("this time zone is unknown"))?,
                Some(other) => return Err(Fault::error(format!("a time zone is a string, not {}", other.described()))),
            };
            let local = time.in_zone(&zone).ok_or_else(|| Fault::error(OVERFLOW))?;
            Ok(Val::Int(i64::from(match part {
                Part::Year => local.year(),
                Part::Month => i16::from(local.month()) - 1,
                Part::Date => i16::from(local.day()),
                Part::DayOfMonth => i16::from(local.day()) - 1,
                Part::DayOfWeek => i16::from(local.weekday().to_sunday_zero_offset()),
                Part::DayOfYear => local.day_of_year() - 1,
                Part::Hours => i16::from(local.hour()),
                Part::Minutes => i16::from(local.minute()),
                Part::Seconds => i16::from(local.second()),
                Part::Milliseconds => local.millisecond(),
            })))
        }
        (Val::Duration(span), None) => Ok(Val::Int(match part {
            Part::Hours => span.as_hours(),
            Part::Minutes => span.as_mins(),
            Part::Seconds => span.as_secs(),
            Part::Milliseconds => i64::from(span.subsec_millis()),
            _ => return Err(Fault::error("a duration has no date")),
        })),
        (other, _) => Err(Fault::error(format!(
            "a timestamp is needed here, not {}; timestamp(text) makes one",
            other.described()
        ))),
    }
}
