//! `stepwell chat`: a conversation by lines, with the example and the model that comes with it.

use crate::{
    example_agents::{Model, example},
    support::{Home, Told},
};
use serde_json::{Value, json};

/// A home in which the example is saved, for a model on its port.
fn assistant(model: &Model) -> Home {
    let home = Home::new();
    let text = std::fs::read_to_string(example("chat-assistant.json")).unwrap();
    let file = home.file("chat.json", text.replace("127.0.0.1:4010", &format!("127.0.0.1:{}", model.port)));
    home.run(&["save", &file]).exits(0);
    home
}

fn says(home: &Home, model: &Model, more: &[&str], lines: &str) -> Told {
    let allowed = format!("127.0.0.1:{}", model.port);
    home.say(&[&["chat", "chat-assistant", "--http-allow", &allowed], more].concat(), lines)
}

#[test]
fn a_conversation_remembers_and_asks_before_it_pays() {
    let model = Model::start();
    let home = assistant(&model);
    let told = says(&home, &model, &["--session", "s"], "What of O-2?\n\nPay it back, please.\nyes\n").exits(0);
    assert_eq!(told.out, "Order O-2 is lost. It cost 250.\n250 was paid back.\n", "{told:?}");
    assert!(told.err.contains("May the agent call pay_back?") && told.err.contains("calls order_state"), "{told:?}");
    assert!(told.err.contains("chat chat-assistant --session s"), "{told:?}");
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]));
    // The session goes on in another process; a new one knows nothing.
    let told = says(&home, &model, &["--session", "s"], "Where is it now?\n").exits(0);
    assert_eq!(told.out, "Order O-2 is lost. It cost 250.\n");
    let told = says(&home, &model, &[], "Where is it now?\n").exits(0);
    assert_eq!(told.out, "Which order is it about? Its number begins with O-.\n");
}

#[test]
fn programs_are_told_each_piece_as_the_model_gives_it() {
    let model = Model::start();
    let home = assistant(&model);
    let told = says(&home, &model, &["--json"], "What of O-1?\n").exits(0);
    let events: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &'static str| {
        events.iter().filter(move |event| event["event"] == name).map(|event| event["data"].clone())
    };
    let pieces: Vec<String> = of("delta").map(|data| data["text"].as_str().unwrap().to_owned()).collect();
    assert!(pieces.len() > 3, "it came word by word: {pieces:?}");
    let whole = of("message").next().unwrap()["text"].clone();
    assert_eq!(
        (json!(pieces.concat()), whole),
        (json!("Order O-1 is damaged. It cost 40."), json!("Order O-1 is damaged. It cost 40."))
    );
    assert_eq!(events.last().unwrap()["data"]["status"], "completed");
}

#[test]
fn what_fails_and_what_is_no_chat_exits_with_1() {
    let model = Model::start();
    let home = assistant(&model);
    let told = home.say(&["chat", "chat-assistant"], "What of O-1?\n").exits(1);
    assert!(told.out.is_empty() && told.err.contains("STEPWELL_HTTP_ALLOW"), "{told:?}");
    let told = home.say(&["chat", "nothing"], "Hello\n").exits(1);
    assert!(told.err.contains("there is no workflow nothing"), "{told:?}");
}
