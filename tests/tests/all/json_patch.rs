//! The test suite of the JSON Patch community, through what the patch route applies operations with.

use engine::patch::applied;
use serde_json::Value;

const SUITES: [(&str, &str); 2] = [
    ("tests.json", include_str!("../../json-patch/tests.json")),
    ("spec_tests.json", include_str!("../../json-patch/spec_tests.json")),
];

#[test]
fn the_community_suite_passes() {
    let mut ran = 0;
    for (file, text) in SUITES {
        let records: Vec<Value> = serde_json::from_str(text).unwrap();
        for (number, record) in records.iter().enumerate() {
            // A record may be a comment alone, or one that the suite itself has switched off.
            let (Some(document), Some(patch)) = (record.get("doc"), record.get("patch")) else { continue };
            if record["disabled"] == true {
                continue;
            }
            let about = format!("{file} #{number}: {record}");
            match (applied(document.clone(), patch), record.get("expected"), record.get("error")) {
                (Ok(made), Some(expected), _) => assert_eq!(made, *expected, "{about}"),
                (Ok(_), None, error) => assert!(error.is_none(), "applied: {about}"),
                (Err(wrong), _, error) => assert!(error.is_some(), "{wrong:?}: {about}"),
            }
            ran += 1;
        }
    }
    assert!(ran > 100, "only {ran} records were run");
}
