//! A model whose answer breaks off while somebody reads along, over each protocol in which answers come in pieces.

use crate::{stand_in::StandIn, support::Home};
use serde_json::{Value, json};

/// What the model says to its end in the second try, and what it would say in the first.
const WHOLE: &str = "All of it, to its end.";
const CUT: &str = "It begins, goes on for quite a while, and is cut";

/// A chat over the model, which asks it twice at most.
fn chat(server: &StandIn, provider: &str) -> Value {
    let model = json!({"provider": provider, "name": "m", "base_url": server.base_url(provider),
        "api_key": "key-of-this-test"});
    json!({"id": "tries", "nodes": [{"id": "said", "type": "chat_trigger"},
            {"id": "agent", "type": "agent", "retry": {"max_attempts": 2, "initial_seconds": 0.05},
                "config": {"model": model, "prompt": "{{ output.message }}"}}],
        "edges": [{"from": "said", "to": "agent"}]})
}

/// The pieces that were told: before the first answer was void, and after that.
fn told(events: &[Value]) -> (String, String) {
    let deltas: Vec<&Value> =
        events.iter().filter(|event| event["event"] == "delta").map(|event| &event["data"]).collect();
    let void = deltas.iter().position(|piece| piece["again"] == true);
    let (before, after) = deltas.split_at(void.unwrap_or_else(|| panic!("nothing is taken back: {deltas:?}")));
    assert!(after[1..].iter().all(|piece| piece["again"] != true), "it is taken back once: {deltas:?}");
    assert!(deltas.iter().all(|piece| piece["turn"] == 1), "both are tries of one answer: {deltas:?}");
    let text = |some: &[&Value]| some.iter().map(|piece| piece["text"].as_str().unwrap()).collect();
    (text(before), text(after))
}

#[test]
fn an_answer_that_breaks_off_is_taken_back_and_only_the_whole_one_is_kept() {
    for provider in ["openai", "openai_compatible", "anthropic", "gemini"] {
        let (home, server) = (Home::new(), StandIn::start(&["tests/models/fixtures/calls.json"]));
        let file = home.file("tries.json", chat(&server, provider));
        home.run(&["save", &file]).exits(0);
        let allowed = format!("127.0.0.1:{}", server.port());
        let said = home.say(&["chat", "tries", "--json", "--http-allow", &allowed], "in two tries\n").exits(0);
        let events: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (before, after) = told(&events);
        assert!(before.starts_with("It begins, goes on ") && CUT.starts_with(&before), "{provider}: {before}");
        assert_eq!(after, WHOLE, "{provider}");
        let message = events.iter().find(|event| event["event"] == "message").unwrap();
        assert_eq!(message["data"]["text"], WHOLE, "{provider}");
        assert_eq!(server.asked("in two tries").len(), 2, "{provider}: one try more, and no other");

        // One attempt failed, and the answer that follows is the only one: nothing of the other is anywhere.
        let id = events[0]["data"]["execution_id"].as_str().unwrap();
        let history = home.run(&["history", id, "--json"]).exits(0).json();
        let of = |kind: &str| -> Vec<Value> {
            let turns = history["history"].as_array().unwrap().iter();
            let events = turns.flat_map(|turn| turn["events"].as_array().unwrap().clone());
            events.filter(|event| event["type"] == kind).collect()
        };
        let [failed] = &of("attempt_failed")[..] else { panic!("{provider}: {history:#}") };
        assert_eq!((&failed["node"], &failed["attempt"]), (&json!("agent"), &json!(1)), "{provider}");
        assert_eq!(failed["error"]["code"], "model_unavailable", "{provider}: {failed}");
        let [answered] = &of("agent_answered")[..] else { panic!("{provider}: {history:#}") };
        assert!(answered["answer"].to_string().contains(WHOLE), "{provider}: {answered}");
        let shown = home.run(&["show", id, "--json"]).exits(0).json();
        assert_eq!(shown["output"]["turns"], 1, "{provider}: {shown:#}");
        assert_eq!(
            shown["output"]["messages"],
            json!([{"role": "user", "content": "in two tries"}, {"role": "assistant", "content": WHOLE}]),
            "{provider}"
        );
        for kept in [&history, &shown] {
            assert!(!kept.to_string().contains("It begins"), "{provider}: {kept:#}");
        }
    }
}
