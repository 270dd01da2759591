//! The time axis: how long the whole is, and at which moments a mark helps.

use document::time::Time;

/// A stretch of time that is drawn from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Where it begins.
    pub begin: Time,
    /// Its length in milliseconds, 1 at least.
    pub length: i64,
}

/// Steps between marks, in milliseconds: those in which people count time.
const STEPS: [i64; 26] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    7_200_000,
    21_600_000,
    43_200_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
];
/// Marks beside the first at most, so that their labels have room on a phone.
pub const FEW: i64 = 2;
/// The same on a wider screen.
pub const SOME: i64 = 4;
/// The same where the timeline was zoomed.
pub const MANY: i64 = 24;

impl Axis {
    /// From one moment to another.
    pub fn of(begin: Time, end: Time) -> Self {
        Self { begin, length: (end.0 - begin.0).max(1) }
    }

    /// Where a moment stands, in percent.
    pub fn place(&self, time: Time) -> f64 {
        ((time.0 - self.begin.0) as f64 / self.length as f64 * 100.0).clamp(0.0, 100.0)
    }

    /// The marks, `most` beside the first: their places in percent, and what they say.
    pub fn marks(&self, most: i64) -> Vec<(f64, String)> {
        let step = STEPS.into_iter().find(|step| self.length / step <= most).unwrap_or(self.length / most);
        let word = |ix: i64| if ix == 0 { "0".to_owned() } else { after(ix * step) };
        let mark = |ix: i64| (self.place(Time(self.begin.0 + ix * step)), word(ix));
        (0..=self.length / step).map(mark).collect()
    }
}

/// A time span in few characters: `20 ms`, `3 s`, `2 min`, `1:15 min`, `5 h`, `2 d`.
pub fn after(millis: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let unit = units.into_iter().find(|(size, _)| millis >= *size);
    match unit {
        None => format!("{millis} ms"),
        // Parts of an hour and of a minute are told as clocks tell them: a tenth is nothing that people count in.
        Some((size @ (60_000 | 3_600_000), word)) if millis % size >= size / 60 => {
            format!("{}:{:02} {word}", millis / size, millis % size / (size / 60))
        }
        Some((size, word)) => {
            let number = format!("{:.1}", millis as f64 / size as f64);
            format!("{} {word}", number.strip_suffix(".0").unwrap_or(&number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_where_people_count() {
        let told = |length: i64| -> Vec<String> {
            Axis::of(Time(1_000), Time(1_000 + length)).marks(5).into_iter().map(|(_, word)| word).collect()
        };
        assert_eq!(told(42_000), ["0", "10 s", "20 s", "30 s", "40 s"]);
        assert_eq!(told(3), ["0", "1 ms", "2 ms", "3 ms"]);
        assert_eq!(told(300_000), ["0", "1 min", "2 min", "3 min", "4 min", "5 min"]);
        assert_eq!(
            [after(75_000), after(5_400_000), after(1_500), after(30_000)],
            ["1:15 min", "1:30 h", "1.5 s", "30 s"]
        );
        assert_eq!(told(2 * 86_400_000), ["0", "12 h", "1 d", "1.5 d", "2 d"]);
        assert!(told(400 * 86_400_000).len() < 20);
        assert_eq!(told(0), ["0", "1 ms"]);
        let axis = Axis::of(Time(0), Time(200));
        assert_eq!((axis.place(Time(50)), axis.place(Time(-5)), axis.place(Time(900))), (25.0, 0.0, 100.0));
    }
}
