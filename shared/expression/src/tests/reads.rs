//! What an expression reads, statically.

use crate::Expr;
use serde_json::json;

#[test]
fn names_exclude_the_variables_of_macros() {
    let expr = Expr::compile("items.exists(x, x.price > limit && y.all(x, x == z)) || type(k) == int").unwrap();
    let names: Vec<_> = expr.references().names.iter().map(String::as_str).collect();
    assert_eq!(names, ["items", "k", "limit", "y", "z"]);
}

#[test]
fn nodes_are_found_however_they_are_named_and_guarded() {
    let nodes = |source: &str| {
        let expr = Expr::compile(source).unwrap();
        let refs = expr.references();
        let nodes: Vec<_> = refs.ctx_nodes.iter().map(|(node, guarded)| (node.clone(), *guarded)).collect();
        (nodes, refs.whole_ctx)
    };
    let one = |guarded| vec![("a".to_owned(), guarded)];
    assert_eq!(nodes("ctx.a.output.x > 1"), (one(false), false));
    assert_eq!(nodes("ctx['a'].output[0]"), (one(false), false));
    assert_eq!(nodes("has(ctx.a.output.x)"), (one(true), false));
    assert_eq!(nodes("has(ctx.a.output) ? ctx.a.output.x : 1"), (one(true), false));
    assert_eq!(nodes("ctx.?a.output.x.orValue(1)"), (one(true), false));
    assert_eq!(nodes("ctx.?a.output.x.orValue(1) + ctx.a.output.y"), (one(false), false));
    assert_eq!(nodes("ctx[input.which].output"), (vec![], true));
    assert_eq!(nodes("size(ctx)"), (vec![], true));
}

#[test]
fn paths_and_comparisons_are_listed() {
    let expr = Expr::compile("ctx.a.output['b-c'].d == 'x' && 5 < input.n && f[g.h].i == 1 && a.KEY != ''").unwrap();
    let refs = expr.references();
    let paths: Vec<String> = refs.paths.iter().map(|path| path.segments.join("/")).collect();
    assert_eq!(paths, ["ctx/a/output/b-c/d", "input/n", "f", "g/h", "a/KEY"]);
    let comparisons: Vec<_> =
        refs.comparisons.iter().map(|(path, value, op)| (path.segments.join("/"), value.clone(), *op)).collect();
    let expected = [("ctx/a/output/b-c/d", json!("x"), "=="), ("input/n", json!(5), ">"), ("a/KEY", json!(""), "!=")];
    assert_eq!(comparisons, expected.map(|(path, value, op)| (path.to_owned(), value, op)));
}
