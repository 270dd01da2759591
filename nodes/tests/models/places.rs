//! Where calls may go, and what goes along.

use crate::support::*;
use document::work::{ModelChoice, Provider};
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::JoinHandle,
};
use stepwell_core::task::UsedSecret;

/// Nodes that may reach nothing but the public internet.
async fn refused(choice: ModelChoice, secrets: Vec<UsedSecret>) -> stepwell_core::task::Failure {
    failed(run(&nodes_of("", |_| None), call(vec![choice], vec![user("say hello, in private")]), secrets, 5.0).await)
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused() {
    for provider in Provider::ALL.iter().copied() {
        for base in
            [server().base_url(provider.as_str()), "http://[::ffff:169.254.169.254]".into(), "http://2130706433".into()]
        {
            let choice = ModelChoice { api_key: Some(KEY.into()), ..choice_at(provider, Some(base)) };
            let failure = refused(choice, vec![]).await;
            assert_eq!((failure.code.as_str(), failure.retryable), ("address_not_allowed", false), "{failure:?}");
        }
    }
    assert_eq!(server().asked("say hello, in private").len(), 0);
}

#[tokio::test]
async fn a_key_goes_to_its_hosts_alone() {
    for provider in [Provider::Openai, Provider::Anthropic, Provider::Gemini, Provider::OpenaiCompatible] {
        // A key whose secret names no host may go to its provider, and this is another server.
        for hosts in [&[][..], &["api.example.com"]] {
            let prompt = format!("say hello without a key, {}", provider.as_str());
            let secrets = vec![secret("MODEL_KEY", KEY, hosts)];
            let outcome = run(&nodes(), call(vec![choice(provider)], vec![user(&prompt)]), secrets, 5.0).await;
            let failure = failed(outcome);
            assert_eq!(failure.code, "secret_not_allowed", "{failure:?}");
            assert_eq!(server().asked(&prompt).len(), 0);
        }
    }
}

#[tokio::test]
async fn each_model_of_a_list_gets_its_own_key_alone() {
    // Given two models in places of their own, each with a key that may go there alone, and a secret of neither.
    let base = Some(format!("http://localhost:{}", server().port()));
    let first = choice_at(Provider::Anthropic, base);
    let first = ModelChoice { name: "first".into(), api_key: Some("the-first-key".into()), ..first };
    let second = ModelChoice { name: "second".into(), ..choice(Provider::Openai) };
    let first_key = secret("FIRST", "the-first-key", &["localhost"]);
    let secrets = vec![first_key, key(), secret("OTHER", "another-secret", &["example.com"])];
    // When the first is not available, then both were asked: neither had the key of the other.
    let said = answer(run(&nodes(), call(vec![first, second], vec![user("overloaded, twice")]), secrets, 5.0).await);
    assert_eq!(said.model, "openai/second");
    let seen = server().asked("overloaded, twice");
    let paths: Vec<_> = seen.iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/v1/messages", "/v1/chat/completions"]);
}

/// A server that gives this answer to one request, its address, and the request.
fn once(answer: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 65536];
        let count = stream.read(&mut bytes).unwrap();
        // A client that has enough of the answer closes the connection.
        let _ = stream.write_all(answer.as_bytes());
        String::from_utf8(bytes[..count].to_vec()).unwrap().to_lowercase()
    });
    (address, heard)
}

#[tokio::test]
async fn a_key_is_where_its_provider_reads_it() {
    for (provider, header) in [
        (Provider::Openai, "authorization: bearer "),
        (Provider::OpenaiCompatible, "authorization: bearer "),
        (Provider::Anthropic, "x-api-key: "),
        (Provider::Gemini, "x-goog-api-key: "),
        (Provider::Bedrock, "authorization: bearer "),
    ] {
        let (address, heard) = once("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into());
        let choice = ModelChoice { api_key: Some(KEY.into()), ..choice_at(provider, Some(address)) };
        let ask = call(vec![choice], vec![user("hello")]);
        let failure = failed(run(&nodes_of("127.0.0.1", |_| None), ask, vec![key()], 5.0).await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
        assert!(failure.message.contains("the answer cannot be read"), "{failure:?}");
        assert!(heard.join().unwrap().contains(&format!("\r\n{header}{KEY}\r\n")), "{provider:?}");
    }
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect_to_another_server() {
    let (there, heard) = once("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n".into());
    let (here, _) = once(format!("HTTP/1.1 307 Go\r\nlocation: {there}/v1\r\ncontent-length: 0\r\n\r\n"));
    let ask = call(vec![choice_at(Provider::Anthropic, Some(here))], vec![user("hello")]);
    failed(run(&nodes_of("127.0.0.1", |_| None), ask, vec![key()], 5.0).await);
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("post /v1") && heard.contains("anthropic-version") && !heard.contains(KEY), "{heard}");
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_bound() {
    let most = stepwell_nodes::limits::MODEL_ANSWER_BYTES;
    for (bytes, words) in [(most, "it is no JSON"), (most + 1, "more than 2097152 bytes")] {
        let body = "x".repeat(bytes);
        let (address, _) = once(format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{body}"));
        let ask = call(vec![choice_at(Provider::Openai, Some(address))], vec![user("hello")]);
        let failure = failed(run(&nodes_of("127.0.0.1", |_| None), ask, vec![key()], 5.0).await);
        assert_eq!(failure.code, "model_unavailable");
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn a_role_signs_for_aws_alone() {
    let text = "say hello as a role";
    answer(run(&nodes(), call(vec![choice_at(Provider::Bedrock, None)], vec![user(text)]), vec![], 5.0).await);
    let seen = server().asked(text);
    let headers = &seen[0]["headers"];
    assert_eq!(seen[0]["path"], "/model/vendor.model-v1%3A0/converse");
    // The server's list leaves out what credentials are worth; `role.rs` compares signatures.
    assert!(headers["authorization"].is_string() && headers["x-amz-security-token"].is_string(), "{headers}");
    assert_eq!(headers["x-amz-date"], "20260921T141320Z");
    for base in ["http://127.0.0.1:1", "https://amazonaws.com.example.com", "http://bedrock-runtime.x.amazonaws.com"] {
        let choice = choice_at(Provider::Bedrock, Some(base.into()));
        let failure = failed(run(&nodes(), call(vec![choice], vec![user(text)]), vec![], 5.0).await);
        assert!(failure.code == "invalid_request" && failure.message.contains("AWS alone"), "{failure:?}");
    }
    let failure = refused(choice_at(Provider::Bedrock, Some("https://x.amazonaws.com".into())), vec![]).await;
    assert!(failure.message.contains("AWS_ACCESS_KEY_ID"), "{failure:?}");
    let failure = refused(choice_at(Provider::OpenaiCompatible, None), vec![]).await;
    assert!(failure.message.contains("base_url"), "{failure:?}");
}
