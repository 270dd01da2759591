//! `stepwell init [NAME]`: writes a workflow to begin with, from the examples that come with the release.

use super::{Exit, Failure, Globals, Outcome, output};
use serde_json::json;
use std::{fs::OpenOptions, io::Write, path::PathBuf};

/// An example that the binary carries.
struct Example {
    /// The id of its workflow, and the name of its file.
    name: &'static str,
    /// The file's text.
    text: &'static str,
    /// An input that it takes.
    input: &'static str,
}

/// The examples, the one to begin with first.
const EXAMPLES: [Example; 6] = [
    Example {
        name: "expense-approval",
        text: include_str!("../../examples/expense-approval.json"),
        input: r#"{"payee": "Ada", "amount": 1200}"#,
    },
    Example {
        name: "two-person-approval",
        text: include_str!("../../examples/two-person-approval.json"),
        input: r#"{"payee": "Ada", "amount": 1200}"#,
    },
    Example {
        name: "order-fulfilment",
        text: include_str!("../../examples/order-fulfilment.json"),
        input: r#"{"order_id": "A1", "lines": [{"sku": "pen", "quantity": 2, "price": 3}]}"#,
    },
    Example {
        name: "document-review",
        text: include_str!("../../examples/document-review.json"),
        input: r#"{"title": "Report"}"#,
    },
    Example {
        name: "booking-saga",
        text: include_str!("../../examples/booking-saga.json"),
        input: r#"{"traveller": "Ada", "amount": 1200}"#,
    },
    Example { name: "data-import", text: include_str!("../../examples/data-import.json"), input: r#"{"rows": 20}"# },
];

/// The line of an example by which editors find the schema of its format.
const SCHEMA: &str = "  \"$schema\": \"../docs/workflow.schema.json\",\n";

/// The arguments of `stepwell init`.
#[derive(clap::Args)]
pub struct Args {
    /// The id of the workflow, and the name of its file: NAME.json. The name of an example gives that one
    #[arg(default_value = EXAMPLES[0].name)]
    name: String,
    /// The example to begin from: expense-approval, two-person-approval, order-fulfilment, document-review, booking-saga or
    /// data-import
    #[arg(long, value_name = "EXAMPLE")]
    from: Option<String>,
}

/// Writes the file, and says what to do with it. Exit 2 where it is there already.
pub fn run(globals: &Globals, args: Args) -> Outcome {
    let Args { name, from } = args;
    if name.is_empty() || name.len() > engine::limits::ID_BYTES || !name.chars().all(may_name) {
        let hint = "use 1 to 64 of A-Z a-z 0-9 _ -";
        return Err(Failure::usage(format!("`{name}` cannot name a workflow"), hint));
    }
    let example = example(from.as_deref(), &name)?;
    let file = PathBuf::from(format!("{name}.json"));
    let written = OpenOptions::new().write(true).create_new(true).open(&file);
    written.and_then(|mut out| out.write_all(own(example, &name).as_bytes())).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "choose another name: stepwell init NAME",
            _ => "check that you may write in this folder",
        };
        Failure::usage(format!("cannot write {}: {error}", file.display()), hint).with_code("unwritable_file")
    })?;
    if globals.json {
        output::json(&json!({"file": file.display().to_string(), "workflow_id": name, "from": example.name}));
        return Ok(Exit::Done);
    }
    output::line(&format!("{} is written, from the example {}", file.display(), example.name));
    let (file, input) = (output::quoted(&file.to_string_lossy()), output::quoted(example.input));
    eprintln!("{}", output::dim(&format!("check it:  stepwell validate {file}")));
    if is_for_others(example) {
        let start = format!("stepwell save {file}, stepwell start {name} --input {input}");
        eprintln!("{}", output::dim("serve it:  stepwell dev --mail-to-folder outbox"));
        eprintln!("{}", output::dim(&format!("start it:  {start}")));
        eprintln!(
            "{}",
            output::dim("answer it: by the links in the mails in outbox, since whoever starts it may not decide")
        );
        return Ok(Exit::Done);
    }
    eprintln!("{}", output::dim(&format!("run it:    stepwell run {file} --input {input}")));
    eprintln!("{}", output::dim(&format!("serve it:  stepwell dev, stepwell save {file}, stepwell start {name}")));
    Ok(Exit::Done)
}

/// Whether somebody else than whoever starts an example has to answer it, so that no terminal asks its question.
fn is_for_others(example: &Example) -> bool {
    example.text.contains("\"allow_requester\": false")
}

/// The text of an example under the id of the user's own. Its `$schema` leads to a file that lies beside the examples.
fn own(example: &Example, name: &str) -> String {
    let text = example.text.replacen(SCHEMA, "", 1);
    text.replacen(&format!("\"id\": \"{}\"", example.name), &format!("\"id\": \"{name}\""), 1)
}

fn may_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The example of a name: `from`, else the one that has the workflow's own name, else the first.
fn example(from: Option<&str>, name: &str) -> Result<&'static Example, Failure> {
    let named = |wanted: &str| EXAMPLES.iter().find(|one| one.name == wanted);
    match from {
        None => Ok(named(name).unwrap_or(&EXAMPLES[0])),
        Some(from) => named(from).ok_or_else(|| {
            let all = EXAMPLES.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
            Failure::usage(format!("there is no example {from}"), format!("the examples are {all}"))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_example_is_valid_and_takes_a_new_id() {
        for one in &EXAMPLES {
            let text = own(one, "mine");
            assert!(text.contains("\"id\": \"mine\"") && !text.contains("$schema"), "{}", one.name);
            let workflow = document::parse(&serde_json::from_str(one.text).unwrap()).ok().unwrap().workflow;
            assert!(workflow.check_input(&serde_json::from_str(one.input).unwrap()).is_empty(), "{}", one.name);
        }
        assert_eq!(example(None, "mine").unwrap().name, "expense-approval");
        assert_eq!(example(None, "data-import").unwrap().name, "data-import");
        assert!(example(Some("none"), "mine").is_err());
    }
}
