//! Integers beyond 2^53 in `code`: no digit is lost, or the node fails and says so.

use super::code::{nodes, report, task};
use document::time::Time;
use engine::port::Runner;
use serde_json::{Value, json};
use stepwell_core::task::{LogLevel, Outcome};

async fn returned(code: &str, names: Value) -> Value {
    match report(&nodes(1), code, names, 5.0).await.outcome {
        Outcome::Succeeded { output, .. } => output,
        other => panic!("{code}: {other:?}"),
    }
}

#[tokio::test]
async fn an_integer_beyond_2_to_the_53_keeps_every_digit() {
    let big = json!({
        "id": 7_615_917_337_495_251_231_i64, "most": u64::MAX, "least": i64::MIN, "safe": 9_007_199_254_740_991_i64,
        "double": 1e300, "half": 1234567890123456.5, "text": "7615917337495251231", "__proto__": 9_007_199_254_740_993_i64,
    });
    let names = json!({"input": big, "list": [[9_007_199_254_740_993_i64]]});
    assert_eq!(returned("return input", names.clone()).await, names["input"]);
    assert_eq!(returned("return list", names.clone()).await, names["list"]);
    let kinds = "return [input.id, input.most, input.safe, input.double, input.half, input.text].map(x => typeof x)";
    let expected = json!(["bigint", "bigint", "number", "number", "number", "string"]);
    assert_eq!(returned(kinds, names.clone()).await, expected);
    assert_eq!(returned("return input.id + 1n", names.clone()).await, json!(7_615_917_337_495_251_232_i64));
    assert_eq!(returned("return {n: 5n, list: [-1n]}", names.clone()).await, json!({"n": 5, "list": [-1]}));
    assert_eq!(returned("return String(input.id)", names.clone()).await, json!("7615917337495251231"));
    let own = "BigInt.prototype.toJSON = function () { return 'big ' + this }; return input.id";
    assert_eq!(returned(own, names).await, json!("big 7615917337495251231"), "code may say itself what becomes of it");
}

#[tokio::test]
async fn what_would_lose_digits_is_an_error_that_says_so() {
    let names = json!({"id": 7_615_917_337_495_251_231_i64});
    for (code, part) in [
        ("return {a: 2n ** 64n}", "an integer at 'a' has more than 64 bits"),
        ("return -(2n ** 63n) - 1n", "String(n)"),
        ("return id + 1", "BigInt"),
    ] {
        match report(&nodes(1), code, names.clone(), 5.0).await.outcome {
            Outcome::Failed(failure) => {
                assert_eq!(failure.code, "code_error");
                assert!(failure.message.contains(part), "{code}: {}", failure.message);
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_console_shows_them() {
    let names = json!({"id": 7_615_917_337_495_251_231_i64});
    let told = nodes(1).run(&task("console.log(id, {id})", names, 5.0), &|| Time(0)).await;
    let line = &told.logs[0];
    assert_eq!(
        (line.level, line.message.as_str()),
        (LogLevel::Info, r#"7615917337495251231 {"id":7615917337495251231}"#)
    );
}
