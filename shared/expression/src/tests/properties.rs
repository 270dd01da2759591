//! Properties over generated input, and agreement with the reference implementation in Rust, `cel`.

use super::{EMPTY, World};
use crate::{Expr, Template};
use proptest::prelude::*;
use serde_json::{Value, json};

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON numbers are finite", |f| f.is_finite()).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const SOUP: [&str; 44] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    ".",
    "?",
    ":",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "&&",
    "||",
    "==",
    "<",
    "in",
    "x",
    "output",
    "ctx",
    "ctx.a-b",
    "has(",
    ".map(x,",
    ".all(x,",
    "size(",
    ".replace('a','aa')",
    "'a'",
    "\"",
    "1",
    "2.5",
    "3u",
    "true",
    "null",
    "b'x'",
    ".?x",
    "[?0]",
    "\\",
    "é",
];

proptest! {
    #[test]
    fn token_soup_never_panics(tokens in prop::collection::vec(prop::sample::select(&SOUP[..]), 0..40)) {
        let source = tokens.join(" ");
        let world = World::with_output(json!({"x": [1, "a", null]}));
        if let Ok(expr) = Expr::compile(&source) {
            let _ = expr.eval(&world.scope());
        }
        if let Ok(template) = Template::compile(&json!([source])) {
            let _ = template.render(&world.scope());
        }
    }

    #[test]
    fn any_text_never_panics(source in "\\PC{0,60}") {
        let _ = Expr::compile(&source).map(|expr| expr.eval(&EMPTY.scope()));
    }

    #[test]
    fn json_passes_through_unchanged(value in json_value()) {
        let world = World::with_output(value.clone());
        prop_assert_eq!(world.eval("output").unwrap().to_string(), value.to_string());
        prop_assert_eq!(world.eval("[output].map(x, {'k': x})[0].k").unwrap().to_string(), value.to_string());
        prop_assert_eq!(world.eval("output == output").unwrap(), json!(true));
    }

    #[test]
    fn results_agree_with_the_reference(expression in arithmetic()) {
        let program = cel::Program::compile(&expression).unwrap();
        let reference = program.execute(&cel::Context::default());
        let ours = EMPTY.eval(&expression);
        match (&reference, &ours) {
            (Ok(reference), Ok(ours)) => prop_assert_eq!(&reference.json().unwrap(), ours, "{}", expression),
            (Err(_), Err(_)) => {}
            _ => prop_assert!(false, "{}: {:?}, {:?}", expression, reference, ours),
        }
    }
}

/// Expressions over ints, booleans, strings and lists, well typed, where both must agree.
fn arithmetic() -> impl Strategy<Value = String> {
    let int = prop_oneof![(-20_i64..20).prop_map(|i| format!("({i})")), Just("9223372036854775807".to_owned())];
    int.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(&["+", "-", "*", "/", "%"][..]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (
                inner.clone(),
                prop::sample::select(&["<", "<=", ">", ">=", "==", "!="][..]),
                inner.clone(),
                inner.clone()
            )
                .prop_map(|(a, op, b, c)| format!("({a} {op} {b} ? {c} : {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} == {b} || {b} / {c} > 0 && !({c} < {a}) ? 1 : 2)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("size([{a}, {b}].filter(x, x > {a}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}, 3].map(x, x * 2)[1]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("([{a}].exists(x, x % {b} == 0) ? {a} : 5)")),
            inner.clone().prop_map(|a| format!("size(string({a}) + 'é')")),
            inner.prop_map(|a| format!("({a} in [1, 2, {a}] ? {{'k': {a}}}.k : 0)")),
        ]
    })
}
