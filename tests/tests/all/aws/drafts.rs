//! Drafts on AWS, behind API Gateway: the function that asks models for agents asks them for documents too, by the same rules.

use serde_json::{Value, json};
use std::net::TcpListener;
use stepwell_tests::{cloud::Cloud, stand_in::StandIn};

const PATH: &str = "/v1/workflows/draft";
const KEY: &str = "sk-of-the-stack";

/// A request for a draft by a model at an address, whose key is a secret.
fn asks(base_url: &str) -> Value {
    let model = json!({"provider": "openai", "name": "m", "base_url": base_url, "api_key": "{{ secrets.MODEL_KEY }}"});
    json!({"intent": "Greet whoever is named.", "model": model})
}

/// Sends it with another token than that of an admin.
async fn sent(cloud: &mut Cloud, token: &str, body: &Value) -> (u16, Value) {
    let headers = json!({"authorization": format!("Bearer {token}"), "content-type": "application/json"});
    let (status, answer) = cloud.send("POST", PATH, headers, Some(body.to_string())).await;
    (status, serde_json::from_str(answer["body"].as_str().unwrap()).unwrap())
}

async fn stores(cloud: &mut Cloud, for_inline: bool) {
    let secret = json!({"value": KEY, "hosts": ["127.0.0.1"], "for_inline": for_inline});
    assert_eq!(cloud.request("PUT", "/v1/secrets/MODEL_KEY", Some(&secret)).await.0, 200);
    // A process knows a secret for a minute.
    cloud.restart("step");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_writes_a_draft_with_a_secret_of_the_stack() {
    let model = StandIn::start(&["tests/models/fixtures/drafts.json"]);
    let body = asks(&model.base_url("openai"));
    let mut cloud = Cloud::new("drafts").await;
    stores(&mut cloud, false).await;
    // A model at an address that is not public is asked only where the operator allows it.
    let (status, refused) = cloud.request("POST", PATH, Some(&body)).await;
    assert_eq!((status, &refused["code"]), (422, &json!("address_not_allowed")), "{refused}");
    cloud.set("STEPWELL_HTTP_ALLOW", &format!("127.0.0.1:{}", model.port()));
    cloud.restart("step");
    let made = json!({"name": "runner", "subject": "bob@example.com", "scopes": ["run"]});
    let (_, made) = cloud.request("POST", "/v1/tokens", Some(&made)).await;
    let runner = made["token"].as_str().unwrap().to_owned();
    let (status, refused) = sent(&mut cloud, &runner, &body).await;
    assert_eq!((status, &refused["code"]), (403, &json!("secret_not_allowed")), "{refused}");
    assert!(model.asked("").is_empty());
    let (status, draft) = cloud.request("POST", PATH, Some(&body)).await;
    assert_eq!((status, &draft["valid"], &draft["rounds"]), (200, &json!(true), &json!(2)), "{draft}");
    assert_eq!(
        (&draft["explanation"], &draft["document"]["nodes"][1]["type"]),
        (&json!("It greets."), &json!("transform"))
    );
    // The stand-in gives the right document to whom the first try's error was told, and keeps of such large requests that they
    // came.
    let asked = model.asked("");
    assert_eq!(asked.len(), 2);
    assert!(asked[0]["headers"]["authorization"].is_string(), "the key went along: {asked:?}");
    assert!(!draft.to_string().contains(KEY));
    stores(&mut cloud, true).await;
    assert_eq!(sent(&mut cloud, &runner, &body).await.0, 200);
    // Nothing is saved, and nothing ran.
    for path in ["/v1/workflows", "/v1/executions"] {
        assert_eq!(cloud.request("GET", path, None).await.1["items"], json!([]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_takes_longer_than_the_gateway_is_given_up_with_the_figure() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut cloud = Cloud::new("late-drafts").await;
    cloud.set("STEPWELL_HTTP_ALLOW", &format!("127.0.0.1:{port}"));
    // Of the time of an invocation five seconds are for what follows an attempt, and one for the answer.
    cloud.set("STEPWELL_FUNCTION_SECONDS", "8");
    stores(&mut cloud, false).await;
    let body = asks(&format!("http://127.0.0.1:{port}/v1"));
    let (status, late) = cloud.request("POST", PATH, Some(&body)).await;
    assert_eq!((status, &late["code"]), (504, &json!("timeout")), "{late}");
    assert!(late["detail"].as_str().unwrap().contains("after 2 s"), "{late}");
}
