//! Drafts: a model writes a document, the static checks judge it, and their errors go back to the model.

use super::*;
use api::types;
use document::work::{Message, ModelAnswer, ModelCall, Usage, Work};
use engine::port::Secret;
use std::sync::Mutex;
use stepwell_core::task::{Failure, Outcome, Report, Task};

const PATH: &str = "/v1/workflows/draft";

/// What a model fails with that takes all the time that it has.
const IN_VAIN: &str = "no answer in time";

/// What a model was asked: the texts of the conversation, the names of the models, and the secrets that were at hand.
struct Asked {
    texts: Vec<String>,
    system: String,
    models: Vec<String>,
    secrets: Vec<String>,
    seconds: f64,
}

/// A model that gives these answers, one after the other and the last for ever, and notes what it was asked.
fn scripted(answers: Vec<Result<String, Failure>>) -> (Memory, Arc<Mutex<Vec<Asked>>>) {
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let noted = asked.clone();
    let runner = move |task: &Task| {
        let Work::Model(call) = &task.work else { panic!("a draft asks models alone") };
        let mut noted = noted.lock().unwrap();
        let answer = answers[noted.len().min(answers.len() - 1)].clone();
        noted.push(note(call, task));
        if answer.as_ref().is_err_and(|failure| failure.message == IN_VAIN) {
            std::thread::sleep(Duration::from_secs_f64(task.timeout_seconds));
        }
        let outcome = match answer {
            Err(failure) => Outcome::Failed(failure),
            Ok(text) => {
                let usage = Usage { input_tokens: 100, output_tokens: 10, cached_tokens: 1, nano_usd: None };
                let answer = ModelAnswer { text, usage, ..ModelAnswer::default() };
                Outcome::Succeeded { port: "success".into(), output: serde_json::to_value(answer).unwrap() }
            }
        };
        Report { outcome, logs: Vec::new() }
    };
    (Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_runner(runner), asked)
}

fn note(call: &ModelCall, task: &Task) -> Asked {
    let text = |message: &Message| match message {
        Message::User { content } | Message::System { content } => content.clone(),
        Message::Assistant { content, .. } | Message::Tool { content, .. } => content.clone(),
    };
    Asked {
        texts: call.messages.iter().map(text).collect(),
        system: call.system.clone().unwrap_or_default(),
        models: call.models.iter().map(|model| format!("{model:?} {:?}", model.base_url)).collect(),
        secrets: task.secrets.iter().map(|secret| secret.value.clone()).collect(),
        seconds: task.timeout_seconds,
    }
}

fn local(host: Memory) -> World {
    World::over(host, |app| app.with_local_user("acme", "ann@example.com"))
}

fn said(explanation: &str, document: Value) -> Result<String, Failure> {
    Ok(json!({"explanation": explanation, "document": document}).to_string())
}

/// A body that names a server which needs no key.
fn body(more: Value) -> Value {
    let mut body = json!({"intent": "Greet whoever is named.",
        "model": {"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_wrong_document_goes_back_with_its_errors_and_the_right_one_is_answered() {
    let mut wrong = greet();
    wrong["nodes"][1]["type"] = json!("transfrom");
    let (host, asked) = scripted(vec![said("A try.", wrong), said("It greets.", greet())]);
    let world = local(host);
    let draft = world.post(PATH, body(json!({}))).await.of(200);
    let draft: types::Draft = shaped(&draft);
    assert!(draft.valid && draft.errors.is_empty(), "{draft:#?}");
    assert_eq!((draft.document.as_ref(), draft.explanation.as_str(), draft.rounds), (Some(&greet()), "It greets.", 2));
    assert_eq!((draft.usage.input_tokens, draft.usage.output_tokens, draft.usage.cached_tokens), (200, 20, 2));
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(asked[0].texts, ["Write a workflow that does this:\nGreet whoever is named."]);
    assert!(asked[0].system.contains("\"$defs\"") && asked[0].system.contains("- transform: "), "the format is told");
    assert_eq!(asked[0].models, ["ModelChoice(openai_compatible/m) Some(\"http://127.0.0.1:1/v1\")"]);
    let [_, answered, told] = &asked[1].texts[..] else { panic!("{:?}", asked[1].texts) };
    assert!(answered.contains("transfrom"));
    assert!(told.contains("/nodes/1/type") && told.contains("transfrom"), "{told}");
    // Nothing is saved, and nothing ran.
    assert_eq!(world.get("/v1/workflows").await.of(200)["items"], json!([]));
    assert_eq!(world.get("/v1/executions").await.of(200)["items"], json!([]));
}

#[tokio::test]
async fn after_five_rounds_the_last_document_is_answered_with_its_errors() {
    let wrong = json!({"id": "empty", "nodes": []});
    let (host, asked) = scripted(vec![said("A try.", wrong.clone())]);
    let draft = local(host).post(PATH, body(json!({}))).await.of(200);
    assert_eq!((&draft["valid"], &draft["rounds"], &draft["document"]), (&json!(false), &json!(5), &wrong));
    assert_eq!(draft["errors"][0]["path"], "/nodes", "{draft}");
    assert_eq!(asked.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn an_answer_that_is_no_document_is_told_to_the_model_too() {
    let answers = vec![Ok("I would rather not.".into()), Ok("{\"document\": {\"nodes\": [".into()), said("", greet())];
    let (host, asked) = scripted(answers);
    let draft = local(host).post(PATH, body(json!({}))).await.of(200);
    assert_eq!((&draft["valid"], &draft["rounds"]), (&json!(true), &json!(3)));
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert!(asked[1].texts[2].contains("no JSON object"), "{:?}", asked[1].texts);
    assert!(asked[2].texts[4].contains("no JSON"), "{:?}", asked[2].texts);
    let (host, _) = scripted(vec![Ok("Never.".into())]);
    let draft = local(host).post(PATH, body(json!({}))).await.of(200);
    assert_eq!(
        (&draft["valid"], &draft["document"], &draft["errors"][0]["code"]),
        (&json!(false), &Value::Null, &json!("malformed"))
    );
}

#[tokio::test]
async fn a_document_that_is_to_be_changed_is_shown_to_the_model() {
    let mut changed = greet();
    changed["name"] = json!("Greet");
    let (host, asked) = scripted(vec![said("", changed.clone())]);
    let draft = local(host).post(PATH, body(json!({"intent": "Name it.", "base": greet()}))).await.of(200);
    assert_eq!(draft["document"], changed);
    let asked = asked.lock().unwrap();
    assert!(asked[0].texts[0].contains(&greet().to_string()) && asked[0].texts[0].ends_with("Name it."));
}

#[tokio::test]
async fn a_model_that_gives_no_answer_is_told_with_its_reason() {
    let wait = Failure { retry_after_seconds: Some(2.5), ..Failure::new("rate_limited", "slow down") };
    for (failure, status, code) in [
        (Failure::new("model_unavailable", "nobody listens"), 502, "model_unavailable"),
        (Failure::new("invalid_request", "the key is wrong"), 422, "invalid_request"),
        (Failure::new("address_not_allowed", "not public"), 422, "address_not_allowed"),
        (wait, 503, "rate_limited"),
    ] {
        let (host, asked) = scripted(vec![Err(failure)]);
        let answer = local(host).post(PATH, body(json!({}))).await;
        assert_eq!(answer.headers.contains_key("retry-after"), code == "rate_limited");
        answer.problem(status, code);
        assert_eq!(asked.lock().unwrap().len(), 1, "nothing is tried again");
    }
}

/// Sends a draft to a host behind a gateway.
async fn behind_a_gateway(host: Memory, change: impl FnOnce(App) -> App) -> Answer {
    let host = Arc::new(host);
    let app = change(App::behind_gateway(host.clone(), json!({})).with_local_user("acme", "ann@example.com"));
    let world = World { host, service: api::service(Arc::new(app), api::routes()) };
    world.post(PATH, body(json!({}))).await
}

#[tokio::test]
async fn behind_a_gateway_one_function_asks_models_in_the_time_that_there_is() {
    let (host, asked) = scripted(vec![said("", greet())]);
    behind_a_gateway(host, |app| app).await.problem(501, "no_models_here");
    assert!(asked.lock().unwrap().is_empty());
    for (left, most) in [(None, 25.0), (Some(10), 9.0), (Some(900), 25.0)] {
        let (host, asked) = scripted(vec![said("", greet())]);
        let host = host.with_time_left(move || left.map(Duration::from_secs));
        behind_a_gateway(host, App::with_drafts).await.of(200);
        let seconds = asked.lock().unwrap()[0].seconds;
        assert!(seconds > 0.0 && seconds <= most, "{seconds} of {most} with {left:?}");
    }
}

#[tokio::test]
async fn what_was_written_by_the_end_of_the_time_is_answered_and_nothing_is_an_error() {
    let no_time = |app: App| App { drafts: Some(Duration::ZERO), ..app };
    let (host, asked) = scripted(vec![said("", greet())]);
    let problem = behind_a_gateway(host, no_time).await.problem(504, "timeout");
    assert!(problem["detail"].as_str().unwrap().contains("after 0 s"), "{problem}");
    assert!(asked.lock().unwrap().is_empty());
    let wrong = json!({"id": "empty", "nodes": []});
    for (first, document) in [(said("A try.", wrong.clone()), wrong), (Ok("Later.".into()), Value::Null)] {
        let (host, asked) = scripted(vec![first, Err(Failure::new("model_unavailable", IN_VAIN))]);
        let draft = behind_a_gateway(host, |app| App { drafts: Some(Duration::from_secs(1)), ..app }).await.of(200);
        assert_eq!((&draft["valid"], &draft["rounds"], &draft["document"]), (&json!(false), &json!(1), &document));
        let warning = draft["warnings"].as_array().unwrap().last().unwrap();
        assert_eq!((&warning["code"], warning.get("hint").is_some()), (&json!("out_of_time"), document.is_object()));
        assert!(!draft["errors"].as_array().unwrap().is_empty() && asked.lock().unwrap().len() == 2, "{draft}");
    }
}

#[tokio::test]
async fn what_names_no_model_or_no_task_is_refused_before_anything_is_asked() {
    let (host, asked) = scripted(vec![said("", greet())]);
    let world = local(host);
    for (more, code) in [
        (json!({"intent": " "}), "invalid_field"),
        (json!({"base": 5}), "invalid_field"),
        (json!({"base": []}), "invalid_field"),
        (json!({"model": null}), "invalid_model"),
        (json!({"model": "gpt-5-mini"}), "invalid_model"),
        (json!({"model": "nobody/gpt"}), "invalid_model"),
        (json!({"model": "openai_compatible/m"}), "invalid_model"),
        (json!({"model": {"provider": "openai", "name": "m", "tempo": 1}}), "invalid_model"),
        (json!({"model": 5}), "invalid_model"),
    ] {
        let problem = world.post(PATH, body(more.clone())).await.problem(422, code);
        let path = problem["errors"][0]["path"].as_str().unwrap();
        let field = more.as_object().unwrap().keys().next().unwrap();
        assert!(path.starts_with(&format!("/{field}")), "{more}: {problem}");
    }
    world.post(PATH, json!({"intent": "x", "modell": "a/b"})).await.problem(422, "unknown_field");
    world.post(PATH, body(json!({"model": "openai/m"}))).await.problem(422, "template_error");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_key_is_the_owners_and_not_everybody_may_spend_it() {
    let (host, asked) = scripted(vec![said("", greet())]);
    let world = World::over(host, |app| app);
    let secret = |for_inline| Secret { value: "sk-of-acme".into(), hosts: vec!["api.openai.com".into()], for_inline };
    world.host.secrets().set_secret("acme", "OPENAI_API_KEY", secret(false)).await.unwrap();
    world.token("runner", "acme", &["run"]).await;
    world.token("admin", "acme", &["run", "admin"]).await;
    world.token("rival", "rival", &["run", "admin"]).await;
    let ask = async |token: &str| {
        let authorization = format!("Bearer {token}");
        let body = json!({"intent": "Greet.", "model": "openai/gpt-5-mini"});
        world.with_headers("POST", PATH, &[("authorization", &authorization)], body).await
    };
    ask("runner").await.problem(403, "secret_not_allowed");
    ask("rival").await.problem(422, "template_error");
    assert!(asked.lock().unwrap().is_empty());
    ask("admin").await.of(200);
    world.host.secrets().set_secret("acme", "OPENAI_API_KEY", secret(true)).await.unwrap();
    ask("runner").await.of(200);
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|one| one.secrets == ["sk-of-acme"]) && asked.len() == 2);
}
