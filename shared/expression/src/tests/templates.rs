//! Templates.

use super::World;
use crate::Template;
use serde_json::{Value, json};

fn render(template: Value) -> Result<Value, crate::ExprError> {
    let world = World {
        output: Some(json!({"n": 4, "d": 80.0, "s": "text", "list": [1, "a"], "no": null, "o": {"k": 1}})),
        input: json!({"to": "x@example.com"}),
        ..World::default()
    };
    Template::compile(&template).unwrap_or_else(|e| panic!("{e:?}")).render(&world.scope())
}

#[test]
fn one_template_alone_keeps_the_type() {
    let template = json!({"n": "{{ output.n }}", "l": ["{{output.list}}", true], "m": "{{ {'a': {'b': '}}'}} }}"});
    assert_eq!(render(template).unwrap(), json!({"n": 4, "l": [[1, "a"], true], "m": {"a": {"b": "}}"}}}));
    assert_eq!(render(json!("{{ output.d }}")).unwrap().to_string(), "80.0");
}

#[test]
fn in_other_strings_values_become_text() {
    let template =
        json!("{{ to }}: {{ output.n }} {{ output.d }} {{ output.s }} {{ output.list }} {{ output.no }} {{output.o}}!");
    assert_eq!(render(template).unwrap(), json!("x@example.com: 4 80.0 text [1,\"a\"] null {\"k\":1}!"));
    assert_eq!(render(json!("{{ output.n }}{{ output.n }}")).unwrap(), json!("44"));
    assert_eq!(render(json!(" {{ output.n }}")).unwrap(), json!(" 4"));
    assert_eq!(render(json!("{{ '{{' }}x}}")).unwrap(), json!("{{x}}"));
}

#[test]
fn a_missing_key_is_a_template_error_that_names_the_expression() {
    for template in [json!("{{ output.gone }}"), json!({"a": ["x {{ output.gone }}"]})] {
        let error = render(template).unwrap_err();
        assert_eq!(error.code, "template_error");
        assert!(error.message.contains("`output.gone`") && error.message.contains("no key `gone`"), "{error}");
    }
}

#[test]
fn all_bad_strings_are_found_each_with_its_pointer() {
    let template = json!({"a/b": ["ok", "{{ 1 + }}"], "c": "{{ open", "d": "{{ }}"});
    let errors = Template::compile(&template).unwrap_err();
    let pointers: Vec<&str> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/a~1b/1", "/c", "/d"]);
    assert!(errors.iter().all(|(_, error)| error.code == "invalid_cel"));
    assert!(errors[1].1.message.contains("never closed"), "{}", errors[1].1);
}

#[test]
fn constants_and_expressions_are_told_apart() {
    let constant = json!({"a": [1, "}} {"]});
    let template = Template::compile(&constant).unwrap();
    assert!(template.is_constant() && template.expressions().is_empty());
    assert_eq!(template.source(), &constant);

    let template = Template::compile(&json!({"a": ["x", "{{ b }} and {{ c }}"], "d": "{{ e }}"})).unwrap();
    assert!(!template.is_constant());
    let found: Vec<_> = template.expressions().iter().map(|(at, e)| (at.clone(), e.source().to_owned())).collect();
    let expected = [("/a/1", "b"), ("/a/1", "c"), ("/d", "e")].map(|(at, e)| (at.to_owned(), e.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn what_grows_beyond_bounds_is_refused() {
    let world = World::with_output(json!("x".repeat(3_000_000)));
    let template = Template::compile(&json!(vec!["{{ output }}"; 20])).unwrap();
    assert_eq!(template.render(&world.scope()).unwrap_err().code, "expression_limit");
    let mut deep = json!("{{ 1 }}");
    (0..120).for_each(|_| deep = json!([deep]));
    assert_eq!(Template::compile(&deep).unwrap_err()[0].1.code, "invalid_cel");
}
