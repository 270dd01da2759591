use super::{compiled, refused, steps};
use serde_json::{Map, Value, json};

/// As in FHIR: every type may hold every other, each has an extension, and resources contain resources.
#[test]
fn hundreds_of_types_that_all_refer_to_each_other_compile_and_check() {
    let name = |ix: usize| format!("Type{ix}");
    let of = |ix: usize| -> Value {
        let members = (0..20).map(|nr| {
            let to = json!({"$ref": format!("#/definitions/{}", name((ix * 7 + nr * 13) % 300))});
            (format!("m{nr}"), if nr % 2 == 0 { json!({"type": "array", "items": to}) } else { to })
        });
        let members: Map<String, Value> = members
            .chain([
                ("kind".to_owned(), json!({"const": name(ix)})),
                ("contained".to_owned(), json!({"type": "array", "items": {"$ref": "#/definitions/Any"}})),
                ("id".to_owned(), json!({"type": "string", "pattern": "^[A-Za-z0-9\\-\\.]{1,64}$"})),
            ])
            .collect();
        json!({"type": "object", "properties": members, "additionalProperties": false, "required": ["kind"]})
    };
    let mut definitions: Map<String, Value> = (0..300).map(|ix| (name(ix), of(ix))).collect();
    let any: Vec<Value> = (0..150).map(|ix| json!({"$ref": format!("#/definitions/{}", name(ix))})).collect();
    definitions.insert("Any".into(), json!({"oneOf": any}));
    let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": definitions, "$ref": "#/definitions/Any"});
    let schema = compiled(&schema);
    let leaf = json!({"kind": "Type0", "id": "a-1"});
    let inner = json!({"kind": "Type3", "contained": vec![leaf; 5]});
    let outer = json!({"kind": "Type149", "id": "x", "contained": [inner, inner, inner]});
    let (fits, taken) = steps(&schema, &json!({"kind": "Type7", "contained": [outer]}));
    assert_eq!(fits, Some(true), "{taken} steps");
    assert_eq!(steps(&schema, &json!({"kind": "Type7", "contained": [{"kind": "Type300"}]})).0, Some(false));
}

/// A tree of which every node is one of several kinds, told apart by a constant.
#[test]
fn a_deep_tree_of_alternatives_is_checked() {
    let kinds: Vec<Value> = (0..12)
        .map(|ix| json!({"properties": {"kind": {"const": ix}, "parts": {"items": {"$ref": "#"}}}, "required": ["kind"]}))
        .collect();
    let schema = compiled(&json!({"anyOf": kinds}));
    let tree = (0..15).fold(json!({"kind": 11}), |inner, ix| json!({"kind": 11 - ix % 12, "parts": [inner]}));
    let (fits, taken) = steps(&schema, &tree);
    assert_eq!(fits, Some(true), "{taken} steps");
}

#[test]
fn six_megabytes_of_plain_values_are_checked() {
    let numbers = json!(vec![1; 3_000_000]);
    let integers = compiled(&json!({"type": "array", "items": {"type": "integer"}}));
    assert_eq!(integers.violations(&numbers), []);
    assert!(!integers.fits_at_once(&numbers) && integers.fits_at_once(&json!([1, 2, 3])), "not while others wait");
    assert!(!integers.fits_at_once(&json!(["1"])));
    let row = json!({"id": 7, "name": "Ada Lovelace", "mail": "ada@example.com", "tags": ["a", "b"]});
    let rows = json!({"rows": vec![row; 75_000]});
    let schema = compiled(&json!({
        "type": "object", "required": ["rows"],
        "properties": {"rows": {"items": {
            "type": "object", "required": ["id", "name"], "additionalProperties": false,
            "properties": {
                "id": {"type": "integer", "minimum": 0}, "name": {"type": "string", "maxLength": 100},
                "mail": {"type": "string", "pattern": "^[^@]+@[^@]+$"}, "tags": {"items": {"enum": ["a", "b", "c"]}}
            }
        }}}
    }));
    assert_eq!(schema.violations(&rows), []);
}

#[test]
fn references_of_every_kind_lead_where_they_say() {
    let schema = compiled(&json!({
        "$id": "https://example.com/root", "$defs": {
            "a": {"$id": "parts/a", "properties": {"b": {"$ref": "b#there"}}},
            "b": {"$id": "parts/b", "$defs": {"x": {"$anchor": "there", "type": "integer"}}},
            "tree": {"$id": "tree", "$dynamicAnchor": "node", "properties": {"below": {"items": {"$dynamicRef": "#node"}}}}
        },
        "properties": {"a": {"$ref": "parts/a"}, "tree": {"$ref": "tree"}}
    }));
    assert_eq!(schema.violations(&json!({"a": {"b": 1}, "tree": {"below": [{"below": []}]}})), []);
    assert_eq!(schema.violations(&json!({"a": {"b": "1"}}))[0].path, "/a/b");
    compiled(&json!({"$ref": "https://json-schema.org/draft/2020-12/schema"}));
    compiled(&json!(true));
}

/// Names in a schema that are keywords elsewhere are names all the same.
#[test]
fn members_that_are_called_like_keywords_are_members() {
    let schema = json!({"properties": {"enum": {"type": "string"}, "const": {"$ref": "#/properties/enum"}, "$ref": {"type": "integer"}}});
    let schema = compiled(&schema);
    assert_eq!(schema.violations(&json!({"enum": "a", "const": "b", "$ref": 1})), []);
    assert_eq!(schema.violations(&json!({"enum": 1, "const": 2, "$ref": "c"})).len(), 3);
    let hidden = json!({"$defs": {"c": {"const": {"allOf": [{"type": "string"}]}}}, "$ref": "#/$defs/c/const"});
    refused(&json!({"allOf": [hidden["$defs"]["c"], {"$ref": "#/allOf/0/const"}]}));
}
