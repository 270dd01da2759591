//! Input meant to harm: an error or a value, in time, on the stack of a worker thread.

use super::{World, error, value};
use crate::{Expr, ExprError, Template, limits};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Runs something on 2 MB of stack, as a worker does, and asserts that it takes less than two seconds.
fn on_worker<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(act).unwrap();
    let result = thread.join().expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
    result
}

fn attempt(source: impl Into<String>) -> Result<Value, ExprError> {
    let source = source.into();
    on_worker(move || {
        let world = World::with_output(json!({"list": vec![1; 100], "text": "aaaaaaaaaa", "long": vec![1; 100_000]}));
        world.eval(&source)
    })
}

#[test]
fn blanks_count_towards_the_length() {
    let longest = |blanks: usize| Expr::compile(&format!("1{}", " ".repeat(blanks)));
    assert!(longest(limits::EXPRESSION_BYTES - 1).is_ok());
    assert_eq!(longest(limits::EXPRESSION_BYTES).unwrap_err().code, "invalid_cel");
}

#[test]
fn depth_is_refused_not_followed() {
    let deep = [
        "(".repeat(2_000),
        "[".repeat(2_000),
        "{'a':".repeat(400),
        "{{".repeat(1_000),
        format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)),
        format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000)),
        format!("1{}", "+1".repeat(1_000)),
        format!("1{}", "==1".repeat(600)),
        format!("a{}", ".b".repeat(1_000)),
        format!("a{}", "[0]".repeat(600)),
        format!("{}1", "!-".repeat(1_000)),
        "x?".repeat(1_000),
        format!("{}1", "x?1:".repeat(500)),
        format!("{}1{}", "size(".repeat(300), ")".repeat(300)),
        format!("''{}", ".trim()".repeat(280)),
        format!("[1]{}", ".map(x,x)".repeat(200)),
        format!("{}1", "[1].map(x,".repeat(200)),
    ];
    for source in deep {
        assert_eq!(attempt(source.clone()).unwrap_err().code, "invalid_cel", "{source}");
    }
}

#[test]
fn long_but_shallow_expressions_work() {
    assert_eq!(attempt(format!("{}true", "!".repeat(2_000))).unwrap(), json!(true));
    assert_eq!(attempt(format!("{}1", "-".repeat(2_001))).unwrap(), json!(-1));
    assert_eq!(attempt(format!("true{}", "&&true".repeat(300))).unwrap(), json!(true));
    assert_eq!(attempt(format!("1{}", "+1".repeat(190))).unwrap(), json!(191));
    assert_eq!(attempt(format!("[{}]", "1,".repeat(1_000))).unwrap(), json!(vec![1; 1_000]));
}

#[test]
fn too_much_work_is_stopped() {
    let mut nested = "0".to_owned();
    for i in 0..7 {
        nested = format!("output.list.map(v{i}, {nested})");
    }
    let greedy = [
        nested,
        "output.long.all(x, output.long.all(y, y == 1))".to_owned(),
        "output.long.all(x, output.long == output.long)".to_owned(),
        "output.long.filter(x, x in output.long.map(y, 0)).size() > 0".to_owned(),
        "output.long.distinct() + lists.range(100000).distinct()".to_owned(),
        "lists.range(9223372036854775807)".to_owned(),
        "output.long.map(x, 'aaaa'.matches(output.text))".to_owned(),
        // `||` ignores other errors of its operands, but not a spent budget.
        "output.long.all(x, output.long.all(y, y == 1)) || true".to_owned(),
    ];
    for source in greedy {
        let error = attempt(source.clone()).unwrap_err();
        assert_eq!(error.code, "expression_limit", "{source}: {error}");
    }
}

#[test]
fn too_much_room_is_refused() {
    let eight = ".replace('a', 'aaaaaaaaaaaaaaaaaaaa')".repeat(8);
    let doubled = format!("[output.text]{}", ".map(x, x + x + x + x + x + x + x + x + x + x)".repeat(8));
    let joined = "output.long.map(x, output.long).flatten()".to_owned();
    let result = format!("[{}]", "output.long,".repeat(120));
    for source in [format!("output.text{eight}"), doubled, joined, result] {
        let error = attempt(source.clone()).unwrap_err();
        assert_eq!(error.code, "expression_limit", "{source}: {error}");
    }
}

#[test]
fn a_large_list_can_be_filtered() {
    assert_eq!(attempt("output.long.filter(x, x > 0).size()").unwrap(), json!(100_000));
}

#[test]
fn numbers_at_their_bounds_are_errors_not_panics() {
    for source in [
        "9223372036854775807 + 1",
        "-9223372036854775808 - 1",
        "9223372036854775807 * 2",
        "-(-9223372036854775808)",
        "-9223372036854775808 / -1",
        "1 / 0",
        "1 % 0",
        "1.0 / 0",
        "1 % 0.0",
        "0u - 1u",
        "18446744073709551615u + 1u",
        "18446744073709551615u * 18446744073709551615u * 1",
        "int(1e19)",
        "int(18446744073709551615u)",
        "uint(-1)",
        "math.abs(-9223372036854775808)",
        "duration('99999999999999999h')",
        "timestamp(9223372036854775807)",
        "timestamp('9999-12-30T00:00:00Z') + duration('99999h')",
        "timestamp('2026-01-01T00:00:00Z').getHours('99:99')",
        "[1][9223372036854775807]",
        "[1][-1]",
        "'a'.substring(5, 9223372036854775807)",
        "'a'.substring(-1)",
    ] {
        assert_eq!(error(source).code, "evaluation_error", "{source}");
    }
    assert_eq!(value("-9223372036854775808 % -1"), json!(0));
    assert_eq!(value("9223372036854775807 == 9223372036854775807.0"), json!(false));
    assert_eq!(value("1e40 > 9223372036854775807 && -1e40 < -9223372036854775808"), json!(true));
}

#[test]
fn patterns_are_bounded() {
    for pattern in ["(a{1000}){1000}", "\\\\p{L}{1000}", "((((a*)*)*)*)*{999}{999}"] {
        let error = Expr::compile(&format!("'a'.matches('{pattern}')")).unwrap_err();
        assert!(error.message.contains("pattern"), "{error}");
    }
    assert_eq!(attempt(format!("'a'.matches('{}')", "(".repeat(1_900))).unwrap_err().code, "invalid_cel");
    let text = json!({"t": "a".repeat(16 * 1024), "u": "a".repeat(17 * 1024)});
    let slow = on_worker(move || {
        let world = World::with_output(text);
        (world.eval("output.t.matches('(a?){100}[^a]a')"), world.eval("output.u.matches('a')"))
    });
    assert_eq!(slow.0.unwrap(), json!(false));
    assert_eq!(slow.1.unwrap_err().code, "expression_limit");
}

#[test]
fn deep_json_is_read_up_to_the_bound_and_refused_beyond() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let world = World::with_output(nested(99));
    assert_eq!(world.eval("output == output").unwrap(), json!(true));
    assert_eq!(world.eval("output").unwrap(), nested(99));
    assert_eq!(world.eval("[[output]]").unwrap_err().code, "expression_limit");
    let template = Template::compile(&json!([["{{ output }}"]])).unwrap();
    assert_eq!(template.render(&world.scope()).unwrap_err().code, "expression_limit");
}

#[test]
fn odd_bytes_are_errors() {
    for source in
        ["'\\xZZ'", "'\\u12'", "'\\UFFFFFFFF'", "'\\é'", "'\\", "\u{feff}1", "b'\\u0041'", "`a", "a.``.b ?", "é"]
    {
        assert_eq!(attempt(source).unwrap_err().code, "invalid_cel", "{source:?}");
    }
    assert_eq!(value("'\\0001é'"), json!("\u{0}1é"));
    assert_eq!(value("'\u{0}'.size()"), json!(1));
}
