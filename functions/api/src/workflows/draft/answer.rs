//! What a model answers that writes a document.

use document::json::nesting;
use engine::limits::JSON_DEPTH;
use serde_json::Value;

/// The explanation and the document of an answer. Models put words and fences around JSON, so what counts is what stands
/// between the first brace and the last.
///
/// # Errors
/// What is wrong with the answer, as the model is told.
pub(super) fn read(text: &str) -> Result<(String, Value), String> {
    let whole = text.find('{').and_then(|from| text.get(from..=text.rfind('}')?));
    let whole = whole.ok_or("the answer holds no JSON object: answer with one, and nothing else")?;
    if nesting(whole.as_bytes()) > JSON_DEPTH {
        return Err(format!("the answer nests deeper than the {JSON_DEPTH} levels that a document may have"));
    }
    let value: Value = serde_json::from_str(whole).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let explanation = value.get("explanation").and_then(Value::as_str).unwrap_or_default().to_owned();
    match value.get("document") {
        Some(document @ Value::Object(_)) => Ok((explanation, document.clone())),
        // Some models leave the object around the document out.
        _ if value.get("nodes").is_some() => Ok((explanation, value)),
        _ => Err("the answer has no object `document`: answer with {\"explanation\", \"document\"}".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_found_amid_words_and_fences() {
        let plain = r#"{"explanation": "It greets.", "document": {"nodes": []}}"#;
        let bare = json!({"nodes": []});
        for text in [plain.to_owned(), format!("```json\n{plain}\n```"), format!("Here it is: {plain} Done.")] {
            assert_eq!(read(&text).unwrap(), ("It greets.".into(), bare.clone()), "{text}");
        }
        assert_eq!(read(r#"{"nodes": []}"#).unwrap(), (String::new(), bare));
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (text, why) in [
            ("I cannot do that.", "no JSON object"),
            ("} {", "no JSON object"),
            ("{\"document\": {\"nodes\": [}", "no JSON"),
            ("{\"document\": \"later\"}", "no object `document`"),
        ] {
            assert!(read(text).unwrap_err().contains(why), "{text}");
        }
        let deep = format!("{{\"document\": {}{}}}", "[".repeat(500), "]".repeat(500));
        assert!(read(&deep).unwrap_err().contains("nests deeper"));
    }
}
