//! Secrets are placed by templates, and read by no expression; and no message tells what an operand holds.

use super::World;
use crate::{Expr, ExprError, Template};
use proptest::prelude::*;
use serde_json::{Value, json};

const SECRET: &str = "Lq7-s3cret/Value";

fn world() -> World {
    World {
        output: Some(json!({"key": SECRET, "n": 4, "o": {"a": 1}, "list": [1], "text": "text"})),
        input: json!({"secrets": {"K": "an input's own"}, "key": SECRET}),
        ..World::default()
    }
}

/// Renders with one secret, `K`.
fn place(template: &Value) -> Result<Value, ExprError> {
    let template = Template::compile(template).unwrap_or_else(|errors| panic!("{errors:?}"));
    template.render_with(&world().scope(), &|name, _| match name {
        "K" => Ok(SECRET.into()),
        _ => Err(ExprError { code: "template_error", message: "not stored".into() }),
    })
}

#[test]
fn a_secret_stands_alone_or_within_a_text() {
    for (template, rendered) in [
        (json!("{{ secrets.K }}"), json!(SECRET)),
        (json!("{{secrets[\"K\"]}}"), json!(SECRET)),
        (json!("Bearer {{ secrets.K }}"), json!(format!("Bearer {SECRET}"))),
        (
            json!(["{{ output.n }}:{{ secrets.K }}", {"a": "{{ secrets['K'] }}"}]),
            json!([format!("4:{SECRET}"), {"a": SECRET}]),
        ),
    ] {
        assert_eq!(place(&template).unwrap(), rendered);
    }
    assert_eq!(place(&json!("{{ secrets.OTHER }}")).unwrap_err().code, "template_error");
    let template = Template::compile(&json!({"a": ["x {{ secrets.K }}"]})).unwrap();
    assert_eq!(template.render(&world().scope()).unwrap_err().code, "secret_not_allowed", "where nobody places any");
    assert!(template.expressions().is_empty() && !template.is_constant());
    let holes = template.secrets();
    assert_eq!((holes[0].pointer.as_str(), holes[0].name, holes[0].before.as_str()), ("/a/0", "K", "x "));
}

/// Every form in which an expression could take hold of a secret.
const READS: [&str; 30] = [
    "secrets",
    "dyn(secrets)",
    "secrets.K == 'L'",
    "'L' < secrets.K",
    "secrets.K + ''",
    "{'a': 1}[secrets.K]",
    "{'a': 1}[?secrets.K].hasValue()",
    "secrets.K.startsWith('L') ? 'x' : 'y'",
    "secrets.K.matches('^L')",
    "'abc'.matches(secrets.K)",
    "size(secrets.K) > 3",
    "secrets['K'].size()",
    "secrets[input.which]",
    "secrets['K' + '']",
    "secrets.?K.orValue('')",
    "secrets[?'K'].orValue('')",
    "has(secrets.K)",
    "has(secrets.K) && true",
    "'K' in secrets",
    "secrets.K in ['L']",
    "[secrets.K]",
    "{'a': secrets.K}",
    "{secrets.K: 1}",
    "[1].map(x, secrets.K)",
    "[1].exists(x, x == 2 || secrets.K == 'L')",
    "secrets.K.map(x, x)",
    "string(secrets.K)",
    "int(secrets.K)",
    "ctx[secrets.K].output",
    "true ? secrets.K : ''",
];

#[test]
fn no_expression_reads_one() {
    for source in READS {
        let expr = Expr::compile(source).unwrap_or_else(|error| panic!("{error}"));
        assert!(expr.references().names.contains("secrets"), "the static check sees it: {source}");
        let error = expr.eval(&world().scope()).unwrap_err();
        assert_eq!(error.code, "secret_not_allowed", "{source}: {error}");
        let in_text = json!(format!("a {{{{ {source} }}}}"));
        for template in [json!(format!("{{{{ {source} }}}}")), in_text] {
            let error = place(&template).unwrap_err();
            assert_eq!(error.code, "secret_not_allowed", "{template}: {error}");
            assert!(Template::compile(&template).unwrap().secrets().is_empty(), "{template}");
        }
    }
    // As a condition, a lone secret is read too, with braces or without.
    for source in ["secrets.K", "{{ secrets.K }}", "secrets['K']"] {
        assert_eq!(world().eval(source).unwrap_err().code, "secret_not_allowed");
    }
}

#[test]
fn what_merely_bears_the_name_is_no_secret() {
    assert_eq!(world().eval("input.secrets.K").unwrap(), json!("an input's own"));
    assert_eq!(world().eval("[1].map(secrets, secrets + 1)").unwrap(), json!([2]));
    assert_eq!(world().eval("{'secrets': 1}.secrets").unwrap(), json!(1));
}

#[test]
fn no_message_tells_what_an_operand_holds() {
    for source in [
        "{'a': 1}[input.key]",
        "output.o[output.key]",
        "output[input.key].x",
        "ctx[input.key].output",
        "execution[input.key]",
        "output.list[input.key]",
        "output.key.x",
        "int(input.key)",
        "double(input.key)",
        "bool(input.key)",
        "duration(input.key)",
        "timestamp(input.key)",
        "timestamp('2026-01-01T00:00:00Z').getHours(input.key)",
        "'a'.matches(input.key + '(')",
        "input.key * 2",
        "-input.key",
        "!input.key",
        "input.key < 1",
        "input.key ? 1 : 2",
        "input.key.all(x, true)",
        "1 in input.key",
        "[1, 2].join(input.key)",
        "{input.key: 1, input.key: 2}",
    ] {
        let error = world().eval(source).unwrap_err();
        assert!(!error.message.contains(SECRET), "{source}: {error}");
        let error = place(&json!(format!("a {{{{ {source} }}}}"))).unwrap_err();
        assert!(!error.message.contains(SECRET), "{source}: {error}");
    }
    let named = world().eval("output.o['gone']").unwrap_err();
    assert!(named.message.contains("no key `gone`"), "what the expression itself spells is named: {named}");
}

proptest! {
    /// Whatever is written around a secret: either it is a place, or nothing comes of it.
    #[test]
    fn around_a_secret_nothing_else_may_stand(before in "[ (!a-z.'+\\[{:?]{0,6}", after in "[ )a-z.'+=\\]}:?(0-9]{0,6}") {
        let hole = format!("{before}secrets.K{after}");
        if let Ok(template) = Template::compile(&json!(format!("{{{{{hole}}}}}"))) {
            match place(template.source()) {
                // Outside of the hole a secret is text, and alone in it as well.
                Ok(rendered) => prop_assert!(!rendered.to_string().contains(SECRET) || !template.secrets().is_empty()),
                Err(error) => prop_assert!(!error.message.contains(SECRET), "{}", error),
            }
        }
        if let Ok(expr) = Expr::compile(&hole)
            && let Ok(value) = expr.eval(&world().scope())
        {
            prop_assert!(!value.to_string().contains("s3cret"), "{} gave {}", hole, value);
        }
    }
}
