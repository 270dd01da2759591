//! What is done outside, seen by whoever goes back or forks: what is undone, what stays, what is done once more.

use crate::{
    browser::{attribute, filled, text, with},
    world::World,
};
use document::time::Time;
use serde_json::{Value, json};
use stepwell_core::task::{Failure, LogLevel, LogLine, Outcome, Report, Task, Work};

/// Books a hotel and says how that is undone, tells somebody, which nothing undoes, and charges a card.
fn trip() -> Value {
    let post = |id: &str, name: &str, path: &str| {
        json!({"id": id, "name": name, "type": "http_request",
            "config": {"method": "POST", "url": format!("https://example.com/{path}")}})
    };
    let mut hotel = post("hotel", "Book the hotel", "hotel");
    hotel["compensate"] =
        json!({"type": "http_request", "config": {"method": "DELETE", "url": "https://example.com/{{ input.undo }}"}});
    let mut card = post("card", "Charge the card", "{{ input.card }}");
    card["on_error"] = json!("rollback");
    json!({"id": "trip", "name": "Take a trip", "nodes": [{"id": "start", "type": "manual_trigger"}, hotel,
            post("mail", "Tell the hotel", "mail"), card],
        "edges": [{"from": "start", "to": "hotel"}, {"from": "hotel", "to": "mail"}, {"from": "mail", "to": "card"}]})
}

/// A world in which what is asked of `/fail` fails.
fn world() -> World {
    World::with_runner(|task: &Task| {
        let fails = matches!(&task.work, Work::Http(asked) if asked.url.ends_with("/fail"));
        let line = LogLine { at: Time(1_769_850_000_000), level: LogLevel::Info, message: "first\nsecond".into() };
        let outcome = match fails {
            true => Outcome::Failed(Failure::new("http_status", "402")),
            false => Outcome::Succeeded { port: "success".into(), output: json!({}) },
        };
        Report { outcome, logs: vec![line] }
    })
}

/// What the picture says of a node.
fn told(page: &str, node: &str) -> String {
    let at = page.split(&format!("id=\"node-{node}\"")).nth(1).unwrap().split("</title>").next().unwrap();
    at.split("<title>").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn a_fork_says_what_it_would_do_outside_once_more() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "card", "undo": "hotel"})).await;
    let page = text(&world.get(&format!("/executions/{id}/fork?to=3")).await.of(200));
    let again = page.split("What runs again").nth(1).unwrap_or_else(|| panic!("{page}"));
    let again = again.split("What runs as well").next().unwrap();
    for said in [
        "What they do outside is done again.",
        "Tell the hotel mail · does again what it does outside",
        "Charge the card card · does again what it does outside",
        "the fork ends as completed",
    ] {
        assert!(again.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Would go as it is recorded") && !again.contains("Book the hotel"), "{page}");
    // A node that computes alone does nothing outside, and what has no outcome here is told apart.
    let world = World::new();
    let id = world.start(&crate::execution::booking(), &json!({})).await;
    let page = text(&world.get(&format!("/executions/{id}/fork?to=1")).await.of(200));
    let again = page.split("What runs again").nth(1).unwrap().split("What runs as well").next().unwrap();
    assert!(again.contains("Reserve the seat reserve") && !again.contains("does again"), "{page}");
    assert!(page.contains("Ask the boss ask · asks people again"), "{page}");
}

#[tokio::test]
async fn a_rollback_says_what_stays_and_is_done_once_more() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "card", "undo": "hotel"})).await;
    let page = world.get(&format!("/executions/{id}/rollback?to=3")).await.of(200);
    let words = text(&page);
    assert!(words.contains("nothing is undone, and then Tell the hotel runs."), "{words}");
    let stays = words.split("What stays as it is").nth(1).unwrap_or_else(|| panic!("{words}"));
    assert!(
        stays.contains("Tell the hotel mail · runs again at once") && stays.contains("Charge the card card"),
        "{words}"
    );
    assert!(!stays.contains("Book the hotel"), "{words}");
    // Where nothing is undone there is no choice to undo it.
    assert!(!words.contains("Undo what nodes did outside, as listed"), "{words}");
    assert_eq!(attribute(&page, "compensate", "type").as_deref(), Some("hidden"));
    let page = text(&world.get(&format!("/executions/{id}/rollback?to=1")).await.of(200));
    let stays = page.split("What stays as it is").nth(1).unwrap_or_else(|| panic!("{page}"));
    assert!(
        page.contains("1 thing is undone, and then Book the hotel runs.") && page.contains("Undo what nodes did"),
        "{page}"
    );
    assert!(stays.contains("Tell the hotel mail Charge") && page.contains("does again what it does outside"), "{page}");
    let back = text(&world.get(&format!("/executions/{id}/backtrack?node=card")).await.of(200));
    assert!(
        back.contains("What stays as it is") && back.contains("Charge the card card · runs again at once"),
        "{back}"
    );
}

#[tokio::test]
async fn what_a_rollback_undid_and_left_behind_is_on_the_picture() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "fail", "undo": "hotel"})).await;
    assert_eq!(world.state(&id).status().as_str(), "failed");
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    for (node, state) in [("hotel", "undone"), ("mail", "left behind"), ("card", "failed before")] {
        assert!(told(&page, node).contains(&format!("(http request): {state}")), "{}", told(&page, node));
    }
    assert!(page.contains("node work reverted"), "the box has a shape of its own");
    // The attempts of what the state no longer knows are listed, told apart from those that count, and so are their lines.
    let card = text(&world.get(&format!("/executions/{id}?node=card")).await.of(200));
    assert!(card.contains("✕ Failed before") && card.contains(", rolled back"), "{card}");
    let hotel = text(&world.get(&format!("/executions/{id}?node=hotel")).await.of(200));
    assert!(hotel.contains("↺ Undone") && hotel.contains("undone") && hotel.contains("done , rolled back"), "{hotel}");
}

#[tokio::test]
async fn what_cannot_be_undone_is_on_the_picture_and_told_in_words_of_people() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "fail", "undo": "fail"})).await;
    assert_eq!(world.state(&id).status().as_str(), "stuck");
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    assert!(told(&page, "hotel").contains("cannot be undone"), "{}", told(&page, "hotel"));
    let words = text(&page);
    assert!(words.contains("Node Book the hotel could not be compensated"), "{words}");
    let head = words.split("Picture").next().unwrap();
    assert!(head.contains("to try again, to skip it, or since it was done by hand"), "{head}");
    assert!(!words.contains("mark_done") && head.matches("could not be compensated").count() == 1, "{head}");
    for word in ["Executions", "Overview"] {
        let list = text(&world.visitor().await.get(if word == "Overview" { "/" } else { "/executions" }).await.of(200));
        assert!(!list.contains('`') && list.contains("Book the hotel could not be compensated"), "{list}");
    }
    // Somebody says that it is left: the picture keeps that in mind.
    world.click(&format!("/executions/{id}/unstick"), &[("action", "skip")]).await;
    world.run().await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    assert!(told(&page, "hotel").contains("not undone"), "{}", told(&page, "hotel"));
}

#[tokio::test]
async fn a_journal_and_what_leads_back_name_nodes_as_pages_do() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "card", "undo": "hotel"})).await;
    let page = text(&world.get(&format!("/executions/{id}")).await.of(200));
    assert!(page.contains("Node Book the hotel succeeded; next: Tell the hotel."), "{page}");
    let choice = text(&world.get(&format!("/executions/{id}/rollback")).await.of(200));
    assert!(choice.contains("Node Book the hotel succeeded; next: Tell the hotel."), "{choice}");
    // What cannot be taken back looks different, and every page has a way back.
    for (control, class) in [("rollback?to=1", "danger"), ("fork?to=1", "main"), ("backtrack?node=mail", "danger")] {
        let page = world.get(&format!("/executions/{id}/{control}")).await.of(200);
        assert!(page.contains(&format!("<button class=\"{class}\"")), "{control}");
        assert!(text(&page).contains("Back to the execution"), "{control}");
    }
}

#[tokio::test]
async fn lines_of_a_log_have_their_time() {
    let world = world();
    let mut document = trip();
    document["nodes"][2] =
        json!({"id": "mail", "name": "Tell the hotel", "type": "code", "config": {"code": "console.log(1)"}});
    let id = world.start(&document, &json!({"card": "card", "undo": "hotel"})).await;
    let page = world.get(&format!("/executions/{id}?node=mail")).await.of(200);
    let log = page.split("<h3>Log</h3>").nth(1).unwrap_or_else(|| panic!("{}", text(&page)));
    assert!(log.contains("datetime=\"2026-01-31T09:00:00.000Z\"") && log.contains("first\nsecond"), "{}", &log[..600]);
}

#[tokio::test]
async fn an_answer_while_paused_is_not_what_goes_on() {
    let world = World::new();
    let mut document = crate::execution::booking();
    document["nodes"][2]["config"]["assignees"] = json!(["zoe@example.com"]);
    document["nodes"][2]["config"]["allow_requester"] = json!(true);
    let id = world.start(&document, &json!({})).await;
    let question = world.state(&id).open_interactions().next().unwrap().interaction_id.to_string();
    world.click(&format!("/executions/{id}/pause"), &[]).await;
    let answered = world.ask("POST", &format!("/v1/interactions/{question}/respond"), &json!({"approved": true})).await;
    assert!(answered.status < 300, "{}", answered.text);
    world.run().await;
    let page = text(&world.get(&format!("/executions/{id}/resume")).await.of(200));
    assert!(page.contains("It goes on after what has ended meanwhile: Ask the boss"), "{page}");
    assert!(!page.contains("It goes on with"), "{page}");
}

#[tokio::test]
async fn a_node_that_is_tried_again_says_when() {
    let world = World::with_runner(|_| {
        let outcome = Outcome::Failed(Failure::new("http_status", "503").retryable());
        Report { outcome, logs: Vec::new() }
    });
    let mut document = trip();
    document["nodes"][1]["retry"] = json!({"max_attempts": 3, "initial_seconds": 600, "max_seconds": 600});
    let id = world.start(&document, &json!({"card": "card", "undo": "hotel"})).await;
    let page = text(&world.get(&format!("/executions/{id}?node=hotel")).await.of(200));
    assert!(page.contains("Book the hotel is tried again on 31 January 2026"), "{page}");
    assert!(page.contains("The next attempt begins on 31 January 2026"), "{page}");
}

/// Charges a card after somebody said yes, and says how that is undone.
fn charge() -> Value {
    let card = json!({"id": "card", "name": "Charge the card", "type": "http_request",
        "config": {"method": "POST", "url": "https://example.com/card"},
        "compensate": {"type": "http_request", "config": {"method": "DELETE", "url": "https://example.com/card"}}});
    let ask = json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?",
        "assignees": ["zoe@example.com"], "allow_requester": true}});
    json!({"id": "charge", "nodes": [{"id": "start", "type": "manual_trigger"}, ask, card],
        "edges": [{"from": "start", "to": "ask"}, {"from": "ask", "to": "card", "port": "approved"}]})
}

/// Says yes to the one question of an execution.
async fn approve(world: &World, id: &str) {
    let question = world.state(id).open_interactions().next().unwrap().interaction_id.to_string();
    let answered = world.ask("POST", &format!("/v1/interactions/{question}/respond"), &json!({"approved": true})).await;
    assert!(answered.status < 300, "{}", answered.text);
    world.run().await;
}

#[tokio::test]
async fn nothing_is_undone_that_was_not_shown() {
    for (control, more) in [
        ("rollback?to=1", "1 thing is undone"),
        ("backtrack?node=ask", "1 thing is undone"),
        ("fork?to=1", "Charge the card"),
    ] {
        // Given a page that says that nothing would be undone, as the card is not charged yet.
        let world = world();
        let id = world.start(&charge(), &json!({})).await;
        let path = format!("/executions/{id}/{control}");
        let page = world.get(&path).await;
        let (cookie, sent) = (page.cookie().unwrap(), filled(&page.of(200)));
        let send = |sent: Vec<(String, String)>| {
            let (world, path, cookie) = (&world, &path, &cookie);
            async move {
                let pairs: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                world.form_as(path, cookie, &pairs).await
            }
        };
        // When it is charged meanwhile, what is confirmed is not done, and the page shows what would be done by now.
        approve(&world, &id).await;
        let before = world.state(&id).seq;
        let typed = [("reason", "a typing error"), ("act", "confirm")];
        let refused = send(with(&sent, &typed)).await.of(409);
        let words = text(&refused);
        assert!(
            words.contains("This was not done") && words.contains("has gone on since this page was loaded"),
            "{words}"
        );
        assert!(words.contains(more) && words.contains("By now: "), "{words}");
        let shown = "Before, this page said that nothing is undone, and then ask runs.";
        assert!(control.starts_with("fork") || words.contains(shown), "{words}");
        assert_eq!(world.state(&id).seq, before, "{control}");
        // Then it is done, by what is shown by now and with what was typed.
        let again = filled(&refused);
        if !control.starts_with("fork") {
            assert!(again.contains(&("reason".to_owned(), "a typing error".to_owned())), "{again:?}");
        }
        let done = world.finish(send(with(&again, &[("act", "confirm")]))).await;
        assert_eq!(done.status, 303, "{}", text(&done.text));
    }
}

#[tokio::test]
async fn a_retry_takes_up_what_was_shown() {
    // Given the page of an execution that failed at its card.
    let world = world();
    let id = world.start(&trip(), &json!({"card": "fail", "undo": "hotel"})).await;
    let mut document = trip();
    document["nodes"][3]["on_error"] = json!("fail");
    let id = if world.state(&id).rolling.is_some() {
        id
    } else {
        world.start(&document, &json!({"card": "fail", "undo": "hotel"})).await
    };
    let path = format!("/executions/{id}/retry");
    let page = world.get(&path).await;
    let (cookie, mut sent) = (page.cookie().unwrap(), filled(&page.of(200)));
    // When it would take up another node by now.
    for (name, value) in &mut sent {
        if name == "shown" {
            *value = "another".into();
        }
    }
    let pairs: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let before = world.state(&id).seq;
    let refused = text(&world.form_as(&path, &cookie, &pairs).await.of(409));
    assert!(
        refused.contains("has gone on since this page was loaded") && refused.contains("Charge the card"),
        "{refused}"
    );
    assert_eq!(world.state(&id).seq, before);
    assert_eq!(world.click(&path, &[]).await.status, 303);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_before_anything_is_typed() {
    let world = world();
    let id = world.start(&trip(), &json!({"card": "card", "undo": "hotel"})).await;
    assert_eq!(world.state(&id).status().as_str(), "completed");
    let page = world.get(&format!("/executions/{id}/patch")).await.of(200);
    assert!(
        text(&page).contains("In this state it cannot be asked for that.") && !page.contains("<textarea"),
        "{page}"
    );
    let page = text(&world.get(&format!("/executions/{id}/backtrack")).await.of(422));
    assert!(page.contains("No node is named: choose one on the picture"), "{page}");
    assert!(text(&world.get(&format!("/executions/{id}/backtrack?node=nowhere")).await.of(404)).contains("nowhere"));
}
