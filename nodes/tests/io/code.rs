//! `code` in real child processes: what it may do, and what it must not get away with.

use document::time::Time;
use engine::port::Runner;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use stepwell_core::task::{CodeTask, Failure, Outcome, Report, Task, Work};
use stepwell_nodes::{Config, JsChild, Nodes};

pub fn nodes(children: usize) -> Nodes {
    let js_child = JsChild { program: env!("CARGO_BIN_EXE_js_child").into(), args: vec![] };
    Nodes::new(Config { js_child, js_children: children, ..Config::default() }).unwrap()
}

pub fn task(code: &str, names: Value, seconds: f64) -> Task {
    let names: Map<String, Value> = names.as_object().cloned().unwrap();
    let work = Work::Code(CodeTask { code: code.into(), names });
    Task { owner: "ann".into(), idempotency_key: "k".into(), timeout_seconds: seconds, work, secrets: Vec::new() }
}

pub async fn report(nodes: &Nodes, code: &str, names: Value, seconds: f64) -> Report {
    nodes.run(&task(code, names, seconds), &|| Time(1_000)).await
}

async fn run(code: &str, names: Value) -> Outcome {
    report(&nodes(1), code, names, 5.0).await.outcome
}

async fn value(code: &str, names: Value) -> Value {
    match run(code, names).await {
        Outcome::Succeeded { port, output } => {
            assert_eq!(port, "success");
            output
        }
        other => panic!("{code}: {other:?}"),
    }
}

async fn error(code: &str) -> Failure {
    match run(code, json!({})).await {
        Outcome::Failed(failure) => failure,
        other => panic!("{code}: {other:?}"),
    }
}

#[tokio::test]
async fn it_returns_what_the_body_returns() {
    let names = json!({"input": {"amount": 20}, "ctx": {"a": {"output": [1, 2]}}, "amount": 20, "a-b": 1, "class": 2});
    assert_eq!(value("return input.amount * 2 + ctx.a.output[1]", names.clone()).await, json!(42));
    assert_eq!(value("return {a: amount, b: [null, 'é', 1.5, true]}", names.clone()).await["b"][1], "é");
    assert_eq!(value("return code + 1", json!({"code": 5})).await, json!(6), "a name of the function's own hides none");
    assert_eq!(value("return undefined", names.clone()).await, Value::Null);
    assert_eq!(value("", names.clone()).await, Value::Null);
    assert_eq!(value("return [undefined, NaN]", names.clone()).await, json!([null, null]));
    assert_eq!(value("return 9007199254740991", names.clone()).await, json!(9_007_199_254_740_991_i64));
    assert_eq!(value("const amount = 1; return amount", names.clone()).await, json!(1), "names may be shadowed");
    assert_eq!(value("return await Promise.all([1, (async () => amount)()])", names.clone()).await, json!([1, 20]));
    assert_eq!(value("return Promise.resolve(3) // last", names.clone()).await, json!(3));
    assert_eq!(value("x = 010; return x", names.clone()).await, json!(8), "not strict unless it says so");
    assert_eq!(value("return typeof Date.now() + typeof Math.random()", names).await, json!("numbernumber"));
}

#[tokio::test]
async fn it_sees_nothing_of_the_host() {
    let found = value(
        "return ['process','require','fetch','std','os','setTimeout','Deno','Bun','XMLHttpRequest','WebAssembly',\
         'navigator','print','load','scriptArgs','bjson'].filter(name => typeof globalThis[name] !== 'undefined')",
        json!({}),
    );
    assert_eq!(found.await, json!([]));
    assert_eq!(error("return await import('fs')").await.code, "code_error");
}

#[tokio::test]
async fn an_exception_says_what_and_where() {
    let failure = error("const a = 1;\n\nnull.x;").await;
    assert_eq!(failure.code, "code_error");
    assert!(failure.message.contains("TypeError") && failure.message.contains("line 3"), "{}", failure.message);
    assert!(failure.retryable, "where the node says how often");
    let details = failure.details.unwrap();
    assert_eq!(details["name"], "TypeError");
    assert!(details["stack"].as_str().unwrap().contains("code:3"), "{details}");
    let failure = error("function f() {\n throw new RangeError('too far') }\nf()").await;
    assert!(failure.message.contains("RangeError: too far (line 2)"), "{}", failure.message);
    let failure = error("await 1;\nthrow {a: 1}").await;
    assert!(failure.message.contains("{\"a\":1}"), "{}", failure.message);
    assert!(error("throw null").await.message.contains("null"));
    assert!(error("throw Symbol('s')").await.message.contains("threw"));
}

#[tokio::test]
async fn a_syntax_error_names_the_users_line() {
    let failure = error("let a = 1;\nlet b = ;\n").await;
    assert_eq!(failure.code, "code_error");
    assert!(failure.message.contains("SyntaxError") && failure.message.contains("line 2"), "{}", failure.message);
}

#[tokio::test]
async fn a_body_cannot_leave_its_function() {
    for code in [
        "}); (function(){ return 5",
        "} function g(){ return 5",
        "}[0] = function(){ return 5",
        "}, function(){ return 5",
        "}}, x: function(){{ return 5",
        "}}throw 0;{{",
        "})); ((() => { return 5",
        "}\n/* */ ; {",
        "} catch",
        "/* ",
        "return `",
        "//\u{2028}}); (function(){",
    ] {
        let failure = error(code).await;
        assert_eq!(failure.code, "code_error", "{code}");
        assert!(failure.message.contains("SyntaxError"), "{code}: {}", failure.message);
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_clearly() {
    for (code, word) in [
        ("return () => 1", "function"),
        ("return {deep: [Symbol('x')]}", "symbol"),
        ("return {f() {}}", "'f'"),
        ("const a = {}; a.a = a; return a", "circular"),
        ("let a = []; for (let i = 0; i < 500; i++) a = [a]; return a", "flatter"),
        ("return new Promise(() => {})", "promise"),
    ] {
        let failure = error(code).await;
        assert_eq!(failure.code, "code_error", "{code}");
        assert!(failure.message.contains(word), "{code}: {}", failure.message);
    }
}

#[tokio::test]
async fn console_lines_become_the_log() {
    let code =
        "console.log('a', 1, {b: [2]}); console.warn(new TypeError('w')); console.error(undefined, null, Symbol('s'));
        console.debug(() => 1); console.info('x'.repeat(10000)); return 1";
    let report = report(&nodes(1), code, json!({}), 5.0).await;
    assert!(matches!(report.outcome, Outcome::Succeeded { .. }), "{report:?}");
    let lines: Vec<_> = report.logs.iter().map(|l| (l.level.as_str(), l.message.as_str())).collect();
    assert_eq!(lines[0], ("info", "a 1 {\"b\":[2]}"));
    assert_eq!(lines[1], ("warn", "TypeError: w"));
    assert_eq!(lines[2], ("error", "undefined null Symbol(s)"));
    assert_eq!(lines[3].0, "debug");
    assert!(lines[4].1.len() <= engine::limits::LOG_LINE_BYTES && lines[4].1.ends_with("(cut)"));
    assert!(report.logs.iter().all(|l| l.at >= Time(1_000) && l.at < Time(6_000)));
}

#[tokio::test]
async fn a_flood_of_lines_is_cut_with_a_notice() {
    let report = report(&nodes(1), "for (let i = 0; i < 5000; i++) console.log(i); return 7", json!({}), 10.0).await;
    assert_eq!(report.outcome, Outcome::Succeeded { port: "success".into(), output: json!(7) });
    assert_eq!(report.logs.len(), engine::limits::LOG_LINES);
    assert!(report.logs.last().unwrap().message.contains("dropped"));
}

#[tokio::test]
async fn whatever_runs_too_long_is_killed_on_time() {
    let nodes = nodes(1);
    for code in [
        "console.log('before'); for (;;);",
        "console.log('before'); const s = 'a'.repeat(10_000_000); for (;;) s.indexOf('b')",
        "console.log('before'); while (true) { try { for (;;); } catch (e) {} finally { continue } }",
        "console.log('before'); await (async () => { for (;;) await 0 })()",
        "console.log('before'); /^(a+)+$/.test('a'.repeat(40) + 'b'); for (;;);",
        "console.log('before'); return {toJSON() { for (;;); }}",
        "console.log('before'); throw new Proxy(new Error('x'), {get() { for (;;); }})",
    ] {
        let begun = Instant::now();
        let report = report(&nodes, code, json!({}), 0.4).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{code}: {:?}", begun.elapsed());
        match report.outcome {
            Outcome::Unknown(failure) => assert_eq!(failure.code, "timeout", "{code}"),
            other => panic!("{code}: {other:?}"),
        }
        assert_eq!(report.logs[0].message, "before", "lines before the end are kept");
    }
    assert!(matches!(report(&nodes, "return 1", json!({}), 5.0).await.outcome, Outcome::Succeeded { .. }));
}

#[tokio::test]
async fn memory_is_bounded() {
    for code in [
        "const a = []; for (;;) a.push(new Array(1000).fill(a.length))",
        "async function f() { await 0; return f() } return f()",
        "let s = 'x'; for (;;) s += s.repeat(2)",
        "return new ArrayBuffer(1 << 30).byteLength",
        "return new Array(50_000_000).fill(1).length",
    ] {
        let failure = match report(&nodes(1), code, json!({}), 20.0).await.outcome {
            Outcome::Failed(failure) => failure,
            other => panic!("{code}: {other:?}"),
        };
        // QuickJS refuses strings beyond its own limit with a RangeError before the heap is full.
        let says = failure.code == "memory_limit" || failure.message.contains("invalid string length");
        assert!(says || failure.message.contains("RangeError"), "{code}: {failure:?}");
    }
    let failure = error("function f() { return f() + 1 } return f()").await;
    assert_eq!(failure.code, "code_error", "{failure:?}");
    let failure = error("return '['.repeat(100000) && JSON.parse('['.repeat(100000))").await;
    assert_eq!(failure.code, "code_error", "{failure:?}");
    let failure = error("return eval('('.repeat(100000))").await;
    assert_eq!(failure.code, "code_error", "{failure:?}");
}

#[tokio::test]
async fn nothing_survives_to_the_next_run() {
    let nodes = nodes(1);
    let evil = "Object.prototype.polluted = 1; Array.prototype.map = () => 'evil'; JSON.stringify = () => '666';
        globalThis.left = 1; console.log = () => {}; Promise.prototype.then = () => 0; return 1";
    for _ in 0..3 {
        report(&nodes, evil, json!({}), 5.0).await;
        let code =
            "console.log('x'); return [typeof {}.polluted, [1].map(x => x + 1)[0], typeof left, JSON.stringify(1)]";
        let after = report(&nodes, code, json!({}), 5.0).await;
        let output = json!(["undefined", 2, "undefined", "1"]);
        assert_eq!(after.outcome, Outcome::Succeeded { port: "success".into(), output });
        assert_eq!(after.logs.len(), 1);
    }
}

#[tokio::test]
async fn large_values_come_and_go_and_too_large_ones_are_refused() {
    let big = "x".repeat(8 * 1024 * 1024);
    assert_eq!(value("return output", json!({"output": big})).await, json!(big));
    let failure = error("return 'x'.repeat(33 * 1024 * 1024)").await;
    assert!(failure.code == "memory_limit" || failure.message.contains("32 MiB"), "{failure:?}");
    let code = "const b = 'x'.repeat(1 << 20); const a = []; for (let i = 0; i < 33; i++) a.push(b); return a";
    let failure = error(code).await;
    assert!(failure.code == "memory_limit" || failure.message.contains("32 MiB"), "{failure:?}");
}

#[tokio::test]
async fn more_runs_than_children_wait_their_turn() {
    let nodes = nodes(2);
    let tasks: Vec<Task> = (0..50).map(|i| task(&format!("return {i}"), json!({}), 20.0)).collect();
    let runs = tasks.iter().map(|task| nodes.run(task, &|| Time(0)));
    for (index, report) in futures::future::join_all(runs).await.into_iter().enumerate() {
        assert_eq!(report.outcome, Outcome::Succeeded { port: "success".into(), output: json!(index) });
    }
}

#[tokio::test]
async fn endless_code_of_one_owner_does_not_stop_anothers() {
    let nodes = nodes(2);
    let endless: Vec<Task> = (0..4).map(|_| task("for (;;);", json!({}), 60.0)).collect();
    let anns = endless.iter().map(|task| nodes.run(task, &|| Time(0)));
    let bens = Task { owner: "ben".into(), ..task("return 6 * 7", json!({}), 30.0) };
    let ben = nodes.run(&bens, &|| Time(0));
    tokio::select! {
        biased;
        _ = futures::future::select_all(anns) => panic!("it is endless"),
        report = ben => assert!(matches!(report.outcome, Outcome::Succeeded { .. }), "{:?}", report.outcome),
    }
}

#[tokio::test]
async fn code_is_parsed_without_being_run() {
    let nodes = nodes(1);
    let fault = nodes.syntax("ann", "let a = 1;\nlet b = ;\n").await.unwrap();
    assert_eq!((fault.line, fault.column), (2, 9), "{}", fault.message);
    assert!(fault.message.starts_with("SyntaxError") && !fault.message.contains("line"), "{}", fault.message);
    for fine in ["return 1", "while (true) {}", "throw 1", "", "const x = async () => { for await (const y of []) {} }"]
    {
        assert_eq!(nodes.syntax("ann", fine).await, None, "{fine}");
    }
    assert!(nodes.syntax("ann", "}); (function(){ return 5").await.is_some());
}
