#![allow(clippy::unwrap_used)]
use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::json;

fn secret(value: &str) -> Vec<UsedSecret> {
    vec![UsedSecret { name: "KEY".into(), value: value.into(), hosts: vec![] }]
}

#[test]
fn every_form_of_a_secret_is_masked() {
    let value = "p4ss w\"rd/+é!";
    let basic = STANDARD.encode(format!("user:{value}"));
    let mut seen = json!({
        "plain": format!("a {value} b"), "basic": basic, "url": "x=p4ss%20w%22rd%2F%2B%C3%A9%21",
        "form": "x=p4ss+w%22rd%2F%2B%C3%A9%21", "json": json!({"k": value}).to_string(), value: [value],
        "header": value.bytes().map(char::from).collect::<String>()
    });
    mask(&mut seen, &secret(value));
    let text = seen.to_string();
    assert!(!text.contains("p4ss"), "{text}");
    assert_eq!(seen["plain"], "a [secret KEY] b");
    assert_eq!(seen["[secret KEY]"][0], "[secret KEY]");
    assert!(seen["basic"].as_str().unwrap().contains("[secret KEY]"), "{text}");
    assert_eq!(seen["url"], "x=[secret KEY]");
}

#[test]
fn the_bounds_of_a_schema_stay_numbers() {
    let mut schema = json!({"maximum": 1000, "description": "at most 1000", "1000": true});
    Needles::of(&secret("1000")).mask_schema(&mut schema);
    assert_eq!(schema, json!({"maximum": 1000, "description": "at most [secret KEY]", "[secret KEY]": true}));
}

#[test]
fn base64_is_found_at_every_alignment() {
    let value = "correct horse battery";
    for lead in ["", "a", "ab", "abc", "abcd"] {
        for tail in ["", "x", "xy"] {
            let mut text = STANDARD.encode(format!("{lead}{value}{tail}"));
            mask_text(&mut text, &secret(value));
            assert!(text.contains("[secret KEY]"), "{lead:?} {tail:?}: {text}");
        }
    }
}

#[test]
fn a_secret_that_ends_a_text_in_base64_leaves_nothing_of_its_last_letter() {
    for value in ["correct horse", "correct horse!", "correct horse!!"] {
        for whole in [STANDARD.encode(value), STANDARD.encode(value).trim_end_matches('=').to_owned()] {
            let mut text = format!("a:{whole};");
            mask_text(&mut text, &secret(value));
            assert_eq!(text, "a:[secret KEY];", "{whole}");
        }
    }
}

#[test]
fn masking_what_is_wrapped_over_lines_leaves_the_white_space_around_it() {
    let value = "correct horse battery staple, and a stable of horses";
    let hex = value.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (form, end) in [(STANDARD.encode(value), "\n"), (STANDARD.encode(value), " "), (hex, "\r\n")] {
        for (before, after) in [("a: ", "\nb: 1"), ("a:\r\n", " and more"), ("", "\n"), ("x%20", "%0Ay")] {
            let mut text = format!("{before}{}{after}", wrapped(&form, 20, end));
            mask_text(&mut text, &secret(value));
            assert_eq!(text, format!("{before}[secret KEY]{after}"));
        }
    }
}

#[test]
fn a_short_value_stays_and_a_name_is_not_masked_again() {
    let mut text = "abc secret".to_owned();
    mask_text(&mut text, &secret("abc"));
    assert_eq!(text, "abc secret");
    mask_text(&mut text, &secret("secret"));
    assert_eq!(text, "abc [secret KEY]");
}

#[test]
fn a_number_that_is_a_secret_is_masked() {
    let mut value = json!({"pin": 12345678, "other": 1.5});
    mask(&mut value, &secret("12345678"));
    assert_eq!(value, json!({"pin": "[secret KEY]", "other": 1.5}));
}

#[test]
fn keys_that_are_alike_once_they_are_masked_all_stay() {
    let mut value = json!({"k abcd": 1, "k [secret KEY]": 2, "k ABCD": 3, "other": 4});
    mask(&mut value, &secret("abcd"));
    assert_eq!(value.as_object().unwrap().len(), 4, "{value}");
    let mut value = json!({"abcdefgh": 1, "[secret KEY]": 2, "ABCDEFGH": 3});
    mask(&mut value, &secret("abcdefgh"));
    let all: std::collections::BTreeSet<u64> =
        value.as_object().unwrap().values().map(|one| one.as_u64().unwrap()).collect();
    assert_eq!(all, [1, 2, 3].into());
    assert!(value.as_object().unwrap().contains_key("[secret KEY] (2)"), "{value}");
}

#[test]
fn what_is_known_to_be_clean_is_so_for_the_same_secrets_alone() {
    for _ in 0..2 {
        let (mut text, mut value) = ("an abcd and an efgh".to_owned(), json!({"abcd": ["efgh"]}));
        Needles::of(&secret("other")).mask_text_once(&mut text);
        Needles::of(&secret("other")).mask_once(&mut value);
        assert_eq!((text.as_str(), &value), ("an abcd and an efgh", &json!({"abcd": ["efgh"]})));
        Needles::of(&secret("abcd")).mask_text_once(&mut text);
        Needles::of(&secret("efgh")).mask_once(&mut value);
        assert_eq!((text.as_str(), &value), ("an [secret KEY] and an efgh", &json!({"abcd": ["[secret KEY]"]})));
    }
}

#[test]
fn the_longest_of_overlapping_secrets_wins() {
    let mut both = secret("abcd");
    both.push(UsedSecret { name: "LONG".into(), value: "abcdefgh".into(), hosts: vec![] });
    let mut text = "abcdefgh abcd".to_owned();
    mask_text(&mut text, &both);
    assert_eq!(text, "[secret LONG] [secret KEY]");
}

/// The encodings in which servers give back what they were sent, each with a choice of the characters that it changes.
fn encoded(secret: &str, kind: usize) -> String {
    let each = |change: &dyn Fn(char) -> String| secret.chars().map(change).collect::<String>();
    let percent = |char: char, upper: bool| -> String {
        let bytes = char.to_string().into_bytes();
        bytes.iter().map(|byte| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }).collect()
    };
    let units = |char: char, upper: bool| -> String {
        let units: Vec<u16> = char.encode_utf16(&mut [0; 2]).to_vec();
        units.iter().map(|unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") }).collect()
    };
    let reserved = |char: char| !char.is_ascii_alphanumeric();
    let keep = |char: char, changed: String, change: bool| if change { changed } else { char.to_string() };
    match kind {
        0 => secret.to_owned(),
        1 => each(&|c| percent(c, true)),
        2 => each(&|c| percent(c, false)),
        3 => each(&|c| keep(c, percent(c, true), reserved(c))),
        4 => each(&|c| keep(c, percent(c, false), reserved(c))),
        5 => each(&|c| if c == ' ' { "+".into() } else { keep(c, percent(c, true), reserved(c)) }),
        6 => encoded(secret, 3).replace('%', "%25"),
        7 => encoded(secret, 1).replace('%', "%2525"),
        8 => each(&|c| units(c, false)),
        9 => each(&|c| keep(c, units(c, true), !c.is_ascii() || c == '\\')).replace('/', "\\/"),
        10 => serde_json::to_string(secret).map(|json| json[1..json.len() - 1].to_owned()).unwrap(),
        11 => each(&|c| format!("&#{};", u32::from(c))),
        12 => each(&|c| format!("&#x{:X};", u32::from(c))),
        13 => secret
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;"),
        14 => secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        15 => secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        16 => STANDARD.encode(secret),
        17 => base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("u:{secret}")),
        18 => wrapped(&STANDARD.encode(format!("u:{secret}:{secret}")), 64, "\n"),
        19 => wrapped(&STANDARD.encode(format!("user{secret}")), 76, "\r\n"),
        20 => wrapped(&STANDARD.encode(secret), 64, "\\n"),
        21 => secret.to_ascii_lowercase(),
        22 => secret.to_ascii_uppercase(),
        23 => secret.bytes().map(char::from).collect(),
        24 => encoded(&encoded(secret, 8), 10),
        25 => encoded(&encoded(secret, 16), 3),
        // Some characters by one encoding, and the others by others.
        _ => secret.chars().enumerate().map(|(at, c)| encoded(&c.to_string(), [1, 2, 8, 11, 12][at % 5])).collect(),
    }
}

const KINDS: usize = 27;

fn wrapped(text: &str, columns: usize, end: &str) -> String {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(columns).collect();
    let lines: Vec<&str> = lines.into_iter().map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the secret, however it comes back and whatever stands around it: it is masked where it stood.
    #[test]
    fn a_secret_is_found_in_every_encoding(
        value in prop_oneof!["[ -~]{8,60}", "\\PC{8,60}", "[A-Za-z0-9+/=_-]{16,200}", "[%&+\\\\ a-f0-9;#]{8,40}"],
        kind in 0..KINDS,
        before in "[ -$\\(-*,-~]{0,12} ",
        after in " [ -~]{0,12}",
    ) {
        let form = encoded(&value, kind);
        let mut text = format!("{before}{form}{after}");
        let before_masking = text.clone();
        mask_text(&mut text, &secret(&value));
        prop_assert!(text.contains("[secret KEY]"), "{:?} of kind {} stays in {:?}: {:?}", value, kind, before_masking, text);
        // What the secret alone decides is gone; base64 leaves up to three characters of a group at its ends.
        if form.len() > 12 {
            let middle = form.char_indices().nth(form.chars().count() / 2).unwrap().0;
            let rest: String = form[middle..].chars().take(8).collect();
            prop_assert!(rest.chars().count() < 8 || !text.contains(&rest) || before_masking.matches(&rest).count() > 1, "{:?} in {:?}", rest, text);
        }
    }

    /// Short secrets are found as well, in the case in which they are.
    #[test]
    fn a_short_secret_is_found(value in "[a-zA-Z0-9é/<]{4,7}", kind in 0..14_usize) {
        let mut text = format!("x {} y", encoded(&value, kind));
        mask_text(&mut text, &secret(&value));
        prop_assert!(text.starts_with("x [secret KEY]"), "{:?} of kind {}: {:?}", value, kind, text);
    }

    /// Text that holds no secret stays as it is, escapes and all.
    #[test]
    fn other_text_stays(text in "[ -~\\n]{0,80}") {
        let mut masked = text.clone();
        mask_text(&mut masked, &secret("Lq7~never~in~here~é"));
        prop_assert_eq!(masked, text);
    }
}

#[test]
fn a_secret_is_found_across_the_windows_of_a_long_text() {
    let value = "p4ss w\"rd/+é!";
    for kind in [0, 1, 9, 19] {
        let form = encoded(value, kind);
        for lead in [MASKED_WINDOW_BYTES - form.len() / 2, MASKED_WINDOW_BYTES - 1, MASKED_WINDOW_BYTES * 2 - 300] {
            let mut text = format!("{}{form}{}", "x".repeat(lead), "y".repeat(900));
            mask_text(&mut text, &secret(value));
            assert_eq!(text.matches("[secret KEY]").count(), 1, "kind {kind} at {lead}");
        }
    }
}

#[test]
fn a_long_number_that_json_reads_as_a_double_is_masked() {
    let mut value: Value = serde_json::from_str(r#"{"pin": 123456789012345678901234567890}"#).unwrap();
    mask(&mut value, &secret("123456789012345678901234567890"));
    assert_eq!(value, json!({"pin": "[secret KEY]"}));
}
