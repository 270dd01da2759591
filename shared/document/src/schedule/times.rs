//! When a `schedule_trigger` starts the next execution. Pure: hosts hand in the time.
//!
//! Cron fields are read on the wall clock of the time zone. Where the clock is set, a fixed time comes once all the same
//! (`wall_clock`), and what repeats (`*`, `*/n`, among seconds, minutes or hours) goes by the time that passes.

use super::wall_clock;
use crate::{limits, time::Time};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// How a host looks for due times, which tells those that it missed from those that it takes up late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Since when the host has been looking. Earlier due times were missed.
    pub awake: Time,
    /// Seconds after which a due time that is found only then was missed.
    pub late_seconds: u64,
}

impl Watch {
    /// The watch of a process that sleeps until the next due time and was started at `awake`.
    pub fn since(awake: Time) -> Self {
        Self { awake, late_seconds: limits::SCHEDULE_LATE_SECONDS }
    }

    /// The watch of a host that a clock outside wakes once a minute. The clock does not stop, so only lateness counts.
    pub fn each_minute() -> Self {
        Self { awake: Time(0), late_seconds: limits::SCHEDULE_TICK_LATE_SECONDS }
    }

    /// Whether the host was not looking when a due time came.
    fn missed(self, scheduled_at: Time, now: Time) -> bool {
        scheduled_at < self.awake || now.since(scheduled_at).as_secs() >= self.late_seconds
    }
}

/// What is to be done about a due time that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whether an execution starts, with the due time in its input as `scheduled_at`.
    pub starts: bool,
    /// The due time after it; none where there is no later one.
    pub next_at: Option<Time>,
}

/// Config of a `schedule_trigger`, which has one of `cron` and `every_seconds`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleTrigger {
    /// Cron expression of five fields, or of six with seconds first.
    pub cron: Option<String>,
    /// Seconds from one due time to the next, at least 1.
    pub every_seconds: Option<f64>,
    /// IANA name of the time zone in which `cron` is read; UTC where absent.
    pub timezone: Option<String>,
    /// Whether one execution makes up for all due times that were missed (`missed` is `run_once`).
    pub run_missed_once: bool,
}

impl ScheduleTrigger {
    /// The first due time later than `after`; none where there is none. An interval is counted from `anchor`, which is
    /// an earlier due time or the time at which the workflow was saved; for cron it does not matter.
    pub fn next(&self, anchor: Time, after: Time) -> Option<Time> {
        match (&self.cron, self.every_seconds) {
            (Some(text), _) => {
                let (cron, zone) = (cron(text).ok()?, zone(self.timezone.as_deref())?);
                if wall_clock::is_fixed(text) {
                    wall_clock::next(&cron, &zone, after)
                } else {
                    next_cron(&cron, &zone, after)
                }
            }
            (None, Some(seconds)) => Some(next_interval(seconds, anchor, after)),
            (None, None) => None,
        }
    }

    /// What is to be done at `now` about the due time `scheduled_at`. If the host missed it, all due times up to `now`
    /// are passed over: `skip` starts nothing for them, and `run_once` starts one execution for all of them together.
    pub fn due(&self, scheduled_at: Time, watch: Watch, now: Time) -> Due {
        let missed = watch.missed(scheduled_at, now);
        let after = if missed { now.max(scheduled_at) } else { scheduled_at };
        Due { starts: !missed || self.run_missed_once, next_at: self.next(scheduled_at, after) }
    }

    /// Whether another schedule has the same due times. A workflow that is saved again with these keeps its next due
    /// time.
    pub fn same_times(&self, other: &Self) -> bool {
        (&self.cron, self.every_seconds, &self.timezone) == (&other.cron, other.every_seconds, &other.timezone)
    }
}

/// Reads a cron expression of five fields, or six with seconds first.
///
/// # Errors
/// What is wrong with the expression, for people.
pub(crate) fn cron(text: &str) -> Result<Cron, String> {
    // No schedule needs a longer text, so the parser is spared it.
    if text.len() > limits::CRON_BYTES {
        return Err("it is too long".into());
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|_| unread(text))?;
    if next_cron(&cron, &TimeZone::UTC, Time(0)).is_none() {
        return Err("no day ever matches it".into());
    }
    Ok(cron)
}

/// The fields of a cron expression, with the least and the greatest number of each.
const FIELDS: [(&str, u64, u64); 6] =
    [("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];

/// Why a text is no cron expression. The parser's own words name what it may be set to, which nobody can set here.
fn unread(text: &str) -> String {
    let written: Vec<&str> = text.split_whitespace().collect();
    let Some(left_out) = FIELDS.len().checked_sub(written.len()).filter(|left_out| *left_out < 2) else {
        return format!("it has {} fields", written.len());
    };
    for ((name, least, most), field) in FIELDS.iter().skip(left_out).zip(written) {
        let numbers = field.split(',').flat_map(|part| part.split('/').next().unwrap_or_default().split('-'));
        if let Some(wrong) = numbers.filter_map(|one| one.parse().ok()).find(|one: &u64| one < least || one > most) {
            return format!("the {name} is {wrong}, and is from {least} to {most}");
        }
    }
    "a field of it cannot be read".into()
}

/// The time zone of an IANA name, and UTC without a name; none where no zone has the name.
pub(crate) fn zone(name: Option<&str>) -> Option<TimeZone> {
    match name {
        None => Some(TimeZone::UTC),
        Some(name) => TimeZone::get(name).ok(),
    }
}

/// The first time later than `after` that a cron expression matches on the wall clock of a zone.
fn next_cron(cron: &Cron, zone: &TimeZone, after: Time) -> Option<Time> {
    let after = Zoned::new(Timestamp::from_millisecond(after.0).ok()?, zone.clone());
    let next = cron.find_next_occurrence(&after, false).ok()?;
    // A fixed time that the clock skips is moved to the end of the gap. Should that not be later than `after`, the same
    // time would be due for ever, so it counts as none.
    let next = Time(next.timestamp().as_millisecond());
    (next.0 > after.timestamp().as_millisecond()).then_some(next)
}

/// The first time later than `after` that is a whole number of intervals, at least one, after `anchor`.
fn next_interval(seconds: f64, anchor: Time, after: Time) -> Time {
    let step = ((seconds * 1000.0).round() as i64).max(1);
    let passed = after.0.saturating_sub(anchor.0).max(-1).div_euclid(step) + 1;
    Time(anchor.0.saturating_add(passed.max(1).saturating_mul(step)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn daily(cron: &str, timezone: &str) -> ScheduleTrigger {
        let timezone = Some(timezone.to_owned());
        ScheduleTrigger { cron: Some(cron.into()), every_seconds: None, timezone, run_missed_once: false }
    }

    fn every(seconds: f64, run_missed_once: bool) -> ScheduleTrigger {
        ScheduleTrigger { cron: None, every_seconds: Some(seconds), timezone: None, run_missed_once }
    }

    /// The due times that follow a given time, in UTC.
    fn times(schedule: &ScheduleTrigger, after: &str, count: usize) -> Vec<String> {
        let mut found = vec![at(after)];
        for _ in 0..count {
            let last = found[found.len() - 1];
            found.push(schedule.next(last, last).unwrap());
        }
        found[1..].iter().map(|time| time.to_string().replace(":00.000Z", "")).collect()
    }

    #[test]
    fn fields_are_read_in_the_time_zone() {
        let berlin = daily("0 9 * * MON-FRI", "Europe/Berlin");
        // Friday the 20th, then Monday; winter time.
        assert_eq!(times(&berlin, "2026-11-19T09:00:00Z", 2), ["2026-11-20T08:00", "2026-11-23T08:00"]);
        let tokyo = daily("30 0 9 * * *", "Asia/Tokyo");
        assert_eq!(tokyo.next(Time(0), at("2026-01-01T00:00:30Z")), Some(at("2026-01-02T00:00:30Z")));
    }

    #[test]
    fn a_time_is_never_its_own_successor_and_fractions_of_a_second_do_not_matter() {
        let minutely = daily("* * * * *", "UTC");
        assert_eq!(times(&minutely, "2026-01-01T00:00:00.001Z", 2), ["2026-01-01T00:01", "2026-01-01T00:02"]);
        let secondly = daily("* * * * * *", "UTC");
        assert_eq!(secondly.next(Time(0), Time(1_500)), Some(Time(2_000)));
        assert_eq!(secondly.next(Time(0), Time(1_999)), Some(Time(2_000)));
        assert_eq!(secondly.next(Time(0), Time(2_000)), Some(Time(3_000)));
    }

    /// Berlin, 29 March 2026: after 01:59 comes 03:00 (01:00 UTC).
    #[test]
    fn a_time_that_the_clock_skips_comes_once_that_day() {
        let night = daily("30 2 * * *", "Europe/Berlin");
        let found = times(&night, "2026-03-28T00:00:00Z", 3);
        assert_eq!(found, ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]);
        let hourly = daily("0 * * * *", "Europe/Berlin");
        assert_eq!(times(&hourly, "2026-03-29T00:00:00Z", 2), ["2026-03-29T01:00", "2026-03-29T02:00"]);
    }

    /// Berlin, 25 October 2026: after 02:59 comes 02:00 again (01:00 UTC).
    #[test]
    fn a_time_that_the_clock_repeats_comes_once_and_intervals_go_on() {
        let night = daily("30 2 * * *", "Europe/Berlin");
        assert_eq!(times(&night, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30", "2026-10-26T01:30"]);
        let half = daily("*/30 * * * *", "Europe/Berlin");
        let found = times(&half, "2026-10-24T23:59:00Z", 5);
        assert_eq!(
            found,
            ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"]
        );
    }

    #[test]
    fn every_zone_goes_forward_all_year() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"] {
            for cron in ["15 2 * * *", "*/20 1-3 * * *", "0 0 * * *"] {
                let schedule = daily(cron, zone);
                let (mut last, end) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
                let mut count = 0;
                while last < end {
                    let next = schedule.next(last, last).unwrap();
                    assert!(next > last, "{zone} {cron}: {next} after {last}");
                    (last, count) = (next, count + 1);
                }
                let daily = if cron.starts_with("*/20") { 9 } else { 1 };
                assert!((365 * daily - 4..=365 * daily + 8).contains(&count), "{zone} {cron}: {count}");
            }
        }
    }

    #[test]
    fn intervals_keep_their_phase() {
        let schedule = every(2.5, false);
        assert_eq!(schedule.next(Time(100), Time(100)), Some(Time(2_600)));
        assert_eq!(schedule.next(Time(100), Time(2_599)), Some(Time(2_600)));
        assert_eq!(schedule.next(Time(100), Time(60_000)), Some(Time(60_100)));
        assert_eq!(schedule.next(Time(100), Time(0)), Some(Time(2_600)), "a clock that was set back");
    }

    #[test]
    fn what_was_missed_is_skipped_or_made_up_for_once() {
        let (watch, now) = (Watch::since(Time(100_000)), Time(100_500));
        let next_at = Some(Time(101_000));
        assert_eq!(every(1.0, false).due(Time(10_000), watch, now), Due { starts: false, next_at });
        assert_eq!(every(1.0, true).due(Time(10_000), watch, now), Due { starts: true, next_at });
        assert_eq!(every(1.0, false).due(Time(100_000), watch, now), Due { starts: true, next_at }, "in time");
        // The machine slept for two minutes.
        let slept = Time(220_500);
        let next_at = Some(Time(221_000));
        assert_eq!(every(1.0, false).due(Time(101_000), watch, slept), Due { starts: false, next_at });
        // A clock that was set back: the time has come before, and does not come again.
        assert_eq!(
            every(1.0, false).due(Time(90_000), Watch::since(Time(80_000)), Time(85_000)).next_at,
            Some(Time(91_000))
        );
    }

    #[test]
    fn a_minute_between_two_looks_misses_nothing() {
        let (hourly, watch) = (every(3600.0, false), Watch::each_minute());
        let at = Time(1_700_000_000_000);
        let next_at = Some(at.after_seconds(3600.0));
        for (late, starts) in [(0.0, true), (61.0, true), (299.0, true), (300.0, false)] {
            let due = hourly.due(at, watch, at.after_seconds(late));
            assert_eq!((due.starts, due.next_at), (starts, next_at), "{late} s late");
        }
    }

    #[test]
    fn what_never_comes_is_no_schedule() {
        assert!(cron("0 0 30 2 *").unwrap_err().contains("no day"));
        assert!(cron("0 0 29 2 *").is_ok());
        assert!(cron("0 0 0 1 1 * 2030").is_err(), "seven fields");
        assert!(cron("* * * *").is_err(), "four fields");
        for (text, why) in [
            ("0 25 * * *", "the hour is 25, and is from 0 to 23"),
            ("0 61 * * * *", "the minute is 61, and is from 0 to 59"),
            ("0 8-24 * * *", "the hour is 24, and is from 0 to 23"),
            ("0 0 0,15 * *", "the day is 0, and is from 1 to 31"),
            ("* * * *", "it has 4 fields"),
            ("", "it has 0 fields"),
            ("*/0 * * * *", "a field of it cannot be read"),
            ("0 0 * * FOO", "a field of it cannot be read"),
        ] {
            assert_eq!(cron(text).unwrap_err(), why, "{text}");
        }
    }
}
