use super::{chain, compiled, steps};
use crate::limits;
use serde_json::{Value, json};

/// `levels` objects within each other.
fn nested(levels: usize, name: &str) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!({ name: inner }))
}

#[track_caller]
fn too_expensive(schema: &Value, value: &Value) {
    let schema = compiled(schema);
    let (fits, taken) = steps(&schema, value);
    assert_eq!(fits, None, "{taken} steps");
    assert!(taken <= 2 * limits::SCHEMA_STEPS);
    let told = schema.violations(value);
    assert!(told.len() == 1 && told[0].message.contains("too expensive"), "{told:?}");
}

/// Each level of the value doubles what is asked, in definitions that do not come back to themselves.
#[test]
fn a_value_on_which_a_schema_doubles_is_refused() {
    let twice = |next: Value| json!({"allOf": [{"properties": {"c": next}}, {"properties": {"c": next}}]});
    let text = |levels: usize| (0..levels).fold(json!("x"), |inner, _| json!({"c": inner}));
    too_expensive(&chain(40, twice), &text(40));
    assert_eq!(steps(&compiled(&chain(8, twice)), &text(8)).0, Some(true));
}

#[test]
fn a_schema_that_comes_back_to_itself_twice_takes_no_more_steps_than_allowed() {
    for join in ["allOf", "anyOf", "oneOf"] {
        let schema = json!({join: [{"properties": {"c": {"$ref": "#"}}}, {"properties": {"c": {"$ref": "#"}}}]});
        let (_, taken) = steps(&compiled(&schema), &nested(60, "c"));
        assert!(taken <= limits::SCHEMA_STEPS, "{join}: {taken}");
    }
    let inner = json!({"$ref": "#"});
    let schema =
        json!({"allOf": [{"properties": {"c": inner}}], "unevaluatedProperties": {"properties": {"c": inner}}});
    assert!(steps(&compiled(&schema), &nested(60, "c")).1 <= limits::SCHEMA_STEPS);
}

#[test]
fn depth_of_value_and_schema_together_stay_within_the_stack() {
    let schema = chain(180, |next| json!({"allOf": [next]}));
    let mut schema = schema;
    schema["$defs"]["a180"] = json!({"properties": {"c": {"$ref": "#/$defs/a0"}}, "items": {"$ref": "#"}});
    too_expensive(&schema, &nested(100, "c"));
    // What is just allowed fits the stack of this thread, which has 2 MB like those of workers.
    let deep = (0..limits::JSON_DEPTH - 1).fold(json!(1), |inner, _| json!([inner]));
    let levels = limits::SCHEMA_NESTING / limits::JSON_DEPTH - 2;
    let mut schema = chain(levels, |next| json!({"anyOf": [next]}));
    schema["$defs"][format!("a{levels}")] = json!({"type": ["array", "string"], "items": {"$ref": "#"}});
    assert_eq!(compiled(&schema).violations(&deep).len(), 1);
}

#[test]
fn patterns_on_long_texts_are_refused_before_they_run() {
    let long = "a".repeat(700_000);
    // Linear, but of a size that takes long for each byte.
    too_expensive(&json!({"pattern": "[ab]*a[ab]{400}c$"}), &json!(long));
    // Backtracking.
    too_expensive(&json!({"items": {"pattern": "(?=a)(a|a)*b"}}), &json!([long]));
    too_expensive(&json!({"patternProperties": {"(?=a)(a|a)*b": true}}), &json!({long.clone(): 1}));
    too_expensive(&json!({"propertyNames": {"pattern": "(?=a)(a|a)*b"}}), &json!({long.clone(): 1}));
    let texts: Vec<String> = (0..500_000).map(|ix| format!("text number {ix}")).collect();
    too_expensive(&json!({"items": {"pattern": "^(?=.*b)(?=.*c).*$"}}), &json!(texts));
    // The text that is long is another one.
    let apart = json!({"properties": {"name": {"pattern": "^(?=.*b).*$"}, "text": {"type": "string"}}});
    assert_eq!(compiled(&apart).violations(&json!({"name": "abc", "text": long})), []);
}

#[test]
fn long_lists_of_constants_and_of_unlike_items_are_counted() {
    let many: Vec<String> = (0..50_000).map(|ix| format!("constant {ix}")).collect();
    let one_of_many = json!({"items": {"enum": many}});
    too_expensive(&one_of_many, &json!(vec!["constant 49999"; 5_000]));
    let all_differ = json!({"uniqueItems": true, "items": {"uniqueItems": true}});
    let lists: Vec<Value> = (0..1_000).map(|ix| json!([ix, [ix], {"a": ix}])).collect();
    assert_eq!(steps(&compiled(&all_differ), &json!(lists)).0, Some(true));
    let repeated = json!({"allOf": vec![json!({"uniqueItems": true, "contains": {"uniqueItems": true}}); 200]});
    let wide: Vec<Value> = (0..20).map(|ix| json!((0..5_000).map(|x| x + ix).collect::<Vec<_>>())).collect();
    too_expensive(&repeated, &json!(wide));
}

/// Older drafts assert formats, and one of them compiles the text.
#[test]
fn texts_that_are_compiled_as_regular_expressions_are_few() {
    let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": {"format": "regex"}});
    assert_eq!(compiled(&schema).violations(&json!(["^a+$"])), []);
    let hostile: Vec<String> = (0..100).map(|ix| format!(r"(\p{{L}}{{100}}){{10}}{ix}")).collect();
    too_expensive(&schema, &json!(hostile));
}

/// Each failure of an alternative keeps the failures below it.
#[test]
fn errors_are_few_and_short_however_much_does_not_fit() {
    let either = json!({"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "object"}}]});
    let told = compiled(&either).violations(&json!((0..500_000).collect::<Vec<_>>()));
    assert_eq!(told.len(), 1);
    let told = compiled(&json!({"items": {"type": "string"}})).violations(&json!((0..500_000).collect::<Vec<_>>()));
    assert!(told.len() == 1 && told[0].path == "/0", "the first is told: {told:?}");
    let told = compiled(&json!({"items": {"type": "string"}})).violations(&json!((0..5_000).collect::<Vec<_>>()));
    assert_eq!(told.len(), limits::ISSUES);
    let told = compiled(&json!({"type": "object"})).violations(&json!("é".repeat(100_000)));
    assert!(told[0].message.len() <= limits::SCHEMA_ERROR_BYTES + 3, "{}", told[0].message.len());
}
