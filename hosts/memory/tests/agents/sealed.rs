//! Workflows whose journals hold what models are asked and answer by its hash alone.

use super::world::{World, agent, calls, charges, says};
use document::work::ModelCall;
use engine::{
    fork::{ForkRequest, start_fork},
    port::Memories as _,
};
use serde_json::{Value, json};
use stepwell_core::{event::Event, execution::Status};

/// What is told to the model and what it says, and stands in no document and no other value.
const SAID: [&str; 5] = ["Be kind, 42.", "Pay for Ada, 42.", "I look first.", "nowhere-else", "no-department"];

fn document() -> Value {
    let schema =
        json!({"type": "object", "required": ["department"], "properties": {"department": {"enum": ["a", "b"]}}});
    let memory = json!({"id": "m", "type": "memory", "config": {"key": "{{ input.who }}"}});
    let parameters = json!({"type": "object", "properties": {"amount": {"type": "integer"}}});
    let config = json!({"system_prompt": "Be kind, {{ 40 + 2 }}.", "prompt": "Pay for {{ input.who }}, {{ 40 + 2 }}.",
        "output_schema": schema});
    let mut document = agent(config, &[charges("pay", json!({ "parameters": parameters })), memory]);
    document["settings"] = json!({"redact": ["prompts"]});
    document
}

/// A tool call, one that does not fit, an answer that does not fit, and one that does.
fn script(number: usize, call: &ModelCall) -> Value {
    // A message that follows an answer and is no tool's begins the count anew.
    let again = json!(call.messages).to_string().contains("does not fit its schema");
    match (number, again) {
        (0, false) => json!({"text": "I look first.", "tool_calls":
            calls(&[("pay", json!({"amount": 5})), ("pay", json!({"amount": "nowhere-else"}))])["tool_calls"]}),
        (1, false) => says("{\"department\": \"no-department\"}"),
        _ => says("{\"department\": \"a\"}"),
    }
}

/// The journals of all executions, as hosts store them.
async fn journals(world: &World) -> String {
    use engine::port::Journal as _;
    let mut all = String::new();
    for state in world.host.all() {
        for turn in world.host.turns(state.id(), 0, 1_000_000).await.unwrap() {
            all += &serde_json::to_string(&turn).unwrap();
        }
        all += &serde_json::to_string(&*state).unwrap();
    }
    all
}

#[tokio::test]
async fn journals_hold_hashes_and_the_model_is_told_everything() {
    let world = World::ran(&document(), script).await;
    world.is(Status::Completed);
    let all = journals(&world).await;
    for said in SAID {
        assert!(!all.contains(said), "{said} stands in a journal");
    }
    let (system, messages) = world.last_asked();
    let asked = format!("{system}{}", json!(messages));
    for said in SAID {
        assert!(asked.contains(said), "the model is told {said}: {asked}");
    }
    assert!(asked.contains("/department: it does not fit") && asked.contains("/amount: it does not fit"), "{asked}");
    assert_eq!(world.entries(), ["/pay/5"]);
    let output = world.output();
    assert_eq!((&output["data"], output["turns"].as_u64()), (&json!({"department": "a"}), Some(3)));
    let last = json!({"role": "user", "content": "Pay for Ada, 42."});
    assert_eq!(output["messages"][0], json!({"role": "user", "sha256": document::canonical::sha256(&last)}));
    let calls = &output["tool_calls"];
    assert_eq!((&calls[0]["arguments"], &calls[1]["arguments"]), (&json!({"amount": 5}), &Value::Null));
    // The hash is that of what lies beside the journal.
    let answered = world.turns().await.into_iter().flat_map(|turn| turn.events).find_map(|event| match event {
        Event::AgentAnswered(answered) => Some(answered.answer),
        _ => None,
    });
    let answer = answered.unwrap();
    assert!(answer.is_sealed() && all.contains(&answer.blob().unwrap().sha256));
    // What is remembered is remembered by its own words.
    let kept = world.host.recall("", "Ada", 10, document::time::Time(2_000)).await.unwrap();
    assert!(
        json!(kept.iter().flat_map(|one| &one.messages).collect::<Vec<_>>()).to_string().contains("Pay for Ada, 42.")
    );
    world.holds().await;
}

#[tokio::test]
async fn what_is_sealed_is_told_again_after_a_rollback_and_in_a_fork() {
    let world = World::ran(&document(), script).await;
    let first = world.answered_in().await[0];
    world.back(first).await;
    world.is(Status::Completed);
    assert!(json!(world.last_asked().1).to_string().contains("I look first."));
    let request = ForkRequest {
        checkpoint: first,
        input: None,
        workflow: None,
        by: Some("ada@example.com".into()),
        idempotency: None,
    };
    let fork = start_fork(&world.host, &world.id, request).await.unwrap().unwrap_or_else(|why| panic!("{why:?}"));
    world.host.handle_due().await;
    assert_eq!(world.host.state(fork.id()).unwrap().status(), Status::Completed);
    assert!(json!(world.last_asked().1).to_string().contains("I look first."));
    let all = journals(&world).await;
    for said in SAID {
        assert!(!all.contains(said), "{said} stands in a journal");
    }
    world.holds().await;
}

#[tokio::test]
async fn a_person_who_approves_reads_why() {
    let mut asks = agent(json!({}), &[charges("pay", json!({"require_approval": true}))]);
    asks["settings"] = json!({"redact": ["prompts"]});
    let world = World::ran(&asks, |number, _| match number {
        0 => json!({"text": "They were charged twice.", "tool_calls": calls(&[("pay", json!({"amount": 5}))])["tool_calls"]}),
        _ => says("done"),
    })
    .await;
    assert_eq!(world.question().1.details.as_deref(), Some("They were charged twice."));
}
