//! Why a model gave no answer, in the same codes for every provider; and lists of models.

use crate::support::*;
use document::work::{ModelCall, ModelChoice, Provider};
use std::time::{Duration, Instant};

/// Asks every provider, and checks the code and whether another try may help.
async fn each(text: &str, code: &str, retryable: bool, check: impl Fn(&stepwell_core::task::Failure)) {
    for provider in Provider::ALL.iter().copied() {
        let failure = failed(outcome(provider, text).await);
        assert_eq!((failure.code.as_str(), failure.retryable), (code, retryable), "{provider:?}: {failure:?}");
        assert!(failure.message.contains(provider.as_str()), "{failure:?}");
        check(&failure);
    }
}

#[tokio::test]
async fn a_reached_limit_says_how_long_to_wait() {
    each("too many requests", "rate_limited", true, |failure| {
        assert_eq!(failure.retry_after_seconds, Some(7.0));
        assert!(failure.message.contains("slow down"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn what_breaks_at_the_provider_may_be_asked_again() {
    each("broken inside", "model_unavailable", true, |failure| {
        assert!(failure.message.contains("500") && failure.message.contains("it broke"), "{failure:?}");
    })
    .await;
    each("cut off", "model_unavailable", true, |_| {}).await;
    each("garbled", "model_unavailable", true, |failure| {
        assert!(failure.message.contains("no JSON"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_and_not_asked_again() {
    each("wrong request", "invalid_request", false, |failure| {
        assert!(failure.message.contains("temperature is out of range"), "{failure:?}");
    })
    .await;
    each("too long", "context_too_long", false, |_| {}).await;
    for provider in [Provider::Openai, Provider::OpenaiCompatible] {
        let failure = failed(outcome(provider, "filtered").await);
        assert_eq!(failure.code, "model_refused", "{failure:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_by_the_name_of_its_secret() {
    for provider in Provider::ALL.iter().copied() {
        let failure = failed(outcome(provider, "wrong key").await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("invalid_request", false), "{failure:?}");
        let place = if provider == Provider::Bedrock { "the host's role at AWS" } else { "MODEL_KEY" };
        assert!(failure.message.contains(place) && !failure.message.contains("Incorrect"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_model_that_hangs_leaves_time_for_the_next() {
    let slow = ModelChoice { name: "slow".into(), ..choice(Provider::Openai) };
    let begun = Instant::now();
    let ask = call(vec![slow], vec![user("this takes long")]);
    let failure = failed(run(&nodes(), ask, vec![key()], 0.5).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true));
    assert!(failure.message.contains("no whole answer within 0.5 s"), "{failure:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_next_model_is_tried_where_one_is_not_available() {
    let named = |provider, name: &str| ModelChoice { name: name.into(), ..choice(provider) };
    // Given a list whose first model is overloaded, and whose second answers.
    let list = vec![named(Provider::Anthropic, "first"), named(Provider::Openai, "second")];
    let said = answer(run(&nodes(), call(list, vec![user("overloaded?")]), vec![key()], 10.0).await);
    assert_eq!((said.text.as_str(), said.model.as_str()), ("the second answers", "openai/second"));
    // Given one whose first model has attempts left, then the second is not tried yet, and the first is waited for.
    let list = vec![named(Provider::Anthropic, "first"), named(Provider::Openai, "second")];
    let ask = ModelCall { is_patient: true, ..call(list, vec![user("overloaded, patiently")]) };
    let failure = failed(run(&nodes(), ask, vec![key()], 10.0).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true));
    assert_eq!(server().asked("overloaded, patiently").len(), 1);
    // Given one whose first model finds the call wrong, then the second is not tried.
    let list = vec![named(Provider::Anthropic, "first"), named(Provider::Openai, "second")];
    let failure = failed(run(&nodes(), call(list, vec![user("wrong request, one of two")]), vec![key()], 10.0).await);
    assert_eq!(failure.code, "invalid_request");
    assert_eq!(server().asked("wrong request, one of two").len(), 1);
    // Given one of which none answers, then each is named, and the wait is that of the last that says one.
    let list = vec![named(Provider::Gemini, "first"), named(Provider::Openai, "second")];
    let failure = failed(run(&nodes(), call(list, vec![user("too many of them")]), vec![key()], 10.0).await);
    assert_eq!((failure.code.as_str(), failure.retry_after_seconds), ("rate_limited", Some(7.0)));
    assert!(failure.message.contains("gemini/first") && failure.message.contains("openai/second"), "{failure:?}");
    let failure = failed(run(&nodes(), call(vec![], vec![user("anybody")]), vec![], 10.0).await);
    assert_eq!(failure.code, "invalid_request");
}

#[tokio::test]
async fn a_patient_call_names_the_models_whose_quota_is_used_up() {
    let named = |place, name: &str| ModelChoice { place, name: name.into(), ..choice(Provider::Openai) };
    let patient = |text: &str| {
        let list = vec![named(4, "first"), named(6, "second")];
        ModelCall { is_patient: true, ..call(list, vec![user(text)]) }
    };
    let ask = patient("the quota is gone, and the next is busy");
    let failure = failed(run(&nodes(), ask, vec![key()], 10.0).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
    assert_eq!(failure.details.unwrap()["used_up"], serde_json::json!([4]));
    let ask = patient("the quota is gone, and the next answers");
    let said = answer(run(&nodes(), ask, vec![key()], 10.0).await);
    assert_eq!((said.model.as_str(), said.used_up), ("openai/second", vec![4]));
}
