//! Times as people read them: how long ago, or in how long. `--json` has the exact ones.

use document::time::Time;

/// Days after which a date says more than a number of days.
const DAYS: i64 = 60;

/// How long before `now` a time was, or in how long it comes: `3 min ago`, `in 2 h`. Times beyond two months are dates.
pub fn relative(at: Time, now: Time) -> String {
    let seconds = (now.0 - at.0) / 1_000;
    let span = match seconds.abs() {
        // Clocks of two machines differ by as much.
        0..2 => return "just now".into(),
        span @ 2..60 => format!("{span} s"),
        span @ 60..3_600 => format!("{} min", span / 60),
        span @ 3_600..86_400 => format!("{} h", span / 3_600),
        span => match span / 86_400 {
            1 => "1 day".into(),
            days if days <= DAYS => format!("{days} days"),
            _ => return at.to_string().chars().take("2026-01-31".len()).collect(),
        },
    };
    if seconds > 0 { format!("{span} ago") } else { format!("in {span}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_distance() {
        let now = Time(1_800_000_000_000);
        let told = |seconds: i64| relative(Time(now.0 + seconds * 1_000), now);
        assert_eq!([told(0), told(-1), told(1)], ["just now", "just now", "just now"]);
        assert_eq!([told(-30), told(-200), told(-7_300)], ["30 s ago", "3 min ago", "2 h ago"]);
        assert_eq!([told(-86_400), told(-3 * 86_400)], ["1 day ago", "3 days ago"]);
        assert_eq!([told(59), told(3_599), told(90_000)], ["in 59 s", "in 59 min", "in 1 day"]);
        assert_eq!(told(-90 * 86_400), "2026-10-17");
    }
}
