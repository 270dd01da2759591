//! Times: the range of CEL, and what is no time.

use super::{error, value};
use serde_json::json;

#[test]
fn times_reach_from_the_first_year_to_the_end_of_the_last() {
    for (source, expected) in [
        ("timestamp('0001-01-01T00:00:00Z')", json!("0001-01-01T00:00:00Z")),
        ("timestamp('9999-12-31T23:59:59.999999999Z')", json!("9999-12-31T23:59:59.999999999Z")),
        ("timestamp('9999-12-31T23:59:59Z').getDate()", json!(31)),
        ("timestamp('9999-12-31T23:59:59Z').getHours('-05:00')", json!(18)),
        ("timestamp('9999-12-31T12:00:00Z').getHours('America/New_York')", json!(7)),
        ("timestamp('0001-01-01T00:00:00Z').getFullYear('-00:01')", json!(0)),
        ("timestamp(253402300799)", json!("9999-12-31T23:59:59Z")),
        ("timestamp(-62135596800)", json!("0001-01-01T00:00:00Z")),
        ("int(timestamp('1969-12-31T23:59:59.5Z'))", json!(-1)),
        ("timestamp('9999-12-31T00:00:00Z') - timestamp('0001-01-01T00:00:00Z')", json!("315537811200s")),
        ("timestamp('9999-12-31T23:59:58Z') + duration('1s')", json!("9999-12-31T23:59:59Z")),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
    for source in [
        "timestamp('9999-12-31T23:59:59Z') + duration('1s')",
        "timestamp('0001-01-01T00:00:00Z') - duration('1ns')",
        "timestamp('0001-01-01T00:00:00Z') + duration('-1ns')",
        "timestamp('0000-12-31T23:59:59Z')",
        "timestamp('9999-12-31T23:59:59-00:01')",
        "timestamp(253402300800)",
        "timestamp(-62135596801)",
        "timestamp('9999-12-31T23:59:59Z').getFullYear('+00:01')",
        "duration('320000000000s')",
        "duration('-320000000000s')",
        "duration('200000000000s') + duration('200000000000s')",
        "duration('-200000000000s') - duration('200000000000s')",
    ] {
        assert_eq!(error(source).code, "evaluation_error", "{source}");
    }
}

#[test]
fn an_offset_has_hours_and_minutes_and_less_than_a_day() {
    assert_eq!(value("timestamp('2026-01-31T09:00:00-23:59')"), json!("2026-02-01T08:59:00Z"));
    assert_eq!(value("timestamp('2026-01-31T09:00:00Z').getHours('02:00')"), json!(11));
    for offset in ["+0100", "+01", "+24:00", "-24:00", "+25:59", "+01:60", "+1:00", "01:00"] {
        assert_eq!(error(&format!("timestamp('2026-01-31T09:00:00{offset}')")).code, "evaluation_error", "{offset}");
    }
    for zone in ["+0100", "+24:00", "+01:60", "+1:00", "2:00", "Nowhere/City", ""] {
        let source = format!("timestamp('2026-01-31T09:00:00Z').getHours('{zone}')");
        assert_eq!(error(&source).code, "evaluation_error", "{source}");
    }
}

#[test]
fn every_number_of_a_duration_has_its_unit() {
    for (text, seconds) in
        [("0", "0s"), ("-0", "0s"), ("1h30m", "5400s"), ("1.5h", "5400s"), (".5s", "0.5s"), ("0h", "0s")]
    {
        assert_eq!(value(&format!("duration('{text}')")), json!(seconds), "{text}");
    }
    for text in ["1h0", "1h00", "00", "1", "1h 0m", "h", "", "-", "1d", "1h-1m", "."] {
        assert_eq!(error(&format!("duration('{text}')")).code, "evaluation_error", "{text}");
    }
}
