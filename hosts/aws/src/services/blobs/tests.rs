#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::scripted::{Answer, Script, impatient};

fn bucket(script: &Script) -> S3 {
    let client = script.clients().s3();
    let config = client.config().to_builder().retry_config(impatient()).force_path_style(true);
    S3::new(Client::from_conf(config.endpoint_url("http://127.0.0.1:1").build()), "b".into())
}

fn is(status: u16, body: &str) -> Answer {
    Answer::Is(status, body.into())
}

fn told(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>as told</Message></Error>")
}

#[tokio::test]
async fn a_value_is_put_and_read_under_its_key() {
    let script = Script::new([is(200, ""), is(200, "value"), is(404, &told("NoSuchKey"))]);
    let bucket = bucket(&script);
    bucket.put("x/e 1/h", b"value".to_vec()).await.unwrap();
    assert_eq!(bucket.get("x/e 1/h").await.unwrap().unwrap(), b"value");
    assert_eq!(bucket.get("x/e 1/h").await.unwrap(), None);
    let asked = script.asked();
    assert!(asked[0].line.starts_with("PUT http://127.0.0.1:1/b/x/e%201/h"), "by path: {}", asked[0].line);
    assert!(asked[1].line.starts_with("GET http://127.0.0.1:1/b/x/e%201/h"), "{}", asked[1].line);
}

#[tokio::test]
async fn outages_pass_and_mistakes_do_not() {
    let script = Script::new([is(503, &told("SlowDown")), Answer::Broken, is(200, "")]);
    bucket(&script).put("k", Vec::new()).await.unwrap();
    let script = Script::new((0..3).map(|_| is(503, &told("SlowDown"))));
    assert!(matches!(bucket(&script).get("k").await, Err(StoreError::Transient(_))));
    let script = Script::new([is(403, &told("AccessDenied"))]);
    assert!(matches!(bucket(&script).get("k").await, Err(StoreError::Permanent(_))));
}

fn page(keys: &[&str], more: bool) -> Answer {
    let keys: String = keys.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
    is(200, &format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{keys}</ListBucketResult>"))
}

#[tokio::test]
async fn everything_below_a_prefix_goes_page_by_page() {
    let done = || is(200, "<DeleteResult></DeleteResult>");
    let script = Script::new([page(&["x/1", "x/2"], true), done(), page(&["x/3"], false), done()]);
    bucket(&script).remove("x/").await.unwrap();
    let asked = script.asked();
    assert!(asked[0].line.contains("prefix=x%2F"), "{}", asked[0].line);
    assert!(asked[1].body.contains("<Key>x/1</Key>") && asked[1].body.contains("<Key>x/2</Key>"), "{}", asked[1].body);
    assert!(asked[3].body.contains("<Key>x/3</Key>"), "{}", asked[3].body);
    let nothing = Script::new([page(&[], false)]);
    bucket(&nothing).remove("x/").await.unwrap();
}

#[tokio::test]
async fn a_value_that_stays_is_an_error() {
    for (code, passes) in [("InternalError", true), ("AccessDenied", false)] {
        let left = format!("<DeleteResult><Error><Key>x/1</Key><Code>{code}</Code></Error></DeleteResult>");
        let script = Script::new([page(&["x/1"], false), is(200, &left)]);
        let failed = bucket(&script).remove("x/").await.unwrap_err();
        assert_eq!(matches!(failed, StoreError::Transient(_)), passes, "{failed}");
    }
}
