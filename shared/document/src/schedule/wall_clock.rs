//! Fixed times on the wall clock of a zone whose clock is set forward or back. Each comes once on each of its days: at
//! the first moment after the gap where the clock skips it, and the first time where the clock repeats it.

use crate::time::Time;
use croner::Cron;
use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// Whether a cron expression names its times of day one by one, by values, lists and ranges. With a `*` or a step among
/// seconds, minutes or hours it means what repeats, which goes by the time that passes.
pub(super) fn is_fixed(text: &str) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    // The last two or three of the fields are dates: day, month, day of the week.
    let times = fields.len().saturating_sub(3);
    !fields[..times].iter().any(|field| field.contains(['*', '/', '?']))
}

/// The first moment later than `after` at which the clock shows, or would have shown, a time that matches.
pub(super) fn next(cron: &Cron, zone: &TimeZone, after: Time) -> Option<Time> {
    let after = Timestamp::from_millisecond(after.0).ok()?;
    // The times are looked for on a clock that is never set, so none is skipped or repeated there. What the clock showed
    // at `after` has come before: a later time on that clock is never an earlier moment.
    let mut shown = zone.to_datetime(after);
    loop {
        let found = cron.find_next_occurrence(&shown.to_zoned(TimeZone::UTC).ok()?, false).ok()?;
        shown = found.datetime();
        let moment = moment(zone, shown)?;
        // In the second of two equal hours the times of the first are past.
        if moment > after {
            return Some(Time(moment.as_millisecond()));
        }
    }
}

/// When the clock shows a time for the first time, or the end of the gap that holds it.
fn moment(zone: &TimeZone, shown: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
        AmbiguousOffset::Gap { before, .. } => {
            // Had the clock not been set, it would show this time after the moment at which it was.
            let unset = before.to_timestamp(shown).ok()?;
            let set = zone.preceding(unset.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?).next()?;
            Some(set.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::times::ScheduleTrigger;
    use super::*;

    /// The moments in UTC at which a schedule is due between two others.
    fn due(cron: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
        let timezone = Some(zone.to_owned());
        let schedule = ScheduleTrigger { cron: Some(cron.into()), timezone, ..ScheduleTrigger::default() };
        let (mut last, end) = (Time::parse(from).unwrap(), Time::parse(to).unwrap());
        let next = |last| schedule.next(last, last).filter(|next| *next < end);
        let all = std::iter::from_fn(|| next(last).inspect(|next| last = *next));
        all.map(|time| time.to_string().replace(":00.000Z", "")).collect()
    }

    #[test]
    fn times_in_a_list_come_once_where_the_clock_skips_them() {
        // Berlin, 29 March 2026: after 01:59 comes 03:00, which is 01:00 in UTC.
        let found = due("0 2,14 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(found, ["2026-03-29T01:00", "2026-03-29T12:00"]);
        let found = due("0 1-4 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(
            found,
            ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"],
            "02:00 and 03:00 are one moment"
        );
        let found = due("0 15,45 2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(found, ["2026-03-29T01:00"], "with seconds");
    }

    #[test]
    fn times_in_a_list_come_once_where_the_clock_repeats_them() {
        // New York, 1 November 2026: after 01:59 (05:59 in UTC) comes 01:00 again.
        let found = due("15,45 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
        assert_eq!(found, ["2026-11-01T05:15", "2026-11-01T05:45"]);
        let found = due("0 0-3 * * *", "America/New_York", "2026-11-01T03:59:00Z", "2026-11-02T05:00:00Z");
        assert_eq!(found, ["2026-11-01T04:00", "2026-11-01T05:00", "2026-11-01T07:00", "2026-11-01T08:00"]);
    }

    #[test]
    fn what_repeats_goes_by_the_time_that_passes() {
        let found = due("0 * * * *", "America/New_York", "2026-11-01T04:30:00Z", "2026-11-01T08:30:00Z");
        assert_eq!(found, ["2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T07:00", "2026-11-01T08:00"]);
        for (text, fixed) in
            [("0 2 * * *", true), ("*/5 2 * * *", false), ("0 2-8/2 * * *", false), ("5 0 2 * * 1", true)]
        {
            assert_eq!(is_fixed(text), fixed, "{text}");
        }
    }

    #[test]
    fn every_fixed_time_comes_once_a_day_in_every_zone() {
        let zones =
            ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns"];
        for zone in zones {
            for (cron, most) in [("30 2 * * *", 365), ("0 0,1-3,20 * * *", 365 * 5), ("7 1,2,3 * * *", 365 * 3)] {
                let count = due(cron, zone, "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z").len();
                // Times within one gap are one moment, and a gap has an hour at most.
                assert!((most - 2..=most).contains(&count), "{zone} {cron}: {count} of {most}");
            }
        }
    }

    #[test]
    fn a_day_that_a_zone_leaves_out_comes_at_its_end() {
        // Samoa had no 30 December 2011: it began to count on the other side of the date line.
        let found = due("0 6 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-02T00:00:00Z");
        assert_eq!(found, ["2011-12-30T10:00"]);
    }
}
