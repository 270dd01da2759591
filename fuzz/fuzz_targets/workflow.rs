//! Any JSON, as a workflow document: issues or a workflow, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(text) {
        let _ = document::parse(&document);
    }
});
