//! What expressions take in memory, whatever they are made of.
#![allow(clippy::unwrap_used)]

mod peak;

use peak::{Counting, alone, peak};
use serde_json::{Value, json};
use stepwell_expression::{
    Context, ExecutionScope, Expr, ExprError, Scope, Template, limits,
    memory::{weight, weight_of_text},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1024 * 1024;
/// What one evaluation may take at most: what it builds, which is counted as it grows, what it results in, and the room
/// that lists keep to grow.
const MOST: usize = 2 * limits::EXPRESSION_BUILT_BYTES + limits::EXPRESSION_MADE_BYTES + 24 * MIB;

struct Nothing;

impl Context for Nothing {
    fn output_of(&self, _: &str) -> Option<&Value> {
        None
    }
    fn nodes(&self) -> Vec<&str> {
        Vec::new()
    }
}

fn scope(input: &Value) -> Scope<'_> {
    Scope {
        output: None,
        input,
        ctx: &Nothing,
        in_loop: None,
        item: None,
        index: None,
        execution: ExecutionScope { id: "e", workflow_id: "w", started_at: "2026-11-01T00:00:00Z" },
        args: None,
        extra: &[],
        bare: [None, Some(input)],
    }
}

fn eval(source: &str, input: &Value) -> (usize, Result<Value, ExprError>) {
    let expr = Expr::compile(source).unwrap();
    peak(|| expr.eval(&scope(input)))
}

/// An expression of few bytes whose value names `seed` a million times and more.
fn doubled(seed: &str, times: usize) -> String {
    format!("[{seed}]{}", ".map(x,[x,x,x,x,x,x,x,x])".repeat(times))
}

#[test]
fn a_short_expression_takes_no_more_than_its_budget() {
    let _alone = alone();
    let input = json!({"text": "a".repeat(1_000), "list": vec![0; 1_000]});
    let short = [
        doubled("{'a': 0}", 6),
        doubled("{'a': {'b': {'c': {}}}}", 6),
        doubled("{}", 7),
        doubled("[[]]", 7),
        doubled("0", 7),
        doubled("'text'", 7),
        doubled("input.list", 4),
        doubled("{'a': input.list}", 4),
        format!("[{{'a':0}}]{}[0][0][0][0]", ".map(x,[x,x,x,x,x,x,x,x,x,x,x,x])".repeat(6)),
        format!("input.list.map(x, {}).map(x, [x, x])", doubled("{'a': x}", 3)),
        "input.list.map(x, input.list.map(y, [y]))".to_owned(),
        "input.list.map(x, input.list.map(y, string(y)))".to_owned(),
        "input.list.map(x, input.text.split(''))".to_owned(),
        "lists.range(1000000).map(x, {'n': x})".to_owned(),
        "input.list.map(x, input.list).flatten().flatten()".to_owned(),
        format!("input.text{}", ".replace('a', 'aaaaaaaaaa')".repeat(6)),
    ];
    for source in short {
        let (bytes, result) = eval(&source, &input);
        assert!(bytes < MOST, "{} MiB: {source}: {:?}", bytes / MIB, result.map(|_| ()));
    }
}

#[test]
fn an_expression_of_283_bytes_that_took_745_mb_is_refused_before_it_takes_them() {
    let _alone = alone();
    let tail = ".map(x,[x,x,x,x,x,x,x,x,x,x,x])".repeat(5) + ".map(x,[x,x,x,x,x,x,x,x,x,x])";
    let source = format!("{:<283}", format!("[{{'a':0}}]{tail}"));
    assert_eq!(source.len(), 283);
    let (bytes, result) = eval(&source, &json!({}));
    assert_eq!(result.unwrap_err().code, "expression_limit");
    assert!(bytes < MOST, "{} MiB", bytes / MIB);
}

#[test]
fn a_template_counts_its_expressions_together() {
    let _alone = alone();
    let template = Template::compile(&json!(vec![format!("{{{{ {} }}}}", doubled("0", 5)); 100])).unwrap();
    let (bytes, result) = peak(|| template.render(&scope(&json!({}))));
    assert_eq!(result.unwrap_err().code, "expression_limit");
    assert!(bytes < MOST, "{} MiB", bytes / MIB);
}

#[test]
fn a_large_text_and_large_records_still_pass() {
    let _alone = alone();
    let text = json!({"text": "x".repeat(limits::OUTCOME_BYTES - 1_000)});
    assert!(eval("input.text", &text).1.is_ok());
    let records: Vec<_> = (0..100_000).map(|n| json!({"id": n, "name": "a name of somebody", "ok": true})).collect();
    let records = json!({ "records": records });
    assert!(eval("input.records", &records).1.is_ok());
    assert!(eval("input.records.filter(r, r.id > 5)", &records).1.is_ok());
}

#[test]
fn weights_are_about_what_is_allocated() {
    let _alone = alone();
    let texts = [
        format!("[{}1]", "1,".repeat(600_000)),
        format!("[{}{{}}]", "{\"a\":0},".repeat(50_000)),
        format!("[{}{{}}]", "{\"id\":1,\"name\":\"somebody\",\"tags\":[\"a\",\"b\"],\"on\":true},".repeat(20_000)),
        format!("[{}\"\"]", "\"a short text\",".repeat(100_000)),
        format!("[\"{}\"]", "long".repeat(1_000_000)),
        format!("[{}[]]", "[],".repeat(100_000)),
        format!("{{{}\"z\":0}}", (0..100_000).map(|n| format!("\"{n}\":{n},")).collect::<String>()),
    ];
    for text in texts {
        let (taken, value) = peak(|| serde_json::from_str::<Value>(&text).unwrap());
        let [before, after] = [weight_of_text(text.as_bytes(), usize::MAX), weight(&value, usize::MAX)];
        for guess in [before, after] {
            let near = guess * 10 >= taken * 7 && guess <= taken * 2;
            assert!(near, "{taken} taken, {before} guessed before and {after} after: {:.60}", text);
        }
    }
}
