//! What a person changed of the arguments of a tool, member by member.

use crate::{form::plain, limits, words::beginning};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// The changes in words; nothing where arguments have no members that could be compared.
pub fn changed(before: &Value, after: &Value) -> Markup {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return html! {} };
    let one = |value: &Value| beginning(&plain(value), limits::NAME);
    html! {
        ul.changed {
            @for key in keys(before, after) {
                li {
                    bdi.key { (key) } ": "
                    @match (before.get(key), after.get(key)) {
                        (Some(old), Some(new)) => { bdi { (one(new)) } " instead of " bdi { (one(old)) } }
                        (None, Some(new)) => { bdi { (one(new)) } ", which was not there" }
                        (_, None) => "left out",
                    }
                }
            }
        }
    }
}

/// The keys whose values differ.
fn keys<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a String> {
    let new = after.keys().filter(|key| before.get(*key) != after.get(*key));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    new.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_told() {
        let (before, after) = (
            json!({"amount": 240, "order": "4711", "note": "<b>"}),
            json!({"amount": 120, "order": "4711", "to": "Ada"}),
        );
        let told = changed(&before, &after).into_string();
        for part in [
            "amount</bdi>: <bdi>120</bdi> instead of <bdi>240</bdi>",
            "to</bdi>: <bdi>Ada</bdi>, which was not there",
            "note</bdi>: left out",
        ] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
        assert!(!told.contains("4711"), "{told}");
        assert_eq!(changed(&json!("a"), &json!("b")).into_string(), "");
    }
}
