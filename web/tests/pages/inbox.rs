//! The inbox, one question in it, and one answer to several.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, BOB, World},
};
use serde_json::{Value, json};

const ME: &str = "zoe@example.com";

/// A question to the visitor, who may answer it.
fn to_me(more: Value) -> Value {
    let mut config = json!({"kind": "approval", "question": "Pay 5?", "assignees": [ME], "allow_requester": true});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

#[tokio::test]
async fn what_waits_for_me_is_there_soonest_deadline_first_and_the_rest_on_demand() {
    let world = World::new();
    let late = world.question(to_me(json!({"question": "Late?", "timeout_seconds": 7200}))).await;
    let soon = world.question(to_me(json!({"question": "Soon?", "timeout_seconds": 60}))).await;
    let other = world.question(json!({"kind": "ask", "question": "Of others?"})).await;
    let visitor = world.visitor().await;
    let page = visitor.get("/inbox").await.of(200);
    assert!(page.find(&soon.id) < page.find(&late.id) && page.contains(&late.id) && !page.contains(&other.id));
    let all = visitor.get("/inbox?whose=all").await.of(200);
    assert!(all.contains(&other.id) && all.contains(&soon.id));
    let found = visitor.get("/inbox?whose=all&kind=ask&q=OTHERS").await.of(200);
    assert!(found.contains(&other.id) && !found.contains(&soon.id));
    assert!(text(&visitor.get("/inbox?q=nothing").await.of(200)).contains("No question that waits is like this"));
    assert_eq!(visitor.get("/inbox?kind=riddle").await.status, 422);
    assert_eq!(visitor.get("/inbox?whose=ann").await.status, 422);
    let rows = visitor.get("/inbox/rows").await.of(200);
    assert!(rows.contains(&format!("\"./inbox/{}\"", soon.id)) && !rows.contains("<main"));
}

#[tokio::test]
async fn a_question_shows_what_led_to_it_and_takes_an_answer_once() {
    let world = World::new();
    let document = json!({"id": "pay", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "sum", "type": "transform", "config": {"set": {"total": "{{ 40 + 2 }}"}}},
        {"id": "ask", "type": "human", "config": to_me(json!({}))},
        {"id": "end", "type": "succeed", "join": "any"}],
        "edges": [{"from": "start", "to": "sum"}, {"from": "sum", "to": "ask"},
            {"from": "ask", "to": "end", "port": "approved"}, {"from": "ask", "to": "end", "port": "rejected"}]});
    let execution = world.started(document).await;
    let id = world.state(&execution).open_interactions().next().unwrap().interaction_id.to_string();
    let visitor = world.visitor().await;
    let path = format!("/inbox/{id}");
    let page = visitor.get(&path).await.of(200);
    let shown = text(&page);
    for part in ["Pay 5?", "What led here", "Meadow Press", "From sum", "\"total\": 42", "Your answer"] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(page.contains(&format!("../executions/{execution}")));
    let before = world.state(&execution).seq;
    assert_eq!(visitor.forge(&path, &[("choice", "approved")]).await.status, 403);
    let wrong = visitor.send(&path, &[("comment", "hm"), ("seen", "0")]).await.of(422);
    assert!(wrong.contains(">\nhm</textarea>") && text(&wrong).contains("Choose one of the two buttons."));
    assert_eq!(world.state(&execution).seq, before, "nothing was decided");
    let done = visitor.send(&path, &[("choice", "approved"), ("comment", "fine"), ("seen", "0")]).await;
    assert_eq!((done.status, done.location()), (303, id.as_str()));
    let over = text(&visitor.get(&path).await.of(200));
    assert!(over.contains("Decided: Approved, by you, on") && over.contains("Nothing else waits for you"), "{over}");
    let said = world.state(&execution).interaction(&id).unwrap().responses[0].clone();
    assert_eq!((said.by.as_str(), said.comment.as_deref()), (ME, Some("fine")));
    assert_eq!(said.via, stepwell_core::interaction::Via::Dashboard);
    // The second click finds it decided, and is led to how.
    let again = visitor.send(&path, &[("choice", "approved"), ("comment", "fine"), ("seen", "0")]).await;
    assert_eq!((again.status, again.location()), (303, id.as_str()));
    // Another answer is not taken, and says so.
    let late = text(&visitor.send(&path, &[("choice", "rejected"), ("seen", "0")]).await.of(409));
    assert!(late.contains("answered meanwhile in another place: approved. Your answer was not recorded."), "{late}");
    assert!(!late.contains("Please correct this") && late.contains("Decided: Approved"), "{late}");
}

#[tokio::test]
async fn a_question_to_anyone_is_asked_of_anyone() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "assignees": null})).await;
    let page = world.visitor().await.get(&format!("/inbox/{}", question.id)).await.of(200);
    let shown = text(&page);
    assert!(!shown.contains("Asked of"), "{shown}");
    assert!(shown.contains("Nobody by name: anyone who may answer questions here."), "{shown}");
    assert!(!page.contains("class=\"people\""), "no empty box");
}

#[tokio::test]
async fn what_is_chosen_that_does_not_suit_is_still_chosen_on_the_way_back() {
    let world = World::new();
    let one = world.question(to_me(json!({"question": "Pay 1?"}))).await;
    let two = world.question(to_me(json!({"kind": "ask", "question": "Why?"}))).await;
    let visitor = world.visitor().await;
    let none = visitor.get("/inbox/several").await;
    assert_eq!((none.status, none.location()), (303, "../inbox?none=yes"));
    assert!(text(&visitor.get("/inbox?none=yes").await.of(200)).contains("Nothing was chosen."));
    let unlike = visitor.get(&format!("/inbox/several?interaction={}&interaction={}", one.id, two.id)).await.of(422);
    let back = crate::browser::addresses(&unlike).into_iter().find(|to| to.contains("chosen=")).unwrap();
    let list = visitor.get(back.trim_start_matches("..")).await.of(200);
    assert_eq!(list.matches(" checked").count(), 2, "{back}");
}

#[tokio::test]
async fn what_is_decided_meanwhile_keeps_no_other_from_being_answered_together() {
    let world = World::new();
    let mut ids = Vec::new();
    for amount in 1..=3 {
        ids.push(world.question(to_me(json!({"question": format!("Pay {amount}?")}))).await);
    }
    let visitor = world.visitor().await;
    let first = format!("/inbox/{}", ids[0].id);
    assert_eq!(visitor.send(&first, &[("choice", "rejected"), ("seen", "0")]).await.status, 303);
    let mut sent = vec![("seen", "0"), ("comment", "all fine")];
    sent.extend(ids.iter().map(|one| ("interaction", one.id.as_str())));
    // A form that comes back says what it leaves out.
    let again = text(&visitor.send("/inbox/several", &sent).await.of(422));
    assert!(again.contains("Left out, since it is over: “Pay 1?”"), "{again}");
    sent.push(("choice", "approved"));
    let done = text(&visitor.send("/inbox/several", &sent).await.of(200));
    assert!(
        done.contains("1 of 3 questions not answered") && done.contains("Pay 1?") && done.contains("It is over."),
        "{done}"
    );
    let decided = |one: &crate::world::Question| {
        let found = world.state(&one.execution).interaction(&one.id).unwrap().clone();
        (found.decision.clone().unwrap_or_default(), found.responses.last().and_then(|it| it.comment.clone()))
    };
    assert_eq!(decided(&ids[0]), ("rejected".into(), None));
    for one in &ids[1..] {
        assert_eq!(decided(one), ("approved".into(), Some("all fine".into())));
    }
    let none = visitor.send("/inbox/several", &sent).await;
    assert!(none.status == 409 && text(&none.text).contains("3 of 3 questions not answered"));
}

#[tokio::test]
async fn the_list_counts_people_and_not_how_often_they_changed_their_minds() {
    let world = World::new();
    let question =
        world.question(to_me(json!({"assignees": [ME, ANN], "approval_threshold": 2, "rejection_threshold": 2}))).await;
    let visitor = world.visitor().await;
    for (seen, choice) in [("0", "approved"), ("1", "rejected"), ("2", "approved")] {
        visitor.send(&format!("/inbox/{}", question.id), &[("choice", choice), ("seen", seen)]).await.of(303);
    }
    assert_eq!(world.state(&question.execution).interaction(&question.id).unwrap().responses.len(), 3);
    assert!(text(&visitor.get("/inbox").await.of(200)).contains("1 answer so far"));
}

#[tokio::test]
async fn what_is_wrong_with_the_data_about_a_failed_node_stands_beside_its_field() {
    let world = World::new();
    let document = json!({"id": "fails", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "work", "type": "transform", "on_error": "ask_human", "config": {"expression": "input.none"}}],
        "edges": [{"from": "start", "to": "work"}]});
    let execution = world.started(document).await;
    let id = world.state(&execution).open_interactions().next().unwrap().interaction_id.to_string();
    let visitor = world.visitor().await;
    let page = visitor.send(&format!("/inbox/{id}"), &[("option", "rewind"), ("seen", "0")]).await.of(422);
    assert!(
        text(&page).contains("Choose the node to go back to.") && !text(&page).contains("/node:"),
        "{}",
        text(&page)
    );
    assert!(page.contains("#field-back"), "it leads to the field");
    // The choices and the fields that belong to them are called alike, and nobody has to know how nodes are called inside.
    let words = text(&page);
    for said in
        ["Go on without it, with an output in its place", "Go back to an earlier node, and undo what was done since"]
    {
        assert_eq!(words.matches(said).count(), 2, "{said}: {words}");
    }
    assert!(!words.contains("`data`") && !words.contains("rewind") && !words.contains("skip"), "{words}");
    assert!(page.contains("<option value=\"start\">") && !page.contains("<option value=\"work\">"), "{page}");
    let sent = [("option", "rewind"), ("back", "start"), ("output", ""), ("seen", "0")];
    assert_eq!(visitor.send(&format!("/inbox/{id}"), &sent).await.status, 303);
    world.run().await;
    let state = world.state(&execution);
    assert_eq!((state.epoch, state.open_interactions().count()), (1, 1), "it went back, and failed once more");
}

#[tokio::test]
async fn the_local_user_answers_for_others_and_nobody_else_does() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "approval_threshold": 2})).await;
    let visitor = world.visitor().await;
    let path = format!("/inbox/{}", question.id);
    let page = visitor.get(&path).await.of(200);
    assert!(text(&page).contains("Answer as ann@example.com bob@example.com"), "{}", text(&page));
    let done = visitor.send(&path, &[("choice", "approved"), ("answer_as", BOB), ("seen", "0")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    let one = world.state(&question.execution).interaction(&question.id).unwrap().clone();
    assert_eq!((one.responses[0].by.as_str(), one.responses[0].entered_by.as_deref()), (BOB, Some(ME)));
    let carl = world.bearer("acme", "carl@example.com", &[api::Scope::Read, api::Scope::Respond]).await;
    let page = carl.get(&path).await.of(200);
    assert!(text(&page).contains("Others are asked, not carl@example.com") && !main(&page).contains("<form"));
    let refused = carl.send(&path, &[("choice", "approved"), ("answer_as", ANN), ("seen", "0")]).await;
    assert_eq!(refused.status, 403);
    assert_eq!(world.state(&question.execution).interaction(&question.id).unwrap().responses.len(), 1);
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    let hidden = stranger.get(&path).await;
    assert!(hidden.status == 404 && !hidden.text.contains("Pay"));
}

#[tokio::test]
async fn whoever_started_it_and_may_not_decide_it_is_told_so_and_offered_no_buttons() {
    let world = World::new();
    // The visitor started both, and may answer in the name of others where that is not ruled out.
    for assignees in [json!([ME, ANN]), json!([ANN, BOB])] {
        let config = json!({"kind": "approval", "assignees": assignees, "allow_requester": false});
        let question = world.question(config).await;
        let (visitor, path) = (world.visitor().await, format!("/inbox/{}", question.id));
        let page = visitor.get(&path).await.of(200);
        let shown = text(&page);
        assert!(shown.contains("You started this, so somebody else has to decide it"), "{shown}");
        assert!(!shown.contains("Answer as") && !page.contains("name=\"choice\""), "{shown}");
        let sent = [("choice", "approved"), ("answer_as", ANN), ("seen", "0")];
        assert_eq!(visitor.send(&path, &sent).await.status, 403);
    }
    // The user of a local host answers for others what somebody else started.
    let question = world.question(json!({"kind": "approval", "allow_requester": true})).await;
    let page = world.visitor().await.get(&format!("/inbox/{}", question.id)).await.of(200);
    assert!(text(&page).contains("Answer as ann@example.com bob@example.com"));
}

#[tokio::test]
async fn other_people_are_asked_instead() {
    let world = World::new();
    let question = world.question(to_me(json!({}))).await;
    let visitor = world.visitor().await;
    let path = format!("/inbox/{}/reassign", question.id);
    assert_eq!(visitor.forge(&path, &[("assignees", ANN)]).await.status, 403);
    let done = visitor.send(&path, &[("assignees", "ann@example.com\ncarl@example.com"), ("reason", "away")]).await;
    assert_eq!((done.status, done.location()), (303, format!("../{}", question.id).as_str()));
    let asked = world.state(&question.execution).interaction(&question.id).unwrap().assignees.clone();
    assert_eq!(asked, [ANN, "carl@example.com"]);
    assert_eq!(visitor.send(&path, &[("assignees", " ")]).await.status, 422);
}

#[tokio::test]
async fn several_that_are_alike_are_answered_together() {
    let world = World::new();
    let (one, two) =
        (world.question(to_me(json!({}))).await, world.question(to_me(json!({"question": "Pay 6?"}))).await);
    let ask = world.question(to_me(json!({"kind": "ask", "question": "Why?"}))).await;
    let visitor = world.visitor().await;
    let path = format!("/inbox/several?interaction={}&interaction={}", one.id, two.id);
    let page = text(&visitor.get(&path).await.of(200));
    assert!(page.contains("Answer 2 questions together") && page.contains("Pay 6?"), "{page}");
    assert!(page.contains("Approve 2 Reject 2"), "{page}");
    let unlike = visitor.get(&format!("{path}&interaction={}", ask.id)).await.of(422);
    assert!(text(&unlike).contains("“Why?” asks for something else"));
    let ids = [("interaction", one.id.as_str()), ("interaction", two.id.as_str()), ("seen", "0")];
    let wrong = visitor.send("/inbox/several", &ids).await.of(422);
    assert!(text(&wrong).contains("Choose one of the two buttons.") && wrong.contains(&two.id));
    let mut chosen = ids.to_vec();
    chosen.push(("choice", "rejected"));
    assert_eq!(visitor.forge("/inbox/several", &chosen).await.status, 403);
    let done = visitor.send("/inbox/several", &chosen).await;
    assert_eq!((done.status, done.location()), (303, "../inbox?answered=2"));
    for question in [&one, &two] {
        let state = world.state(&question.execution);
        assert_eq!(state.interaction(&question.id).unwrap().decision.as_deref(), Some("rejected"));
    }
    assert!(text(&visitor.get("/inbox?answered=2").await.of(200)).contains("Your answer to 2 questions is recorded."));
    assert!(text(&visitor.get(&path).await.of(422)).contains("It is over"));
}

#[tokio::test]
async fn a_question_about_a_tool_names_the_tool_wherever_it_is_listed() {
    let world = World::new();
    world.question(to_me(json!({"kind": "authorization", "question": "", "tool": "drop_table"}))).await;
    let visitor = world.visitor().await;
    for path in ["/inbox", "/"] {
        let page = text(&visitor.get(path).await.of(200));
        assert!(page.contains("May the tool drop_table be used?"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_review_among_several_keeps_its_own_content() {
    let world = World::new();
    let review = |content: &str| to_me(json!({"kind": "review", "question": "Right?", "content": content}));
    let (one, two) = (world.question(review("first")).await, world.question(review("second")).await);
    let visitor = world.visitor().await;
    let page = visitor.get(&format!("/inbox/several?interaction={}&interaction={}", one.id, two.id)).await.of(200);
    assert!(!page.contains("name=\"content\""));
    let sent = [("interaction", one.id.as_str()), ("interaction", &two.id), ("choice", "approved"), ("seen", "0")];
    assert_eq!(visitor.send("/inbox/several", &sent).await.status, 303);
    assert_eq!(world.output(&two).await["answer"], "second");
}

#[tokio::test]
async fn the_address_in_a_message_to_many_leads_to_the_sign_in_and_shows_nothing_before() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "question": "Pay 5?"})).await;
    let path = format!("/inbox/{}", question.id);
    let answer = world.get_as(&path, "", "flows.example.com").await;
    let next = format!("../sign-in?next=%2Finbox%2F{}", question.id);
    assert_eq!((answer.status, answer.location()), (303, next.as_str()));
    assert!(!answer.text.contains("Pay 5?"));
}

#[tokio::test]
async fn hostile_text_stays_text_in_every_list() {
    let world = World::new();
    let hostile = "<script>alert(1)</script>\u{202e}evil \" onx=1 🦊";
    let question = world.question(to_me(json!({"question": hostile}))).await;
    let visitor = world.visitor().await;
    for path in [
        "/",
        "/inbox",
        "/inbox/rows",
        &format!("/inbox/{}", question.id),
        "/executions",
        &format!("/inbox/several?interaction={}", question.id),
    ] {
        let page = visitor.get(path).await.of(200);
        assert!(!page.contains("<script>alert") && !page.contains("\" onx=1"), "{path}");
    }
}
