use super::{chain, compiled, refused};
use crate::limits;
use serde_json::{Map, Value, json};

/// The schema that froze a server: 2⁴⁰ schemas on one value, in 3 KB.
#[test]
fn references_that_double_on_one_value_are_refused_whatever_joins_them() {
    let links: [fn(Value) -> Value; 8] = [
        |next| json!({"allOf": [next, next]}),
        |next| json!({"anyOf": [next, next]}),
        |next| json!({"oneOf": [next, next]}),
        |next| json!({"if": next, "then": next, "else": next}),
        |next| json!({"not": next, "allOf": [next]}),
        |next| json!({"dependentSchemas": {"a": next, "b": next}}),
        |next| json!({"allOf": [next, next], "unevaluatedProperties": false}),
        |next| json!({"properties": {"x": {"allOf": [next, next], "unevaluatedItems": false}}, "anyOf": [next, next]}),
    ];
    for link in links {
        for levels in [14, 40, 199] {
            let schema = chain(levels, link);
            let why = refused(&schema);
            assert!(why.message.contains("too expensive"), "{why:?}");
            assert!(schema.pointer(&why.pointer).is_some_and(Value::is_object), "it is said where: {why:?}");
        }
    }
}

#[test]
fn references_that_double_from_value_to_value_compile() {
    let schema = chain(40, |next| json!({"properties": {"x": next, "y": next}}));
    assert_eq!(compiled(&schema).violations(&json!({"x": {"y": {"x": "deep enough"}}})), []);
}

#[test]
fn a_long_chain_on_one_value_is_refused_before_anything_recurses_along_it() {
    compiled(&chain(150, |next| next));
    for levels in [limits::SCHEMA_LEVELS + 1, 5_000] {
        assert!(refused(&chain(levels, |next| json!({"allOf": [next]}))).message.contains("too expensive"));
    }
}

/// A chain that ends nowhere is found however many ways lead along it.
#[test]
fn what_never_ends_is_found_through_every_kind_of_reference() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$dynamicRef": "#"}),
        json!({"$schema": "https://json-schema.org/draft/2019-09/schema", "anyOf": [{"$recursiveRef": "#"}]}),
        json!({"$id": "https://example.com/me", "$ref": "https://example.com/me"}),
        json!({"$id": "https://example.com/me", "not": {"$ref": "me"}}),
        json!({"$defs": {"a": {"$anchor": "x", "if": {"$ref": "#x"}}}, "$ref": "#x"}),
        json!({"$defs": {"a": {"$id": "a", "$ref": "b"}, "b": {"$id": "b", "allOf": [{"$ref": "a"}]}}, "$ref": "a"}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        json!({"$defs": {"a b": {"$ref": "#/$defs/a%20b"}}, "$ref": "#/$defs/a%20b"}),
        json!({"$dynamicAnchor": "n", "$defs": {"a": {"$dynamicRef": "#n"}}, "$ref": "#/$defs/a"}),
    ] {
        assert!(refused(&schema).message.contains("leads back to itself"), "{schema}");
    }
}

#[test]
fn too_many_parts_keywords_and_patterns_are_refused() {
    let many = |count: usize, part: &dyn Fn(usize) -> Value| -> Value {
        let all: Map<String, Value> = (0..count).map(|ix| (format!("p{ix}"), part(ix))).collect();
        json!({"properties": all})
    };
    compiled(&many(5_000, &|_| json!({"type": "string", "maxLength": 9})));
    assert!(refused(&many(30_000, &|_| json!({"type": "string"}))).pointer.starts_with("/properties/p"));
    compiled(&many(1_000, &|ix| json!({"pattern": format!("^[a-z]{{{}}}x{ix}$", ix % 9 + 1)})));
    let hostile = [r"(\p{L}{20}){9}", r"(?=a)(\p{L}{20}){9}", "((a{20}){20}){20}"];
    for pattern in hostile {
        let schema = many(2_000, &|ix| json!({"pattern": format!("{pattern}{ix}")}));
        let why = refused(&schema);
        assert!(why.pointer.ends_with("/pattern"), "{pattern}: {why:?}");
    }
    let named: Map<String, Value> = (0..20_000).map(|ix| (format!("^a{ix}"), json!(true))).collect();
    assert!(refused(&json!({"patternProperties": named})).pointer.starts_with("/patternProperties/^a"));
}

/// A validator compiles a resource anew for each way that leads to it.
#[test]
fn resources_that_refer_to_each_other_in_every_way_are_refused() {
    let clique = |count: usize| {
        let all = (0..count).map(|ix| (format!("p{ix}"), json!({"$ref": format!("https://example.com/{ix}")})));
        let all: Map<String, Value> = all.collect();
        let part = |ix: usize| json!({"$id": format!("https://example.com/{ix}"), "properties": all});
        let defs: Map<String, Value> = (0..count).map(|ix| (format!("a{ix}"), part(ix))).collect();
        json!({"$id": "https://example.com/root", "$defs": defs, "$ref": "https://example.com/0"})
    };
    compiled(&clique(4));
    assert!(refused(&clique(12)).message.contains("$id"));
    assert!(refused(&clique(60)).message.contains("too expensive"));
}

#[test]
fn a_chain_of_unevaluated_properties_costs_what_each_compiles_anew() {
    compiled(&chain(100, |next| json!({"allOf": [next], "unevaluatedProperties": false})));
    let wide = |next: Value| json!({"allOf": [next, {}, {}, {}, {}, {}], "unevaluatedItems": false});
    assert!(refused(&chain(190, wide)).message.contains("too expensive"));
}
