//! Functions over text, as CEL's string extension defines them, and `urlEncode`.

use super::{World, error, value};
use serde_json::json;

#[test]
fn a_search_has_a_start() {
    for (source, found) in [
        ("'hello mellow'.indexOf('ello')", 1),
        ("'hello mellow'.indexOf('ello', 2)", 7),
        ("'hello mellow'.indexOf('ello', 7)", 7),
        ("'hello mellow'.indexOf('ello', 8)", -1),
        ("'hello mellow'.indexOf('ello', 20)", -1),
        ("'hello mellow'.indexOf('', 2)", 2),
        ("''.indexOf('a')", -1),
        ("'hello mellow'.lastIndexOf('ello')", 7),
        ("'hello mellow'.lastIndexOf('ello', 6)", 1),
        ("'hello mellow'.lastIndexOf('ello', 7)", 7),
        ("'hello mellow'.lastIndexOf('ello', 11)", 7),
        ("'hello mellow'.lastIndexOf('ello', 0)", -1),
        ("'hello mellow'.lastIndexOf('ello', 12)", -1),
        ("'hello mellow'.lastIndexOf('')", 12),
        ("'hello mellow'.lastIndexOf('', 3)", 3),
        ("''.lastIndexOf('a')", -1),
        ("'ééaé'.indexOf('é', 2)", 3),
        ("'ééaé'.lastIndexOf('é', 2)", 1),
        ("'éaüa'.lastIndexOf('aa', 2)", -1),
        ("'aé'.lastIndexOf('aa', 0)", -1),
    ] {
        assert_eq!(value(source), json!(found), "{source}");
    }
    for source in ["'a'.indexOf('a', -1)", "'a'.lastIndexOf('a', -1)", "'a'.indexOf('a', '1')"] {
        assert_eq!(error(source).code, "evaluation_error", "{source}");
    }
}

#[test]
fn the_last_part_of_a_split_is_all_that_is_left() {
    for (source, parts) in [
        ("'a,b,c'.split(',')", json!(["a", "b", "c"])),
        ("'a,b,c'.split(',', 2)", json!(["a", "b,c"])),
        ("'a,b,c'.split(',', 1)", json!(["a,b,c"])),
        ("'a,b,c'.split(',', 0)", json!([])),
        ("'a,b,c'.split(',', -1)", json!(["a", "b", "c"])),
        ("'abc'.split('')", json!(["a", "b", "c"])),
        ("'abc'.split('', 2)", json!(["a", "bc"])),
        ("'éüö'.split('', 2)", json!(["é", "üö"])),
        ("'abc'.split('', 1)", json!(["abc"])),
        ("'abc'.split('', 9)", json!(["a", "b", "c"])),
        ("'abc'.split('', 0)", json!([])),
        ("''.split('')", json!([])),
        ("''.split(',')", json!([""])),
        ("'abc'.replace('', '_')", json!("_a_b_c_")),
        ("'abc'.replace('', '_', 2)", json!("_a_bc")),
        ("'aaa'.replace('a', 'b', 0)", json!("aaa")),
    ] {
        assert_eq!(value(source), parts, "{source}");
    }
}

#[test]
fn a_text_becomes_one_part_of_a_path() {
    let world = World::with_output(json!({"id": "a/b ?é#%&+=.."}));
    let made = world.eval("'/files/' + output.id.urlEncode() + '/x'").unwrap();
    assert_eq!(made, json!("/files/a%2Fb%20%3F%C3%A9%23%25%26%2B%3D../x"));
    assert_eq!(value("'Az09-._~'.urlEncode()"), json!("Az09-._~"));
    assert_eq!(value("''.urlEncode()"), json!(""));
    for source in ["'.'.urlEncode()", "'..'.urlEncode()", "(1).urlEncode()"] {
        assert_eq!(error(source).code, "evaluation_error", "{source}");
    }
    assert!(error("'a'.encodeURIComponent()").message.contains("urlEncode"));
}
