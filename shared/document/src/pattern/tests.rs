#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use serde_json::{Value, json};

fn matches(pattern: Value, event: Value) -> bool {
    Pattern::read(&pattern).unwrap_or_else(|faults| panic!("{pattern}: {faults:#?}")).matches(&event)
}

fn s3() -> Value {
    json!({"version": "0", "id": "e-1", "source": "aws.s3", "detail-type": "Object Created", "account": "123456789012",
        "resources": ["arn:aws:s3:::inbox"], "detail": {"bucket": {"name": "inbox"},
        "object": {"key": "in/Report.CSV", "size": 1024}, "source-ip-address": "10.1.2.3", "reason": null}})
}

#[test]
fn every_named_field_must_match_and_others_do_not_matter() {
    let created = json!({"source": ["aws.s3"], "detail-type": ["Object Created", "Object Restored"]});
    assert!(matches(created, s3()));
    assert!(!matches(json!({"source": ["aws.s3"], "detail-type": ["Object Deleted"]}), s3()));
    assert!(!matches(json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["outbox"]}}}), s3()));
    assert!(!matches(json!({"nowhere": ["aws.s3"]}), s3()));
    assert!(!matches(json!({"detail": ["aws.s3"]}), s3()), "an object is no leaf");
    assert!(!matches(json!({"source": {"deeper": ["x"]}}), s3()), "a leaf is no object");
    assert!(!matches(json!({"source": ["aws.s3"]}), json!("aws.s3")), "what is no object has no fields");
}

#[test]
fn values_are_equal_by_type_and_numbers_by_value() {
    let event = json!({"n": 300, "t": true, "z": null, "s": "300", "empty": ""});
    for pattern in [
        json!({"n": [300.0]}),
        json!({"n": [3.0e2]}),
        json!({"t": [true]}),
        json!({"z": [null]}),
        json!({"empty": [""]}),
    ] {
        assert!(matches(pattern.clone(), event.clone()), "{pattern}");
    }
    for pattern in [json!({"n": ["300"]}), json!({"s": [300]}), json!({"t": ["true"]}), json!({"gone": [null]})] {
        assert!(!matches(pattern.clone(), event.clone()), "{pattern}");
    }
}

#[test]
fn texts_are_matched_by_their_ends_in_any_case_and_by_wildcards() {
    let key = |matcher: Value| matches(json!({"detail": {"object": {"key": [matcher]}}}), s3());
    assert!(key(json!({"prefix": "in/"})) && !key(json!({"prefix": "IN/"})));
    assert!(key(json!({"prefix": {"equals-ignore-case": "IN/"}})));
    assert!(key(json!({"suffix": ".CSV"})) && !key(json!({"suffix": ".csv"})));
    assert!(key(json!({"suffix": {"equals-ignore-case": ".csv"}})));
    assert!(key(json!({"equals-ignore-case": "IN/REPORT.csv"})) && !key(json!({"equals-ignore-case": "report.csv"})));
    assert!(
        key(json!({"wildcard": "in/*.CSV"})) && key(json!({"wildcard": "*Re*r*"})) && key(json!({"wildcard": "*"}))
    );
    assert!(!key(json!({"wildcard": "in/*.CSV.gz"})) && !key(json!({"wildcard": "*report*"})));
    assert!(!matches(json!({"n": [{"prefix": "1"}]}), json!({"n": 12})), "a number has no prefix");
    assert!(!matches(json!({"s": [{"wildcard": "ab*b"}]}), json!({"s": "ab"})), "parts do not overlap");
    assert!(matches(json!({"s": [{"wildcard": "a\\*\\\\*"}]}), json!({"s": "a*\\anything"})));
    assert!(!matches(json!({"s": [{"wildcard": "a\\*"}]}), json!({"s": "ab"})));
}

#[test]
fn anything_but_wants_another_value_to_be_there() {
    let state = |matcher: Value, event: Value| matches(json!({"state": [{ "anything-but": matcher }]}), event);
    assert!(state(json!("off"), json!({"state": "on"})) && !state(json!("off"), json!({"state": "off"})));
    assert!(!state(json!("off"), json!({})), "it must be there");
    assert!(!state(json!(["off", "idle"]), json!({"state": "idle"})));
    assert!(!state(json!([1, 2.0]), json!({"state": 2})) && state(json!([1, 2]), json!({"state": 3})));
    assert!(!state(json!({"prefix": "o"}), json!({"state": "on"})));
    assert!(!state(json!({"suffix": ["n", "ff"]}), json!({"state": "off"})));
    assert!(!state(json!({"equals-ignore-case": ["ON"]}), json!({"state": "on"})));
    assert!(state(json!({"wildcard": "o*n"}), json!({"state": "off"})));
    assert!(state(json!("off"), json!({"state": ["off", "on"]})), "one of the items");
}

#[test]
fn numbers_lie_in_a_range() {
    let size = |numeric: Value| matches(json!({"detail": {"object": {"size": [{ "numeric": numeric }]}}}), s3());
    assert!(size(json!(["=", 1024])) && size(json!([">", 1000, "<=", 1024])) && size(json!(["<=", 1024, ">", 0])));
    assert!(!size(json!([">", 1024])) && !size(json!(["<", 1024])) && size(json!([">=", 1024])));
    assert!(!matches(json!({"source": [{"numeric": [">", 0]}]}), s3()), "a text is no number");
}

/// As AWS documents it: `exists` looks at leaves only.
#[test]
fn existence_is_that_of_a_leaf() {
    let exists = |name: &str, wanted: bool| matches(json!({"detail": {name: [{ "exists": wanted }]}}), s3());
    assert!(exists("source-ip-address", true) && !exists("source-ip-address", false));
    assert!(exists("gone", false) && !exists("gone", true));
    assert!(exists("reason", true), "null is there");
    assert!(exists("bucket", false), "an object is no leaf");
    assert!(matches(json!({"a": {"b": {"c": [{"exists": false}]}}}), json!({"a": 1})), "nor is what is under nothing");
    assert!(matches(json!({"a": [{"exists": false}]}), json!({"a": []})));
    assert!(matches(json!({"a": [{"exists": false}, "x"]}), json!({"a": "x"})));
}

#[test]
fn addresses_are_of_a_range() {
    let within = |cidr: &str, address: &str| matches(json!({"ip": [{ "cidr": cidr }]}), json!({ "ip": address }));
    assert!(within("10.0.0.0/8", "10.255.0.1") && !within("10.0.0.0/8", "11.0.0.1"));
    assert!(within("10.0.0.7/32", "10.0.0.7") && within("0.0.0.0/0", "192.0.2.1"));
    assert!(within("2001:db8::/32", "2001:db8::1") && !within("2001:db8::/32", "2001:db9::1"));
    assert!(within("::/0", "2001:db8::1") && !within("::/0", "10.0.0.1") && !within("0.0.0.0/0", "nowhere"));
}

#[test]
fn one_of_several_patterns_is_enough() {
    let either = json!({"source": ["aws.s3"], "$or": [
        {"detail": {"object": {"size": [{"numeric": [">", 1_000_000]}]}}},
        {"detail": {"object": {"key": [{"prefix": "in/"}]}}}]});
    assert!(matches(either.clone(), s3()));
    let mut other = s3();
    other["detail"]["object"]["key"] = json!("out/x");
    assert!(!matches(either, other));
    let below = json!({"detail": {"$or": [{"reason": [null]}, {"bucket": {"name": ["x"]}}]}});
    assert!(matches(below, s3()));
}

#[test]
fn lists_match_by_an_item_and_objects_in_lists_as_a_whole() {
    assert!(matches(json!({"resources": [{"suffix": ":inbox"}]}), s3()));
    let event = json!({"lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 9}], "deep": [[["x"]]]});
    assert!(matches(json!({"lines": {"sku": ["b"], "count": [9]}}), event.clone()));
    assert!(!matches(json!({"lines": {"sku": ["a"], "count": [9]}}), event.clone()), "of two different lines");
    assert!(matches(json!({"deep": ["x"]}), event));
}

#[test]
fn a_pattern_that_cannot_be_meant_is_refused_with_its_place() {
    for (pattern, path, said) in [
        (json!([]), "", "list"),
        (json!({}), "", "nothing is named"),
        (json!({"source": "aws.s3"}), "/source", "a string"),
        (json!({"source": []}), "/source", "empty"),
        (json!({"detail": {}}), "/detail", "nothing is named"),
        (json!({"a/b": [["x"]]}), "/a~1b/0", "list within"),
        (json!({"a": [{}]}), "/a/0", "0 operators"),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "/a/0", "2 operators"),
        (json!({"a": ["x", {"prefx": "x"}]}), "/a/1/prefx", "no operator"),
        (json!({"a": [{"prefix": 1}]}), "/a/0/prefix", "a number"),
        (json!({"a": [{"prefix": {"prefix": "x"}}]}), "/a/0/prefix", "an object"),
        (json!({"a": [{"exists": "yes"}]}), "/a/0/exists", "a string"),
        (json!({"a": [{"numeric": ["<"]}]}), "/a/0/numeric", "no comparison"),
        (json!({"a": [{"numeric": [">", 5, "<", 1]}]}), "/a/0/numeric", "no comparison"),
        (json!({"a": [{"numeric": ["=", 5, "<", 9]}]}), "/a/0/numeric", "no comparison"),
        (json!({"a": [{"numeric": ["!=", 5]}]}), "/a/0/numeric", "no comparison"),
        (json!({"a": [{"cidr": "10.0.0.0/33"}]}), "/a/0/cidr", "no range"),
        (json!({"a": [{"cidr": "10.0.0.0"}]}), "/a/0/cidr", "no range"),
        (json!({"a": [{"wildcard": "a**b"}]}), "/a/0/wildcard", "two stars"),
        (json!({"a": [{"wildcard": "a\\b"}]}), "/a/0/wildcard", "backslash"),
        (json!({"a": [{"wildcard": "x".repeat(300)}]}), "/a/0/wildcard", "too long"),
        (json!({"a": [{"anything-but": []}]}), "/a/0/anything-but", "empty"),
        (json!({"a": [{"anything-but": ["x", 1]}]}), "/a/0/anything-but", "a list"),
        (json!({"a": [{"anything-but": {"numeric": ["<", 1]}}]}), "/a/0/anything-but/numeric", "takes no"),
        (json!({"a": [{"anything-but": {"prefix": []}}]}), "/a/0/anything-but/prefix", "empty"),
        (json!({"$or": [{"a": ["x"]}]}), "/$or", "fewer than two"),
        (json!({"$or": [{"a": ["x"]}, "b"]}), "/$or/1", "a string"),
        (json!({"a": ["x".repeat(5000)]}), "", "too long"),
    ] {
        let faults = Pattern::read(&pattern).unwrap_err();
        let fault = &faults[0];
        assert_eq!((faults.len(), fault.path.as_str()), (1, path), "{pattern}: {faults:?}");
        assert!(fault.message.contains(said) && !fault.hint.is_empty(), "{pattern}: {fault:?}");
    }
    let several = Pattern::read(&json!({"a": "x", "b": [{"prefx": "x"}], "c": {}})).unwrap_err();
    assert_eq!(several.len(), 3, "{several:?}");
}

#[test]
fn listeners_are_the_triggers_that_have_a_pattern() {
    let pattern = json!({"source": ["aws.s3"]});
    let document = json!({"nodes": [
        {"id": "on", "type": "event_trigger", "config": {"pattern": pattern}},
        {"id": "bare", "type": "event_trigger", "config": {}},
        {"id": "go", "type": "manual_trigger"}]});
    let found = listeners(&"w".into(), &document);
    assert_eq!(found, [Listener { workflow: "w".into(), node: "on".into(), pattern }]);
    assert_eq!(listeners(&"w".into(), &json!({})), []);
}
