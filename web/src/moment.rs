//! Moments as people read them: in UTC, with how far away they are. The script of the pages shows the reader's own zone.

use document::time::Time;
use jiff::Timestamp;
use maud::{Markup, html};

/// A moment, in words and for programs.
pub fn moment(time: Time) -> Markup {
    html! { time datetime=(time) { (in_utc(time)) } }
}

/// A moment where there is little room: `31 Jan 2026, 09:00 UTC`.
pub fn brief(time: Time) -> Markup {
    let moment = Timestamp::from_millisecond(time.0);
    let text = moment.map_or_else(|_| time.to_string(), |moment| moment.strftime("%-d %b %Y, %H:%M UTC").to_string());
    html! { time.brief datetime=(time) { (text) } }
}

/// A moment in few characters, with its second: for lists in which many stand below each other.
pub fn stamp(time: Time) -> Markup {
    let moment = Timestamp::from_millisecond(time.0);
    let text = moment.map_or_else(|_| time.to_string(), |it| it.strftime("%-d %b %Y, %H:%M:%S UTC").to_string());
    html! { time.stamp datetime=(time) { (text) } }
}

/// A moment as text: `31 January 2026, 09:00 UTC`.
pub fn in_utc(time: Time) -> String {
    let moment = Timestamp::from_millisecond(time.0);
    moment.map_or_else(|_| time.to_string(), |moment| moment.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

/// How far a moment is from now: `in 3 hours`, `2 days ago`, `now`.
pub fn distance(time: Time, now: Time) -> String {
    let (span, ahead) = if time > now { (time.since(now), true) } else { (now.since(time), false) };
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let whole = units.iter().find(|(_, seconds)| span.as_secs() >= *seconds);
    let found = whole.map(|(word, seconds)| (*word, (span.as_secs() + seconds / 2) / seconds));
    // What comes to a whole one of the next unit is told by that.
    let found = match found {
        Some(("hour", 24)) => Some(("day", 1)),
        Some(("minute", 60)) => Some(("hour", 1)),
        other => other,
    };
    match found {
        None => if ahead { "in less than a minute" } else { "just now" }.to_owned(),
        Some((word, count)) => {
            let plural = if count == 1 { "" } else { "s" };
            if ahead { format!("in {count} {word}{plural}") } else { format!("{count} {word}{plural} ago") }
        }
    }
}

/// How long there is until a deadline, for whoever is to keep it: `answer within 2 hours`.
pub fn within(deadline: Time, now: Time) -> String {
    let told = distance(deadline, now);
    match told.strip_prefix("in ") {
        Some(left) => format!("answer within {}", left.trim_start_matches("less than ")),
        None => format!("was to be answered {told}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc_and_by_its_distance() {
        let now = Time::parse("2026-01-31T09:00:00Z").unwrap_or_default();
        assert_eq!(in_utc(now), "31 January 2026, 09:00 UTC");
        assert_eq!(
            moment(now).into_string(),
            "<time datetime=\"2026-01-31T09:00:00.000Z\">31 January 2026, 09:00 UTC</time>"
        );
        for (seconds, told) in [
            (0, "just now"),
            (59, "in less than a minute"),
            (60, "in 1 minute"),
            (7_200, "in 2 hours"),
            (7_199, "in 2 hours"),
            (86_399, "in 1 day"),
            (3_599, "in 1 hour"),
            (200_000, "in 2 days"),
            (-59, "just now"),
            (-3_600, "1 hour ago"),
        ] {
            assert_eq!(distance(Time(now.0 + seconds * 1000), now), told);
        }
    }
}
