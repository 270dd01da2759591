//! Where calls may go, and what goes along.

use crate::support::*;
use document::work::{ModelChoice, Provider};
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
    // Given two models with keys of their own, the first of which is not available.
    let first =
        ModelChoice { name: "first".into(), api_key: Some("the-first-key".into()), ..choice(Provider::Anthropic) };
    let second = ModelChoice { name: "second".into(), ..choice(Provider::Openai) };
    let elsewhere = secret("OTHER", "another-secret", &["example.com"]);
    let secrets = vec![secret("FIRST", "the-first-key", &["127.0.0.1"]), key(), elsewhere];
    let said = answer(run(&nodes(), call(vec![first, second], vec![user("overloaded, twice")]), secrets, 5.0).await);
    assert_eq!(said.model, "openai/second");
    // Then each request had its own, and a secret that is in neither of them stopped none.
    let seen = server().asked("overloaded, twice");
    assert_eq!(
        (seen.len(), &seen[0]["path"], &seen[1]["path"]),
        (2, &"/v1/messages".into(), &"/v1/chat/completions".into())
    );
    assert!(!seen[0].to_string().contains(KEY) && !seen[1].to_string().contains("the-first-key"));
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
