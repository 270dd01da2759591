//! The names of workflow format §4.

use super::{Expr, World};
use serde_json::{Value, json};

fn world() -> World {
    World {
        output: Some(json!({"score": 80, "order": {"total": 12}})),
        input: json!({"amount": 20000, "score": 1, "loop": "x"}),
        outputs: [("a".to_owned(), json!({"x": 1})), ("b-c".to_owned(), json!("text"))].into(),
        in_loop: Some((3, json!({"done": true}))),
        item: Some(json!("the item")),
    }
}

#[test]
fn every_name_of_the_scope_is_known() {
    let cases: Vec<(&str, Value)> = vec![
        ("output.score", json!(80)),
        ("input.amount", json!(20000)),
        ("ctx.a.output.x", json!(1)),
        ("ctx['b-c'].output", json!("text")),
        ("ctx.a", json!({"output": {"x": 1}})),
        ("ctx", json!({"a": {"output": {"x": 1}}, "b-c": {"output": "text"}})),
        ("'a' in ctx && size(ctx) == 2", json!(true)),
        ("loop.iteration + 1", json!(4)),
        ("loop.last.done", json!(true)),
        ("loop", json!({"iteration": 3, "last": {"done": true}})),
        ("item", json!("the item")),
        ("index", json!(7)),
        ("execution.id + execution.workflow_id", json!("e1w1")),
        ("timestamp(execution.started_at).getFullYear()", json!(2026)),
        // Bare names: the node's input first, then the execution's.
        ("score", json!(80)),
        ("amount > 10000", json!(true)),
        ("{{ amount }} == {{ input.amount }}", json!(true)),
        ("[1].map(score, score)", json!([1])),
    ];
    for (source, expected) in cases {
        assert_eq!(world().eval(source).unwrap_or_else(|e| panic!("{e}")), expected, "{source}");
    }
}

#[test]
fn extra_names_come_before_all_others() {
    let world = world();
    let answer = json!({"yes": true});
    let extra = [("answer", &answer), ("score", &answer)];
    let mut scope = world.scope();
    scope.extra = &extra;
    assert_eq!(Expr::compile("answer.yes && score.yes").unwrap().eval(&scope).unwrap(), json!(true));
}

#[test]
fn what_is_missing_is_named_with_its_path() {
    let cases = [
        ("output.order.sum", "there is no key `sum` in `output.order`"),
        ("ctx.z.output", "node `z` has no output here"),
        ("ctx.a.result", "there is no key `result` in `ctx.a`"),
        ("output.score.x", "an int has no key `x` in `output.score`"),
    ];
    for (source, part) in cases {
        let error = world().eval(source).unwrap_err();
        assert!(error.message.contains(part), "{source}: {error}");
    }
    let outside = World::default();
    assert!(outside.eval("loop.iteration").unwrap_err().message.contains("inside a loop"));
    assert!(outside.eval("item").unwrap_err().message.contains("map"));
}

#[test]
fn has_is_false_wherever_the_path_ends() {
    let cases = [
        ("has(output.order.total)", true),
        ("has(output.order.sum)", false),
        ("has(output.a.b.c)", false),
        ("has(output.score.x)", false),
        ("has(ctx.z.output.x)", false),
        ("has(ctx.z)", false),
        ("has(ctx.a)", true),
        ("has(ctx['b-c'].output)", true),
        ("has(nothing)", false),
        ("has(amount)", true),
        ("has(ctx.z.output) && ctx.z.output.x > 1", false),
        ("ctx.?z.output.x.orValue(5) == 5", true),
        ("ctx.z.?output.x.orValue(5) == 5", true),
        ("ctx.a.output.?x.orValue(5) == 1", true),
        ("ctx[?'z'].output.hasValue()", false),
    ];
    for (source, expected) in cases {
        assert_eq!(world().eval(source).unwrap_or_else(|e| panic!("{e}")), json!(expected), "{source}");
    }
}

#[test]
fn a_condition_must_be_true_or_false() {
    let world = world();
    let condition = |source: &str| Expr::compile(source).unwrap().eval_bool(&world.scope());
    assert!(condition("output.score >= 80").unwrap());
    let error = condition("output.score").unwrap_err();
    assert_eq!(error.code, "evaluation_error");
    assert!(error.message.contains("gave an int, not true or false"), "{error}");
}
