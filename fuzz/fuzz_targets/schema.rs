//! Takes a list of any JSON as a schema and the values to check with it. Either must end within its budget, and never
//! panic.
#![no_main]

use document::validate::schema::Schema;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Ok(Value::Array(all)) = serde_json::from_str::<Value>(text)
        && let Some((schema, values)) = all.split_first()
        && let Ok(schema) = Schema::compile(schema)
    {
        for value in values {
            let _ = schema.violations(value);
        }
    }
});
