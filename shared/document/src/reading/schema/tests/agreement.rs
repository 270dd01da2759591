//! Random schemas with references and random values: what is told is what the validator says by itself, in no more
//! steps than allowed.

use super::Schema;
use crate::limits;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": ["integer", "null"]})),
        Just(json!({"type": "object"})),
        Just(json!({"const": 1})),
        Just(json!({"enum": ["a", 2, null]})),
        Just(json!({"pattern": "^a+$"})),
        Just(json!({"minimum": 2})),
        Just(json!({"uniqueItems": true, "maxItems": 2})),
        Just(json!({"required": ["a"]})),
        Just(json!(true)),
        Just(json!(false)),
        (0..4usize).prop_map(|ix| json!({"$ref": format!("#/$defs/d{ix}")})),
        Just(json!({"$ref": "#named"})),
        Just(json!({"$dynamicRef": "#way"})),
        Just(json!({"$ref": "https://example.com/inner"})),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            several().prop_map(|all| json!({"allOf": all})),
            several().prop_map(|all| json!({"anyOf": all})),
            several().prop_map(|all| json!({"oneOf": all, "unevaluatedProperties": false})),
            inner.clone().prop_map(|one| json!({"not": one})),
            several().prop_map(|all| json!({"if": all[0], "then": all[all.len() - 1], "else": true})),
            several().prop_map(|all| json!({"properties": {"a": all[0], "b": all[all.len() - 1]}})),
            several().prop_map(|all| json!({"properties": {"a": all[0]}, "additionalProperties": all[all.len() - 1]})),
            inner.clone().prop_map(|one| json!({"items": one})),
            inner.clone().prop_map(|one| json!({"contains": one, "minContains": 0})),
            several().prop_map(|all| json!({"prefixItems": all, "unevaluatedItems": {"type": "integer"}})),
            inner.clone().prop_map(|one| json!({"patternProperties": {"^a": one}, "propertyNames": {"maxLength": 1}})),
            inner.clone().prop_map(|one| json!({"dependentSchemas": {"a": one}})),
        ]
    })
}

fn whole() -> impl Strategy<Value = Value> {
    prop::collection::vec(schema(), 6).prop_map(|parts| {
        let defs: Map<String, Value> = (0..4).map(|ix| (format!("d{ix}"), parts[ix].clone())).collect();
        let mut whole = json!({"$defs": defs, "allOf": [parts[4]]});
        whole["$defs"]["named"] = json!({"$anchor": "named", "properties": {"a": parts[5]}});
        whole["$defs"]["way"] = json!({"$dynamicAnchor": "way", "items": {"$ref": "#/$defs/d0"}});
        whole["$defs"]["inner"] = json!({"$id": "https://example.com/inner", "$dynamicAnchor": "way", "minItems": 1});
        whole
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(null)), Just(json!("a")), Just(json!("ab")), (0..4i32).prop_map(|n| json!(n))];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]|ac", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn what_is_told_is_what_the_validator_says(schema in whole(), values in prop::collection::vec(value(), 3)) {
        let Ok(ours) = Schema::compile(&schema) else { return Ok(()) };
        let theirs = jsonschema::options().offline().build(&schema).unwrap();
        for value in values {
            let (fits, taken) = ours.check(&value, limits::SCHEMA_STEPS);
            prop_assert!(taken <= 2 * limits::SCHEMA_STEPS);
            if let Some(fits) = fits {
                prop_assert_eq!(fits, theirs.is_valid(&value), "{} {}", schema, value);
                let mut told: Vec<(String, String)> =
                    ours.violations(&value).into_iter().map(|one| (one.path, one.message)).collect();
                let error = |error: jsonschema::ValidationError<'_>| {
                    (error.instance_path().as_str().to_owned(), error.to_string())
                };
                let mut wanted: Vec<(String, String)> = theirs.iter_errors(&value).map(error).collect();
                told.sort();
                wanted.sort();
                prop_assert_eq!(told, wanted);
            }
        }
    }
}
