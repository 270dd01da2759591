//! The language itself.

use super::{World, error, value};
use serde_json::{Value, json};

#[test]
fn expressions_have_the_values_that_cel_gives_them() {
    let cases: Vec<(&str, Value)> = vec![
        ("1 + 2 * 3", json!(7)),
        ("(1 + 2) * 3", json!(9)),
        ("10 - 3 - 2", json!(5)),
        ("7 / 2", json!(3)),
        ("-7 / 2", json!(-3)),
        ("-7 % 3", json!(-1)),
        ("80.0 % 3", json!(2.0)),
        ("4 * 1.5", json!(6.0)),
        ("1u + 1", json!(2)),
        ("--5", json!(5)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("0x1F", json!(31)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        ("80 == 80.0 && 1u == 1 && 1 != 1.5", json!(true)),
        ("9007199254740993 == 9007199254740992.0", json!(false)),
        ("'5' == 5", json!(false)),
        ("1 < 1.5 && 2u > 1", json!(true)),
        ("'abc' < 'abd'", json!(true)),
        ("[1, 2.0, 'x'] == [1.0, 2, 'x']", json!(true)),
        ("{'a': 1} == {'a': 1.0}", json!(true)),
        ("2 in [1, 2.0]", json!(true)),
        ("'a' in {'a': 1}", json!(true)),
        ("!true || !!true", json!(true)),
        ("true ? 1 : 2", json!(1)),
        ("false ? 1 : true ? 2 : 3", json!(2)),
        ("'a' + \"b\" + r'\\n'", json!("ab\\n")),
        ("'\\u00e9\\x41\\101\\n'", json!("éAA\n")),
        ("'''it's'''", json!("it's")),
        ("b'abc'", json!("YWJj")),
        ("b'\\xff\\xfe'", json!("//4=")),
        ("[1] + [2]", json!([1, 2])),
        ("{'a': [1, {'b': null}]}", json!({"a": [1, {"b": null}]})),
        ("{1: 'x', true: 'y'}", json!({"1": "x", "true": "y"})),
        ("[1, 2, 3][1]", json!(2)),
        ("{'a': {'b-c': 3}}.a['b-c']", json!(3)),
        ("{'b-c': 3}.`b-c`", json!(3)),
        ("type(1) == int && type('') == string && type({}) == map", json!(true)),
        ("1 // a comment\n + 1", json!(2)),
    ];
    for (source, expected) in cases {
        let actual = value(source);
        // Values are compared as JSON text, which tells 2 from 2.0.
        assert_eq!(actual.to_string(), expected.to_string(), "{source}");
    }
}

#[test]
fn functions_and_macros() {
    let cases: Vec<(&str, Value)> = vec![
        ("size('héé') + size([1, 2]) + size({'a': 1}) + 'ab'.size()", json!(8)),
        ("'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')", json!(true)),
        ("'a1b'.matches('[0-9]') && matches('abc', '^a.c$')", json!(true)),
        (r"'ann.lee@example.com'.matches(r'^[\w.+-]+@[\w-]+\.\w+$') && !'é'.matches(r'\w|\\w')", json!(true)),
        (r"'a b1'.matches(r'^\S\s\bb\d$') && 'é'.matches('^.$') && 'É'.matches(r'^\p{Lu}\W?$')", json!(true)),
        ("'Ab é'.lowerAscii() + 'ab é'.upperAscii()", json!("ab éAB é")),
        ("' x '.trim()", json!("x")),
        ("'a,b,c'.split(',')", json!(["a", "b", "c"])),
        ("'a,b,c'.split(',', 2)", json!(["a", "b,c"])),
        ("['a', 'b'].join('-') + ['c'].join()", json!("a-bc")),
        ("'aaa'.replace('a', 'b', 2)", json!("bba")),
        ("'héllo'.substring(1, 3) + 'héllo'.substring(3)", json!("éllo")),
        ("'héllo'.indexOf('l') * 10 + 'hello'.lastIndexOf('l')", json!(23)),
        ("'abc'.charAt(1) + 'abc'.reverse()", json!("bcba")),
        ("string(1) + string(1.5) + string(true) + string(2.0)", json!("11.5true2")),
        ("int('12') + int(3.9) + int(-3.9) + int(2u)", json!(14)),
        ("double('1.5') + double(1)", json!(2.5)),
        ("uint(3)", json!(3)),
        ("bool('true')", json!(true)),
        ("[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2)", json!(true)),
        ("[1, 2, 2].exists_one(x, x == 1) && ![2, 2].existsOne(x, x == 2)", json!(true)),
        ("[1, 2, 3].map(x, x * 2)", json!([2, 4, 6])),
        ("[1, 2, 3].map(x, x > 1, x * 2)", json!([4, 6])),
        ("[1, 2, 3].filter(x, x % 2 == 1)", json!([1, 3])),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", json!([[3, 4], [6, 8]])),
        ("{'a': 1, 'b': 2}.map(k, k)", json!(["a", "b"])),
        ("[[1], [2, 3]].flatten()", json!([1, 2, 3])),
        ("[3, 1, 2.5].sort()", json!([1, 2.5, 3])),
        ("[1, 1.0, 2].distinct()", json!([1, 2])),
        ("lists.range(4).slice(1, 3)", json!([1, 2])),
        ("math.greatest(1, 2.5) + math.least([3, 2])", json!(4.5)),
        ("math.round(2.5) + math.floor(-0.5) + math.abs(-3)", json!(5.0)),
        ("{'a': 1}.?a.orValue(0) + {'a': 1}.?b.orValue(10)", json!(11)),
        ("[1, 2][?5].orValue(0)", json!(0)),
        ("{'a': {}}.?a.b.c.hasValue()", json!(false)),
        ("[?{'a': 1}.?a, ?{}.?a]", json!([1])),
        ("{?'x': {}.?a, 'y': 2}", json!({"y": 2})),
        ("optional.of(2).optMap(x, x * 2).value()", json!(4)),
        ("optional.none().or(optional.of(1)).value()", json!(1)),
        ("{}.?a", json!(null)),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source).to_string(), expected.to_string(), "{source}");
    }
}

#[test]
fn times_and_spans() {
    let cases: Vec<(&str, Value)> = vec![
        ("timestamp('2026-01-31T09:00:00+01:00')", json!("2026-01-31T08:00:00Z")),
        ("timestamp('2026-01-31T09:00:00Z') + duration('1h30m')", json!("2026-01-31T10:30:00Z")),
        ("timestamp('2026-01-31T09:00:00Z') - timestamp('2026-01-31T08:00:00Z')", json!("3600s")),
        ("duration('1.5s') + duration('-250ms')", json!("1.250s".replace("1.250", "1.25"))),
        ("-duration('90m')", json!("-5400s")),
        ("duration('90m').getHours() + duration('90m').getMinutes()", json!(91)),
        ("timestamp('2026-01-31T09:10:11.5Z').getMonth()", json!(0)),
        ("timestamp('2026-02-01T23:30:00Z').getDate('Europe/Berlin')", json!(2)),
        ("timestamp('2026-02-01T23:30:00Z').getHours('-02:30')", json!(21)),
        ("timestamp('2026-02-01T00:00:00Z').getDayOfWeek()", json!(0)),
        ("timestamp('2026-02-01T00:00:00Z') < timestamp('2026-02-01T00:00:01Z')", json!(true)),
        ("int(timestamp('1970-01-01T00:01:00Z'))", json!(60)),
        ("string(duration('0'))", json!("0s")),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn one_decisive_side_absorbs_the_error_of_the_other() {
    assert_eq!(value("1 / 0 == 1 || true"), json!(true));
    assert_eq!(value("true || 1 / 0 == 1"), json!(true));
    assert_eq!(value("1 / 0 == 1 && false"), json!(false));
    assert_eq!(value("[0, 1].exists(x, 1 / x == 1)"), json!(true));
    assert_eq!(value("[0, 1].all(x, 1 / x == 2)"), json!(false));
    assert!(error("1 / 0 == 1 || false").message.contains("division by zero"));
    assert!(error("[0, 1].map(x, 1 / x) == [] || false").message.contains("division by zero"));
    assert_eq!(value("[0].exists(x, 1 / x == 1) || [5].exists(y, y == 5)"), json!(true));
}

#[test]
fn errors_at_evaluation_name_the_expression_and_the_types() {
    let cases = [
        ("1 + 'a'", "use string(x)"),
        ("'3' * 2", "use int(x)"),
        ("1 < 'a'", "cannot compare an int with a string"),
        ("!1", "`!` takes true or false, not an int"),
        ("1 && true", "not an int"),
        ("1 ? 2 : 3", "not an int"),
        ("'a' in 'abc'", "text.contains"),
        ("[1][3]", "outside of the list"),
        ("{'a': 1}.b", "there is no key `b`"),
        ("'x'.y", "a string has no key `y`"),
        ("{'a': 1, 'a': 2}", "twice"),
        ("{[1]: 2}", "cannot be a key"),
        ("int('x')", "cannot read"),
        ("timestamp('soon')", "RFC 3339"),
        ("1e308 * 10.0", "not a finite number"),
        ("missing", "there is no `missing`"),
        ("{}.?a.value()", "empty optional"),
        ("[1, 'a'].sort()", "cannot compare"),
    ];
    for (source, part) in cases {
        let error = error(source);
        assert_eq!(error.code, "evaluation_error", "{error}");
        assert!(error.message.contains(part) && error.message.contains(source), "{error}");
    }
}

#[test]
fn errors_at_compilation_have_a_place_and_a_hint() {
    let cases = [
        ("", "empty"),
        ("1 +", "1:4: expected a value, found the end"),
        ("a = 1", "1:3: a single `=`"),
        ("a & b", "write &&"),
        ("a and b", "write && for and"),
        ("1 +\n  )", "2:3"),
        ("(1", "expected `)`"),
        ("'abc", "never closed"),
        ("'\\q'", "escape"),
        ("'\\ud800'", "not a character"),
        ("99999999999999999999", "64 bits"),
        ("now()", "execution.started_at"),
        ("x.lower()", "lowerAscii"),
        ("size()", "used as size(x)"),
        ("has(1)", "has(input.amount)"),
        ("[1].map(1, 2)", "variable's name"),
        ("x.matches('(')", "regular expression"),
        ("ctx.my-node.output > 1", "ctx['my-node']"),
        ("ctx.step-1.output", "ctx['step-1']"),
        ("1 2", "expected the end"),
        ("a.1b", "expected"),
        ("\0", "unexpected character"),
        ("Foo{a: 1}", "structures"),
    ];
    for (source, part) in cases {
        let error = error(source);
        assert_eq!(error.code, "invalid_cel", "{error}");
        assert!(error.message.contains(part), "{source}: {error}");
    }
    assert_eq!(error(&format!("{:2049}", "'")).code, "invalid_cel");
}

#[test]
fn json_integers_are_ints_and_other_numbers_doubles() {
    let world = World::with_output(json!({"total": 4, "rate": 80.0, "big": 18446744073709551615_u64, "list": [1]}));
    let shown = |source: &str| world.eval(source).unwrap().to_string();
    assert_eq!(shown("output.total * 1.5"), "6.0");
    assert_eq!(shown("output.total * 2"), "8");
    assert_eq!(shown("output.total / 3"), "1");
    assert_eq!(shown("output.rate == 80"), "true");
    assert_eq!(shown("output.rate"), "80.0");
    assert_eq!(shown("output.rate % 3"), "2.0");
    assert_eq!(shown("type(output.big) == uint"), "true");
    assert_eq!(shown("output.list + [2]"), "[1,2]");
    assert_eq!(shown("output"), world.output.as_ref().unwrap().to_string());
}

#[test]
fn integers_beyond_63_bits_are_exact() {
    let world = World::with_output(json!({"big": 18446744073709551615_u64, "edge": 9223372036854775808_u64}));
    for (source, shown) in [
        ("output.big", "18446744073709551615"),
        ("string(output.big)", "\"18446744073709551615\""),
        ("[output.big]", "[18446744073709551615]"),
        ("output.big - 1", "18446744073709551614"),
        ("1 + output.edge", "9223372036854775809"),
        ("output.edge - 1", "9223372036854775807"),
        ("output.big / 2", "9223372036854775807"),
        ("output.big % 10", "5"),
        ("-output.edge", "-9223372036854775808"),
        ("output.edge * 1.0 == 9223372036854775808.0", "true"),
        ("output.big > 9223372036854775807 && output.big > output.edge && output.edge > -1", "true"),
        ("output.big == 18446744073709551615u", "true"),
        ("output.big == 18446744073709551616.0", "false"),
        ("[output.big, 1, output.edge].sort()", "[1,9223372036854775808,18446744073709551615]"),
        ("math.greatest(output.edge, output.big, 1.5)", "18446744073709551615"),
    ] {
        assert_eq!(world.eval(source).unwrap().to_string(), shown, "{source}");
    }
    for source in ["output.big + 1", "1 - output.big - 1", "-output.big", "int(output.edge)"] {
        assert_eq!(world.eval(source).unwrap_err().code, "evaluation_error", "{source}");
    }
}
