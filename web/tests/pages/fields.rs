//! A value, shown in a form of its schema and sent back by a browser, is the same value.

use crate::browser::{encoded, filled};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use web::form::{Faults, Name, Pairs, Reader, Shown, field_of, fill};

/// A schema with a value that fits it and is no blank: what is left blank in a form is absent.
type Pair = (Value, Value);

fn text() -> impl Strategy<Value = String> {
    // What HTML can hold: no control characters, and the one kind of line end that forms keep.
    "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]{1,20}"
}

fn leaf() -> impl Strategy<Value = Pair> {
    prop_oneof![
        text().prop_map(|text| (json!({"type": "string"}), json!(text))),
        text().prop_map(|text| (json!({"type": "string", "maxLength": 500}), json!(text))),
        any::<i64>().prop_map(|number| (json!({"type": "integer"}), json!(number))),
        any::<u64>().prop_map(|number| (json!({"type": "number"}), json!(number))),
        (-1e300..1e300_f64).prop_map(|number| (json!({"type": "number"}), json!(number))),
        any::<bool>().prop_map(|yes| (json!({"type": "boolean"}), json!(yes))),
        (prop::collection::vec(text(), 1..12), any::<prop::sample::Index>()).prop_map(|(mut all, at)| {
            all.dedup();
            let chosen = at.get(&all).clone();
            (json!({"enum": all}), json!(chosen))
        }),
        Just((json!({"enum": [1, "1", true, {"a": []}]}), json!("1"))),
        Just((json!({"type": "string", "format": "date"}), json!("2024-02-29"))),
        (0..60_u8, prop_oneof![Just("Z"), Just("+02:00"), Just(".25Z")]).prop_map(|(second, end)| {
            (json!({"type": "string", "format": "date-time"}), json!(format!("2026-01-31T09:00:{second:02}{end}")))
        }),
        Just((json!({"type": "string", "format": "email"}), json!("ann@example.com"))),
        Just((json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), json!(7))),
        Just((json!({"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]}), json!(2))),
        Just((json!({"$ref": "#/$defs/day"}), json!("2026-01-31"))),
        Just((json!({"const": {"v": 2}}), json!({"v": 2}))),
        Just((json!({"type": "object"}), json!({"free": [1, null, "x"]}))),
        Just((json!({"type": "array", "uniqueItems": true, "items": {"enum": ["a", "b", 3]}}), json!(["a", 3]))),
    ]
}

fn tree() -> impl Strategy<Value = Pair> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let list = (inner.clone(), 1..4_usize)
            .prop_map(|((schema, value), rows)| (json!({"type": "array", "items": schema}), json!(vec![value; rows])));
        let object = (text(), prop::collection::vec((text(), inner, any::<bool>(), any::<bool>()), 0..4));
        prop_oneof![list, object.prop_map(|(own, members)| object_of(&own, members))]
    })
}

/// An object with one text that is always there.
fn object_of(own: &str, members: Vec<(String, Pair, bool, bool)>) -> Pair {
    let (mut properties, mut required, mut value) = (Map::new(), vec![json!("own")], Map::new());
    properties.insert("own".into(), json!({"type": "string"}));
    value.insert("own".into(), json!(own));
    for (key, (schema, part), needed, given) in members {
        if properties.contains_key(&key) {
            continue;
        }
        if needed {
            required.push(json!(key));
        }
        if needed || given {
            value.insert(key.clone(), part);
        }
        properties.insert(key, schema);
    }
    (json!({"type": "object", "properties": properties, "required": required}), Value::Object(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn a_value_comes_back_from_its_form_as_it_was((mut schema, value) in tree()) {
        schema["$defs"] = json!({"day": {"type": "string", "format": "date"}});
        let (field, name) = (field_of("data", &schema), Name::root("data"));
        let mut pairs = Pairs::default();
        fill(&field, &name, Some(&value), &mut pairs);
        let page = Shown { pairs: &pairs, faults: &Faults::default() }.field(&field, &name, true).into_string();
        let sent = Pairs::read(encoded(&filled(&page)).as_bytes()).unwrap();
        let parsed = Reader::new(&sent).value(&field, &name, "/data");
        prop_assert!(parsed.faults.is_empty(), "{:?} in {page}", parsed.faults);
        prop_assert_eq!(parsed.value, Some(value), "{}", page);
    }
}

#[test]
fn what_no_field_can_show_is_written_as_json() {
    for schema in [
        json!(true),
        json!({}),
        json!({"type": ["string", "integer"]}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "required": ["b"], "properties": {"a": {}}}),
        json!({"type": "object", "properties": {"a": {}}, "if": {}, "then": {"properties": {"b": {}}}}),
        json!({"type": "array"}),
        json!({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}}),
        json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"$ref": "#"}),
        json!({"$ref": "https://example.com/other"}),
    ] {
        assert_eq!(field_of("data", &schema).kind, web::form::Kind::Json, "{schema}");
    }
}

#[test]
fn a_schema_that_holds_itself_or_is_huge_still_makes_a_form() {
    let node = json!({"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#"},
        "all": {"type": "array", "items": {"$ref": "#"}}}});
    let (field, name) = (field_of("data", &node), Name::root("data"));
    let mut pairs = Pairs::default();
    fill(&field, &name, None, &mut pairs);
    let page = Shown { pairs: &pairs, faults: &Faults::default() }.field(&field, &name, true).into_string();
    assert!(page.len() < 1_000_000, "{}", page.len());
    let many: Map<String, Value> = (0..2_000).map(|number| (format!("f{number}"), json!({"type": "string"}))).collect();
    let many = json!({"type": "object", "properties": many});
    assert_eq!(field_of("data", &many).kind, web::form::Kind::Json);
}
