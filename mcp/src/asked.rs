//! The documents by which agents ask people. What an agent says is their input and never a part of a template, so that
//! nothing of it is evaluated.

use serde_json::{Value, json};

/// Who may answer a question of an agent.
pub struct Asked<'a> {
    /// The people and groups; anyone of the owner with the scope `respond` where there are none.
    pub assignees: &'a [String],
    /// Whether the one who asks may answer too. Only the user of a local host may: there is nobody else.
    pub allow_requester: bool,
}

impl Asked<'_> {
    fn document(&self, id: &str, mut config: Value) -> Value {
        config["allow_requester"] = self.allow_requester.into();
        if !self.assignees.is_empty() {
            config["assignees"] = "{{ input.assignees }}".into();
        }
        let start = json!({ "id": "start", "type": "manual_trigger" });
        let person = json!({ "id": "person", "type": "human", "config": config });
        json!({ "id": id, "nodes": [start, person], "edges": [{ "from": "start", "to": "person" }] })
    }

    /// A question for a text, or for one of some options. Options name ports, so they stand in the document itself, which
    /// takes no template there.
    pub fn question(&self, options: &[String]) -> Value {
        let mut config = json!({ "kind": "ask", "question": "{{ input.question }}" });
        if !options.is_empty() {
            config["kind"] = "decision".into();
            config["options"] = options.into();
        }
        self.document("mcp-ask-human", config)
    }

    /// A question for leave to use a tool. `security_level` is `medium` or `high`.
    pub fn authorization(&self, security_level: &str) -> Value {
        let config = json!({
            "kind": "authorization",
            "question": "{{ input.reason }}",
            "tool": "{{ input.tool_name }}",
            "arguments": "{{ input.arguments }}",
            "security_level": security_level
        });
        self.document("mcp-request-authorization", config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_passes_the_static_checks() {
        let people = ["ann@example.com".to_owned()];
        for assignees in [&people[..], &[]] {
            let asked = Asked { assignees, allow_requester: false };
            let options = ["To the left".to_owned(), "right".to_owned()];
            for document in [asked.question(&[]), asked.question(&options), asked.authorization("high")] {
                assert!(document::parse(&document).is_ok(), "{document:#}");
            }
        }
    }
}
