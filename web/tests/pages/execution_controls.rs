//! Controls of an execution: each page says what would come of it and changes nothing; its form does it.

use crate::{
    browser::{attribute, filled, text, with},
    execution::booking,
    world::World,
};
use serde_json::json;

fn status(world: &World, id: &str) -> String {
    world.state(id).status().to_string()
}

#[tokio::test]
async fn an_execution_is_paused_resumed_cancelled_and_retried() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let steps = [
        ("pause", "Ask the boss", "paused"),
        ("resume", "Ask the boss", "waiting_human"),
        ("cancel", "1 question to people will be withdrawn", "cancelled"),
        ("retry", "Ask the boss", "waiting_human"),
    ];
    for (control, told, then) in steps {
        let path = format!("/executions/{id}/{control}");
        let before = world.state(&id).seq;
        let page = text(&world.get(&path).await.of(200));
        assert!(page.contains(told), "{control}: {page}");
        assert_eq!(world.state(&id).seq, before, "a page changes nothing");
        let done = world.click(&path, &[("reason", "because of lunch")]).await;
        assert_eq!(
            (done.status, done.location()),
            (303, format!("../{id}").as_str()),
            "{control}: {}",
            text(&done.text)
        );
        world.run().await;
        assert_eq!(status(&world, &id), then, "{control}");
    }
    let journal = text(&world.get(&format!("/executions/{id}")).await.of(200));
    assert!(journal.contains("Paused by zoe@example.com: because of lunch"), "{journal}");
    // What is not possible says so on its page, with what was typed.
    let path = format!("/executions/{id}/pause");
    let old = world.get(&path).await;
    world.click(&format!("/executions/{id}/cancel"), &[]).await;
    world.run().await;
    assert!(!world.get(&path).await.of(200).contains("name=\"reason\""), "nobody fills in what cannot be");
    let cookie = old.cookie().unwrap();
    let pairs = with(&filled(&old.text), &[("reason", "again & again")]);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = world.form_as(&path, &cookie, &pairs).await.of(409);
    let told = text(&refused);
    assert!(told.contains("This execution was not paused") && told.contains("it cannot be paused"), "{told}");
    assert!(
        told.contains("again & again") && !refused.contains("name=\"reason\""),
        "what can only fail again is not offered: {told}"
    );
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let cookie = world.get(&format!("/executions/{id}")).await.cookie().unwrap();
    let before = world.state(&id).seq;
    for control in ["pause", "resume", "cancel", "retry", "rollback", "backtrack", "fork", "patch", "unstick"] {
        let sent =
            world.form_as(&format!("/executions/{id}/{control}"), &cookie, &[("to", "1"), ("node", "ask")]).await;
        assert_eq!(sent.status, 403, "{control}");
    }
    assert_eq!(world.state(&id).seq, before);
}

#[tokio::test]
async fn a_rollback_shows_what_it_would_undo_before_it_does() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let choice = text(&world.get(&format!("/executions/{id}/rollback")).await.of(200));
    assert!(choice.contains("Node Reserve the seat succeeded"), "{choice}");
    let path = format!("/executions/{id}/rollback?to=1");
    let page = text(&world.get(&path).await.of(200));
    assert!(
        page.contains("If you confirm, 1 thing is undone, and then Reserve the seat runs.")
            && page.contains("Reserve the seat reserve How it is undone By a node of the type transform."),
        "{page}"
    );
    assert_eq!(world.state(&id).epoch, 0, "a dry run goes nowhere");
    let done = world.click(&path, &[("reason", "wrong seat")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    world.run().await;
    let state = world.state(&id);
    assert_eq!((state.epoch, state.status().as_str()), (1, "waiting_human"));
    let journal = text(&world.get(&format!("/executions/{id}")).await.of(200));
    assert!(journal.contains("Went back to checkpoint 1 by zoe@example.com, 1 thing to undo: wrong seat"), "{journal}");
    world.click(&format!("/executions/{id}/pause"), &[]).await;
    let paused = text(&world.get(&path).await.of(200));
    assert!(paused.contains("The execution is paused: nothing is undone"), "{paused}");
    let beyond = world.get(&format!("/executions/{id}/rollback?to=999")).await.of(422);
    assert!(text(&beyond).contains("This was not done"), "{}", text(&beyond));
}

#[tokio::test]
async fn a_rollback_shows_what_it_would_undo_within_children() {
    let world = World::new();
    let note = json!({"id": "note", "type": "transform", "config": {"expression": "item"},
        "compensate": {"type": "transform", "config": {"expression": "null"}}});
    let document = json!({"id": "notes", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "[1]", "body": {"nodes": [note], "edges": []}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let id = world.start(&document, &json!({})).await;
    let page = text(&world.get(&format!("/executions/{id}/rollback?to=1")).await.of(200));
    let (child, within) =
        (page.find("each · child"), page.find("note How it is undone By a node of the type transform"));
    assert!(child.is_some() && child < within, "{page}");
}

#[tokio::test]
async fn a_node_runs_again_with_an_edited_input() {
    let world = World::new();
    let id = world.start(&booking(), &json!({"who": "Zoe"})).await;
    let path = format!("/executions/{id}/backtrack?node=reserve");
    let page = world.get(&path).await.of(200);
    let input = filled(&page).into_iter().find(|(name, _)| name == "input").unwrap().1;
    assert!(input.contains("\"who\": \"Zoe\""), "{input}");
    assert!(text(&page).contains("1 thing is undone"), "{}", text(&page));
    assert!(text(&page).contains("Its expressions call it output") && text(&page).contains("stays as it is"));
    // A preview and a fault change nothing, and keep what was typed.
    let preview = world.click(&path, &[("input", "{\"who\": \"Ann\"}"), ("act", "preview")]).await.of(200);
    assert!(filled(&preview).iter().any(|(_, value)| value.contains("Ann")));
    let wrong = world.click(&path, &[("input", "{\"who\": "), ("act", "confirm")]).await.of(422);
    assert!(text(&wrong).contains("no JSON") && filled(&wrong).iter().any(|(_, value)| value == "{\"who\": "));
    assert_eq!(world.state(&id).epoch, 0);
    let done = world.click(&path, &[("input", "{\"who\": \"Ann\"}"), ("act", "confirm")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    world.run().await;
    let page = text(&world.get(&format!("/executions/{id}?node=reserve")).await.of(200));
    assert!(page.contains("Input who: Ann"), "{page}");
    world.get(&format!("/executions/{id}/backtrack?node=nowhere")).await.of(404);
}

#[tokio::test]
async fn a_fork_begins_at_a_checkpoint_with_another_workflow() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let path = format!("/executions/{id}/fork?to=2");
    let page = world.get(&path).await.of(200);
    assert!(text(&page).contains("A new execution shares what was recorded until checkpoint 2"), "{}", text(&page));
    let document = filled(&page).into_iter().find(|(name, _)| name == "document").unwrap().1;
    let changed = document.replace("Really <b>go</b>?", "Go now?");
    assert_ne!(changed, document);
    let done = world.click(&path, &[("document", &changed), ("act", "confirm")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    world.run().await;
    let fork = done.location().trim_start_matches("../").to_owned();
    assert_ne!(fork, id);
    let page = text(&world.get(&format!("/executions/{fork}")).await.of(200));
    assert!(page.contains("Go now?") && page.contains(&format!("Forked from {id} at checkpoint 2")), "{page}");
    let facts = world.get(&format!("/executions/{fork}")).await.of(200);
    let facts = facts.split("id=\"facts\"").nth(1).unwrap();
    assert!(facts.contains("Forked from") && facts.contains(&format!("/executions/{id}?at=2\"")), "{facts}");
}

#[tokio::test]
async fn a_workflow_is_changed_as_a_whole_and_what_is_in_the_way_is_shown_on_the_picture() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let path = format!("/executions/{id}/patch");
    let page = world.get(&path).await.of(200);
    let document = filled(&page).into_iter().find(|(name, _)| name == "document").unwrap().1;
    // What has happened stays: the node that ran cannot be taken out.
    let without = document.replace("\"reserve\"", "\"book\"").replace("ctx.reserve", "ctx.book");
    let refused = world.click(&path, &[("document", &without), ("act", "confirm")]).await.of(409);
    let node = refused.split("id=\"node-reserve\"").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(
        node.contains("refused")
            && node.contains("Problem: It is missing; it was reached at checkpoint 2, so it must stay."),
        "{node}"
    );
    // What is wrong with the text is told at its line, also where it is no JSON at all.
    let line = |html: &str| html.split("data-line=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let place =
        |text: &str, what: &str| text.lines().position(|line| line.contains(what)).map(|at| (at + 1).to_string());
    let unknown = document.replace("\"human\"", "\"humann\"");
    let wrong = world.click(&path, &[("document", &unknown), ("act", "confirm")]).await.of(422);
    assert_eq!(line(&wrong), place(&unknown, "\"humann\""));
    let torn = document.replace("\"edges\": [", "\"edges\": [[");
    let wrong = world.click(&path, &[("document", &torn), ("act", "confirm")]).await.of(422);
    assert!(line(&wrong).is_some(), "{}", text(&wrong));
    let other = document.replace("\"paid\"", "\"settled\"");
    let checked = world.click(&path, &[("document", &other), ("act", "check")]).await.of(200);
    assert!(text(&checked).contains("This is possible."), "{}", text(&checked));
    assert!(world.state(&id).patched.is_none());
    // The page of another change is out of date.
    let old = world.get(&path).await;
    let done = world.click(&path, &[("document", &other), ("description", "as agreed"), ("act", "confirm")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    assert!(world.state(&id).patched.is_some());
    let (cookie, pairs) = (old.cookie().unwrap(), filled(&old.text));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let late = world.form_as(&path, &cookie, &pairs).await.of(409);
    assert!(text(&late).contains("changed since this page was loaded"), "{}", text(&late));
    let page = text(&world.get(&format!("/executions/{id}")).await.of(200));
    assert!(
        page.contains("Workflow changed by zoe@example.com: as agreed") && page.contains("changed since"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_stuck_says_at_what_and_finds_its_way_out() {
    let world = World::new();
    let mut document = booking();
    document["nodes"][1]["compensate"]["config"]["set"]["freed"] = json!("{{ output.seat.of.nobody }}");
    let id = world.start(&document, &json!({})).await;
    let path = format!("/executions/{id}/rollback?to=1");
    let dry = text(&world.get(&path).await.of(200));
    assert!(dry.contains("Its templates cannot be filled in"), "{dry}");
    world.click(&path, &[]).await;
    world.run().await;
    assert_eq!(status(&world, &id), "stuck");
    let path = format!("/executions/{id}/unstick");
    let page = text(&world.get(&path).await.of(200));
    assert!(
        page.contains("“Reserve the seat” could not be undone.")
            && page.contains("compensation_failed")
            && page.contains("It was undone by hand"),
        "{page}"
    );
    // What the rules refuse is not offered: no message is left, and nothing takes an output.
    assert!(!page.contains("Send the messages again") && !page.contains("Output"), "{page}");
    let refused = world.click(&path, &[("action", "skip"), ("output", "1"), ("reason", "seen to")]).await.of(422);
    assert!(text(&refused).contains("compensation has no output"), "{}", text(&refused));
    assert_eq!(attribute(&refused, "reason", "value").as_deref(), Some("seen to"));
    let missing = world.click(&path, &[]).await.of(422);
    assert!(text(&missing).contains("No way out is chosen"), "{}", text(&missing));
    let done = world.click(&path, &[("action", "skip")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    world.run().await;
    assert_eq!(status(&world, &id), "waiting_human");
}

#[tokio::test]
async fn the_way_out_is_taken_for_the_node_that_the_page_named_and_for_no_other() {
    let world = World::new();
    let mut document = booking();
    let wrong = json!({"type": "transform", "config": {"set": {"freed": "{{ output.seat.of.nobody }}"}}});
    document["nodes"][1]["compensate"] = wrong.clone();
    let second = json!({"id": "second", "name": "Second thing", "type": "transform", "config": {"set": {"seat": "12B"}}, "compensate": wrong});
    document["nodes"].as_array_mut().unwrap().push(second);
    document["edges"][1] = json!({"from": "reserve", "to": "second"});
    document["edges"].as_array_mut().unwrap().push(json!({"from": "second", "to": "ask"}));
    let id = world.start(&document, &json!({})).await;
    world.click(&format!("/executions/{id}/rollback?to=1"), &[]).await;
    world.run().await;
    let path = format!("/executions/{id}/unstick");
    let page = world.get(&path).await;
    assert!(text(&page.text).contains("“Second thing” could not be undone."), "{}", text(&page.text));
    // Given somebody else who takes a way out first, after which the execution is stuck at another node,
    let skipped = world.ask("POST", &format!("/v1{path}"), &json!({"action": "skip"})).await;
    assert_eq!(skipped.status, 200, "{}", skipped.text);
    world.run().await;
    assert_eq!(status(&world, &id), "stuck");
    // then the page that named the first one does nothing to the second, and says which it is.
    let (cookie, pairs) =
        (page.cookie().unwrap(), with(&filled(&page.text), &[("action", "skip"), ("reason", "seen to")]));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let refused = world.form_as(&path, &cookie, &pairs).await;
    assert!((400..500).contains(&refused.status), "{}", refused.status);
    world.run().await;
    assert_eq!(status(&world, &id), "stuck");
    let told = text(&refused.text);
    assert!(told.contains("This was not done") && told.contains("“Reserve the seat” could not be undone."), "{told}");
    assert_eq!(attribute(&refused.text, "reason", "value").as_deref(), Some("seen to"));
}

#[tokio::test]
async fn what_is_not_stuck_has_no_way_out() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let page = text(&world.get(&format!("/executions/{id}/unstick")).await.of(200));
    assert!(page.contains("This execution is not stuck"), "{page}");
}
