//! Takes any JSON as a workflow document. Reading it must give a workflow or a list of issues, and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(text) {
        let _ = document::parse(&document);
    }
});
