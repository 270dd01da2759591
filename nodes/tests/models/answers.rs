//! What models say comes back the same from every provider.

use crate::support::*;
use document::work::{Message, ModelCall, Provider, ToolSpec, Usage};
use serde_json::{Value, json};

#[tokio::test]
async fn a_text_its_usage_and_why_it_ends() {
    for provider in Provider::ALL.iter().copied() {
        let said = answer(outcome(provider, "please say hello").await);
        assert_eq!(said.text, "Hello from afar", "{provider:?}");
        assert_eq!(said.model, format!("{}/vendor.model-v1:0", provider.as_str()));
        assert_eq!((said.stop_reason.as_str(), said.tool_calls.len()), ("stop", 0), "{provider:?}");
        assert_eq!(
            said.usage,
            Usage { input_tokens: 12, output_tokens: 4, cached_tokens: 0, nano_usd: None },
            "{provider:?}"
        );
        let cut = answer(outcome(provider, "say it in full").await);
        assert_eq!(cut.stop_reason, "length", "{provider:?}");
    }
}

fn tools() -> Vec<ToolSpec> {
    let parameters = json!({"type": "object", "properties": {"email": {"type": "string"}}});
    let tool = |name: &str, description: &str| ToolSpec {
        name: name.into(),
        description: description.into(),
        parameters: parameters.clone(),
    };
    vec![tool("find_customer", "Looks a customer up."), tool("count_orders", "")]
}

#[tokio::test]
async fn a_tool_is_asked_for_and_its_result_read() {
    for provider in Provider::ALL.iter().copied() {
        let ask = |messages| ModelCall { tools: tools(), ..call(vec![choice(provider)], messages) };
        // Given a model that asks for a tool.
        let prompt = format!("find ann, over {}", provider.as_str());
        let said = answer(run(&nodes(), ask(vec![user(&prompt)]), vec![key()], 10.0).await);
        assert_eq!(said.stop_reason, "tool_calls", "{provider:?}");
        let [call] = said.tool_calls.as_slice() else { panic!("{provider:?}: {said:?}") };
        assert_eq!((call.name.as_str(), &call.arguments), ("find_customer", &json!({"email": "ann@example.com"})));
        assert!(!call.id.is_empty());
        // When the result is told to it, then it goes on from there.
        let result =
            Message::Tool { id: call.id.clone(), name: call.name.clone(), content: "customer number 7".into() };
        let asked = Message::Assistant { content: said.text.clone(), tool_calls: said.tool_calls.clone() };
        let said = answer(run(&nodes(), ask(vec![user(&prompt), asked, result]), vec![key()], 10.0).await);
        assert_eq!((said.text.as_str(), said.stop_reason.as_str()), ("Ann is customer 7", "stop"), "{provider:?}");
        // Then the server read the tools as they were meant.
        let seen = server().asked(&prompt);
        assert_eq!(seen.len(), 2, "{provider:?}");
        let tools = &seen[1]["body"]["tools"];
        assert_eq!(tools[0]["function"]["name"], "find_customer", "{provider:?}");
        assert_eq!(tools[0]["function"]["description"], "Looks a customer up.", "{provider:?}");
        assert_eq!(tools.as_array().map(Vec::len), Some(2), "{provider:?}");
    }
}

#[tokio::test]
async fn several_tools_are_asked_for_at_once_in_their_order() {
    for provider in Provider::ALL.iter().copied() {
        let ask = ModelCall { tools: tools(), ..call(vec![choice(provider)], vec![user("find both")]) };
        let said = answer(run(&nodes(), ask, vec![key()], 10.0).await);
        let asked: Vec<_> = said.tool_calls.iter().map(|it| (it.name.as_str(), it.arguments.clone())).collect();
        let customer = |email: &str| ("find_customer", json!({"email": email}));
        let expected = [customer("ann@example.com"), customer("bob@example.com"), ("count_orders", json!({}))];
        assert_eq!(asked, expected, "{provider:?}");
        let mut ids: Vec<&str> = said.tool_calls.iter().map(|it| it.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3, "{provider:?}: {ids:?}");
        assert_eq!(said.text, "I look for both", "{provider:?}");
    }
}

#[tokio::test]
async fn an_answer_of_a_schema_is_json() {
    let schema = json!({"type": "object", "required": ["department"],
        "properties": {"department": {"enum": ["billing", "technical"]}}});
    for provider in Provider::ALL.iter().copied() {
        let prompt = format!("which department, over {}", provider.as_str());
        let models = vec![choice(provider)];
        let ask = ModelCall { output_schema: Some(schema.clone()), ..call(models, vec![user(&prompt)]) };
        let said = answer(run(&nodes(), ask, vec![key()], 10.0).await);
        assert_eq!(serde_json::from_str::<Value>(&said.text).unwrap(), json!({"department": "billing"}));
    }
    let asked = server().asked("which department, over openai");
    let format = &asked[0]["body"]["response_format"]["json_schema"];
    assert_eq!((&format["strict"], &format["schema"]["additionalProperties"]), (&json!(true), &json!(false)));
    // A provider that is not known to enforce the schema is told it.
    let told = server().asked("which department, over bedrock")[0]["body"]["messages"][0].clone();
    assert_eq!(told["role"], "system");
    assert!(told["content"].as_str().unwrap().contains("\"department\""), "{told}");
}

#[tokio::test]
async fn what_a_model_repeats_of_a_secret_is_masked() {
    for provider in Provider::ALL.iter().copied() {
        let outcome = outcome(provider, "echo the key").await;
        assert!(!format!("{outcome:?}").contains(KEY), "{outcome:?}");
        let said = answer(outcome);
        assert_eq!(said.tool_calls[0].arguments["text"], "[secret MODEL_KEY]", "{provider:?}");
    }
    // A key that a document has in its text is one as well.
    for text in ["echo the key", "wrong request"] {
        let ask = call(vec![choice(Provider::Openai)], vec![user(text)]);
        let outcome = run(&nodes(), ask, vec![], 10.0).await;
        assert!(!format!("{outcome:?}").contains(KEY), "{outcome:?}");
    }
}
