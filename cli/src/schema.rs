//! `stepwell schema`: the JSON Schema of the workflow format, for editors.

use super::{Exit, Outcome, output};

/// Writes the schema to stdout, indented, so that it may be kept as a file. No host and no data folder is asked.
pub fn run() -> Outcome {
    output::value(&document::format::schema());
    Ok(Exit::Done)
}
