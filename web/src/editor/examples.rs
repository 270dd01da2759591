//! Examples that the editor starts from. They are those of the folder `examples`, with an input to run each with.

/// An example.
pub struct Example {
    /// Its id, in addresses.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    text: &'static str,
    /// An input to run it with, as JSON.
    pub input: &'static str,
}

impl Example {
    /// The document, without the line that tells editors of files where the schema lies.
    pub fn text(&self) -> String {
        let lines = self.text.lines().filter(|line| !line.trim_start().starts_with("\"$schema\":"));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// The example with an id.
pub fn find(id: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|one| one.id == id)
}

/// All examples, from the smallest to the largest.
pub static EXAMPLES: [Example; 6] = [
    Example {
        id: "hello",
        title: "Two nodes",
        about: "A greeting: the smallest workflow that does something.",
        text: "{\n  \"id\": \"hello\",\n  \"name\": \"Hello\",\n  \"nodes\": [\n    { \"id\": \"start\", \"type\": \
               \"manual_trigger\" },\n    { \"id\": \"greet\", \"type\": \"transform\", \"config\": { \"set\": { \"text\": \
               \"Hello, {{ input.name }}!\" } } }\n  ],\n  \"edges\": [{ \"from\": \"start\", \"to\": \"greet\" }]\n}\n",
        input: "{ \"name\": \"Ada\" }",
    },
    Example {
        id: "expense-approval",
        title: "Expense approval",
        about: "Small expenses are paid at once; a person approves the others first.",
        text: include_str!("../../../examples/expense-approval.json"),
        input: "{ \"payee\": \"Meadow Press\", \"amount\": 4800, \"purpose\": \"Spring catalogue\" }",
    },
    Example {
        id: "booking-saga",
        title: "Booking saga",
        about: "Flight, hotel, card: where the card is refused, what was booked is cancelled.",
        text: include_str!("../../../examples/booking-saga.json"),
        input: "{ \"traveller\": \"Ada\", \"amount\": 1500 }",
    },
    Example {
        id: "data-import",
        title: "Data import",
        about: "Every row is an execution of its own, fifty at a time; a few bad ones are tolerated.",
        text: include_str!("../../../examples/data-import.json"),
        input: "{ \"rows\": 200 }",
    },
    Example {
        id: "document-review",
        title: "Document review",
        about: "A loop between author and reviewer, a form, and a choice.",
        text: include_str!("../../../examples/document-review.json"),
        input: "{ \"title\": \"Annual report\" }",
    },
    Example {
        id: "order-fulfilment",
        title: "Order fulfilment",
        about: "Prices the lines of an order, checks stock and credit side by side, reserves with retries.",
        text: include_str!("../../../examples/order-fulfilment.json"),
        input: "{\n  \"order_id\": \"A-1001\",\n  \"customer\": \"Ada\",\n  \"lines\": [{ \"sku\": \"tea\", \"quantity\": 2, \
                \"price\": 7.5 }]\n}",
    },
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use document::validate::schema::Schema;
    use serde_json::Value;

    #[test]
    fn every_example_is_valid_and_its_input_fits() {
        for example in &EXAMPLES {
            let document: Value = serde_json::from_str(&example.text()).unwrap();
            let workflow =
                document::parse(&document).unwrap_or_else(|faults| panic!("{}: {faults:?}", example.id)).workflow;
            assert_eq!(workflow.id.as_str(), example.id);
            assert!(!example.text().contains("$schema"));
            let input: Value = serde_json::from_str(example.input).unwrap();
            if let Some(schema) = document.get("input_schema") {
                assert_eq!(Schema::compile(schema).unwrap().violations(&input), vec![], "{}", example.id);
            }
        }
    }
}
