//! Code that needs more memory than it has is told so, whatever runs out.

use crate::code::{nodes, report};
use serde_json::json;
use stepwell_core::task::Outcome;
use stepwell_nodes::{Config, JsChild, Nodes};

#[tokio::test]
async fn a_full_heap_is_a_memory_limit_also_in_code_that_throws() {
    for code in [
        "let a = null; for (;;) a = {a}",
        "let a = null; for (;;) a = {a}; throw 1",
        "globalThis.a = null; for (;;) a = {a}; if (0) throw 1",
        "let a = null; try { for (;;) a = {a} } catch (e) { throw e }",
        "let a = null; async function f() { for (;;) a = {a} } await f(); throw 1",
        "const a = []; function f() { a.push(() => a) } for (;;) f(); Promise.reject(1)",
        "let s = 'x'; for (;;) s += s + 'y'",
        "return 'x'.repeat(2e9)",
    ] {
        match report(&nodes(1), code, json!({}), 20.0).await.outcome {
            Outcome::Failed(failure) => assert_eq!(failure.code, "memory_limit", "{code}: {failure:?}"),
            other => panic!("{code}: {other:?}"),
        }
    }
    for code in ["throw null", "throw (null)", "return Promise.reject(null)"] {
        match report(&nodes(1), code, json!({}), 20.0).await.outcome {
            Outcome::Failed(failure) => assert_eq!(failure.code, "code_error", "{code}: {failure:?}"),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_child_that_runs_out_of_address_space_is_a_memory_limit() {
    // Given children whose address space is hardly larger than what JavaScript's heap may have.
    let line = format!("ulimit -v 110000 && exec {}", env!("CARGO_BIN_EXE_js_child"));
    let js_child = JsChild { program: "/bin/sh".into(), args: vec!["-c".into(), line.into()] };
    let nodes = Nodes::new(Config { js_child, js_children: 1, ..Config::default() }).unwrap();
    let ok = report(&nodes, "return 1", json!({}), 20.0).await.outcome;
    assert!(matches!(ok, Outcome::Succeeded { .. }), "{ok:?}");
    // When a result does not fit twice, then the child dies of it, and the code is told why.
    for _ in 0..2 {
        let code = "return 'x'.repeat(28 << 20)";
        match report(&nodes, code, json!({}), 20.0).await.outcome {
            Outcome::Failed(failure) => assert_eq!(failure.code, "memory_limit", "{failure:?}"),
            other => panic!("{other:?}"),
        }
    }
}
