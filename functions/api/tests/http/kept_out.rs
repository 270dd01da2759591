//! `allow_requester: false` as callers see it: no link, no place in the list of what waits, and no question without others.

use super::*;

/// Asks ann, who starts it, and bob; ann may not decide.
pub fn barred() -> Value {
    let mut document = approval();
    document["nodes"][1]["config"]["allow_requester"] = json!(false);
    document
}

fn world() -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_links("https://flows.example.com");
    World::over(host, |app| app.with_local_user("acme", "ann@example.com"))
}

async fn listed(world: &World, query: &str) -> usize {
    world.get(&format!("/v1/interactions?{query}")).await.of(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_somebody_may_not_decide_is_not_in_the_list_of_what_waits_for_them() {
    let world = world();
    world.started(barred(), json!({"amount": 5})).await;
    let mut free = approval();
    free["id"] = json!("free");
    world.started(free, json!({"amount": 6})).await;
    world.run().await;
    assert_eq!(listed(&world, "status=pending").await, 2, "the list of all has both");
    assert_eq!(listed(&world, "status=pending&assignee=me").await, 1);
    assert_eq!(listed(&world, "status=pending&assignee=ANN@example.com").await, 1);
    assert_eq!(listed(&world, "status=pending&assignee=bob@example.com").await, 2);
    let all = world.get("/v1/interactions").await.of(200);
    for one in all["items"].as_array().unwrap() {
        let is_free = one["workflow_id"] == "free";
        assert_eq!(one["link"].is_string(), is_free, "{one}");
        assert_eq!(one["kept_out"], if is_free { Value::Null } else { json!("ann@example.com") });
    }
}

#[tokio::test]
async fn whose_token_may_only_read_gets_no_link() {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_links("https://flows.example.com");
    let world = World::over(host, |app| app);
    world.token("starts", "acme", &["read", "run"]).await;
    world.token("ann", "acme", &["read", "respond"]).await;
    world.token("bob", "acme", &["read", "run", "admin"]).await;
    let call = async |who: &str, method: &str, path: &str, body: Value| {
        world.with_headers(method, path, &[("authorization", &format!("Bearer {who}"))], body).await
    };
    let start = json!({"workflow": approval(), "input": {"amount": 5}});
    call("starts", "POST", "/v1/executions", start).await.of(202);
    world.run().await;
    // Both are asked. Whoever has a link answers by it, whatever their token may do.
    for (who, has_link) in [("ann", true), ("bob", false), ("starts", false)] {
        let all = call(who, "GET", "/v1/interactions", Value::Null).await.of(200);
        let one = &all["items"][0];
        assert_eq!(one["assignees"], json!(["ann@example.com", "bob@example.com"]), "{one}");
        assert_eq!(one["link"].is_string(), has_link, "{who}: {one}");
        let path = format!("/v1/interactions/{}", one["interaction_id"].as_str().unwrap());
        let alone = call(who, "GET", &path, Value::Null).await.of(200);
        assert_eq!(alone["link"].is_string(), has_link, "{who}: {alone}");
    }
}

#[tokio::test]
async fn a_page_of_the_list_is_full_where_there_are_enough() {
    let world = world();
    let mut free = approval();
    free["id"] = json!("free");
    for _ in 0..3 {
        world.started(barred(), json!({"amount": 5})).await;
        world.started(free.clone(), json!({"amount": 6})).await;
    }
    world.run().await;
    let first = world.get("/v1/interactions?assignee=me&limit=2").await.of(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/interactions?assignee=me&limit=2&cursor={cursor}")).await.of(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
}

#[tokio::test]
async fn a_question_that_only_its_requester_could_decide_is_not_opened() {
    let world = world();
    let mut alone = barred();
    alone["nodes"][1]["config"]["assignees"] = json!(["ann@example.com"]);
    let id = world.started(alone, json!({"amount": 5})).await;
    world.run().await;
    let execution = world.get(&format!("/v1/executions/{id}")).await.of(200);
    assert_eq!((&execution["status"], &execution["error"]["code"]), (&json!("failed"), &json!("too_few_people")));
}

/// A host with tokens of people of one owner: ann and bob may start and answer, boss may do all, dan may only answer.
pub async fn office() -> World {
    let world = World::with(|app| app);
    for (name, scopes) in [
        ("ann", &["read", "run", "respond"][..]),
        ("bob", &["read", "run", "respond"]),
        ("boss", &["read", "run", "respond", "admin"]),
        ("dan", &["read", "respond"]),
    ] {
        world.token(name, "acme", scopes).await;
    }
    world
}

pub async fn call(world: &World, who: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {who}"))], body).await
}

/// The path of an execution of a document, which ann started.
pub async fn of_ann(world: &World, document: Value) -> String {
    let start = json!({"workflow": document, "input": {"amount": 5, "items": [1]}});
    let started = call(world, "ann", "POST", "/v1/executions", start).await.of(202);
    format!("/v1/executions/{}", started["execution_id"].as_str().unwrap())
}

/// Every way to have ann's execution go on by another document: the method, what follows the path, and the body.
fn ways(operations: &Value) -> Vec<(&'static str, &'static str, Value)> {
    let patch = json!({"operations": operations});
    let fork = json!({"checkpoint_id": 1, "patch": operations});
    let dry = |mut body: Value| {
        body["dry_run"] = json!(true);
        body
    };
    vec![
        ("PATCH", "/workflow", dry(patch.clone())),
        ("PATCH", "/workflow?dry_run=true", patch.clone()),
        ("POST", "/patch", dry(patch.clone())),
        ("POST", "/fork", dry(fork.clone())),
        ("POST", "/fork", fork),
        ("PATCH", "/workflow", patch.clone()),
        ("POST", "/patch", patch),
    ]
}

#[tokio::test]
async fn who_may_not_decide_a_question_may_not_make_it_another_one() {
    let in_body = json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "input.items", "body": {"nodes": [barred()["nodes"][1]]}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let from = json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "workflow", "config": {"workflow_id": "asks"}}], "edges": [{"from": "start", "to": "ask"}]});
    let mut templated = approval();
    templated["nodes"][1]["config"]["allow_requester"] = json!("{{ input.amount < 1 }}");
    for document in [barred(), templated, in_body, from] {
        let world = office().await;
        let mut saved = barred();
        saved["id"] = json!("asks");
        call(&world, "boss", "POST", "/v1/workflows", saved).await.of(201);
        let path = of_ann(&world, document.clone()).await;
        let operations = json!([{"op": "add", "path": "/description", "value": "mine"}]);
        for (method, route, body) in ways(&operations) {
            let refused = call(&world, "ann", method, &format!("{path}{route}"), body).await.problem(403, "forbidden");
            assert!(refused["detail"].as_str().unwrap().contains("`admin`"), "{refused}");
        }
        // Whoever forks starts what comes of it, whosever the first one was.
        let fork = json!({"checkpoint_id": 1, "patch": operations});
        call(&world, "bob", "POST", &format!("{path}/fork"), fork.clone()).await.problem(403, "forbidden");
        call(&world, "ann", "POST", &format!("{path}/fork"), json!({"checkpoint_id": 1})).await.of(202);
        call(&world, "boss", "POST", &format!("{path}/fork"), fork).await.of(202);
        let patch = json!({"operations": operations});
        call(&world, "bob", "POST", &format!("{path}/patch"), patch.clone()).await.of(200);
        call(&world, "boss", "POST", &format!("{path}/patch"), patch).await.of(200);
    }
}

#[tokio::test]
async fn who_may_not_decide_a_question_may_not_put_other_data_in_the_place_of_what_was_decided() {
    for (document, is_barred) in [(barred(), true), (approval(), false)] {
        let world = office().await;
        let path = of_ann(&world, document).await;
        world.run().await;
        let shown = call(&world, "ann", "GET", &path, Value::Null).await.of(200);
        let question = shown["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned();
        let answer = json!({"approved": false});
        world
            .meanwhile(call(&world, "bob", "POST", &format!("/v1/interactions/{question}/respond"), answer))
            .await
            .of(200);
        let at = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
        let ways = [
            ("fork", json!({"checkpoint_id": at, "input": {"amount": 9}})),
            ("fork", json!({"checkpoint_id": at, "input": {"amount": 9}, "dry_run": true})),
            ("backtrack", json!({"node": "refused", "input": {"amount": 9}, "dry_run": true})),
            ("backtrack", json!({"node": "refused", "input": {"amount": 9}})),
        ];
        for (route, body) in ways {
            let told = world.meanwhile(call(&world, "ann", "POST", &format!("{path}/{route}"), body)).await;
            match is_barred {
                true => drop(told.problem(403, "forbidden")),
                false => assert!(told.status.is_success(), "{route}: {}", told.status),
            }
        }
        // What is asked anew, or of the input of a start, puts nothing in the place of an answer.
        for (route, body) in [
            ("fork", json!({"checkpoint_id": 1, "input": {"amount": 9}})),
            ("fork", json!({"checkpoint_id": at})),
            ("backtrack", json!({"node": "approve"})),
        ] {
            let told = world.meanwhile(call(&world, "ann", "POST", &format!("{path}/{route}"), body)).await;
            assert!(told.status.is_success(), "{route}: {}", told.status);
        }
    }
}

#[tokio::test]
async fn a_fork_of_a_fork_is_not_given_another_input_by_whoever_may_not_decide() {
    let world = office().await;
    let path = of_ann(&world, barred()).await;
    world.run().await;
    let shown = call(&world, "ann", "GET", &path, Value::Null).await.of(200);
    let question = shown["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned();
    let answer = json!({"approved": true});
    world.meanwhile(call(&world, "bob", "POST", &format!("/v1/interactions/{question}/respond"), answer)).await.of(200);
    let at = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let fork = call(&world, "ann", "POST", &format!("{path}/fork"), json!({"checkpoint_id": at})).await.of(202);
    let fork = format!("/v1/executions/{}/fork", fork["execution_id"].as_str().unwrap());
    let again = json!({"checkpoint_id": 1, "input": {"amount": 9}});
    call(&world, "ann", "POST", &fork, again.clone()).await.problem(403, "forbidden");
    call(&world, "boss", "POST", &fork, again).await.of(202);
}

#[tokio::test]
async fn who_may_not_decide_does_not_go_on_without_what_failed() {
    for (document, is_barred) in [(barred(), true), (approval(), false)] {
        let mut document = document;
        document["nodes"][3] = json!({"id": "refused", "type": "transform", "on_error": "ask_human",
            "config": {"set": {"of": "{{ input.nobody.there }}"}}});
        let answers = [
            (json!({"option": "skip", "data": {"amount": 9}}), true),
            (json!({"option": "rewind", "data": {"node": "refused", "input": {"amount": 9}}}), true),
            (json!({"option": "rewind", "data": {"node": "approve"}}), false),
            (json!({"option": "retry"}), false),
        ];
        for (answer, replaces) in answers {
            let world = office().await;
            let path = of_ann(&world, document.clone()).await;
            world.run().await;
            let asked = async || {
                let shown = call(&world, "boss", "GET", &path, Value::Null).await.of(200);
                let id = shown["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned();
                format!("/v1/interactions/{id}/respond")
            };
            let first = asked().await;
            world.meanwhile(call(&world, "bob", "POST", &first, json!({"approved": false}))).await.of(200);
            world.run().await;
            let respond = asked().await;
            let told = world.meanwhile(call(&world, "ann", "POST", &respond, answer.clone())).await;
            match is_barred && replaces {
                true => drop(told.problem(403, "forbidden")),
                false => drop(told.of(200)),
            }
        }
    }
}

#[tokio::test]
async fn whose_question_may_be_decided_by_its_requester_is_patched_by_them_as_before() {
    let world = office().await;
    let path = of_ann(&world, approval()).await;
    let operations = json!([{"op": "add", "path": "/description", "value": "mine"}]);
    for (method, route, body) in ways(&operations) {
        let answer = call(&world, "ann", method, &format!("{path}{route}"), body).await;
        assert!(answer.status.is_success(), "{route}");
    }
}

#[tokio::test]
async fn the_vote_of_whoever_forks_does_not_count_in_the_fork() {
    let world = office().await;
    let mut document = barred();
    document["nodes"][1]["config"]["approval_threshold"] = json!(2);
    document["nodes"][1]["config"]["assignees"] = json!(["bob@example.com", "boss@example.com", "dan@example.com"]);
    let path = of_ann(&world, document).await;
    world.run().await;
    let question = async |path: &str| {
        let shown = call(&world, "boss", "GET", path, Value::Null).await.of(200);
        shown["pending_interactions"][0].clone()
    };
    let respond = format!("/v1/interactions/{}/respond", question(&path).await["interaction_id"].as_str().unwrap());
    for who in ["bob", "bob"] {
        world.meanwhile(call(&world, who, "POST", &respond, json!({"approved": true}))).await.of(200);
    }
    let at = call(&world, "bob", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let told = call(&world, "bob", "POST", &format!("{path}/fork"), json!({"checkpoint_id": at})).await.of(202);
    world.run().await;
    let asked = question(&format!("/v1/executions/{}", told["execution_id"].as_str().unwrap())).await;
    assert_eq!((&asked["responses"], &asked["responses_needed"]), (&json!([]), &json!(2)));
}

#[tokio::test]
async fn a_fork_keeps_out_whoever_started_what_it_goes_back_to() {
    let world = office().await;
    let path = of_ann(&world, barred()).await;
    // Bob forks what ann started, and the boss forks that.
    let fork = async |who: &str, path: &str| {
        let told = call(&world, who, "POST", &format!("{path}/fork"), json!({"checkpoint_id": 1})).await.of(202);
        format!("/v1/executions/{}", told["execution_id"].as_str().unwrap())
    };
    let second = fork("bob", &path).await;
    let to_boss = json!([{"op": "add", "path": "/nodes/1/config/assignees/-", "value": "boss@example.com"}]);
    let third = json!({"checkpoint_id": 1, "patch": to_boss});
    let third = call(&world, "boss", "POST", &format!("{second}/fork"), third).await.of(202);
    let third = format!("/v1/executions/{}", third["execution_id"].as_str().unwrap());
    world.run().await;
    // Of the second both who are asked have started something, so nobody is left to be asked.
    let shown = call(&world, "ann", "GET", &second, Value::Null).await.of(200);
    assert_eq!(shown["error"]["code"], "too_few_people", "{shown}");
    let shown = call(&world, "ann", "GET", &third, Value::Null).await.of(200);
    assert_eq!(shown["error"]["code"], "too_few_people", "{shown}");
    // With one more person asked, that one alone decides.
    let to_dan = json!([{"op": "add", "path": "/nodes/1/config/assignees/-", "value": "dan@example.com"}]);
    let body = json!({"checkpoint_id": 1, "patch": to_dan});
    let last = call(&world, "boss", "POST", &format!("{second}/fork"), body).await.of(202);
    world.run().await;
    let list = format!("/v1/interactions?status=pending&execution_id={}", last["execution_id"].as_str().unwrap());
    let asked = call(&world, "dan", "GET", &list, Value::Null).await.of(200)["items"][0].clone();
    assert_eq!(asked["kept_out"], "boss@example.com");
    assert_eq!(asked["also_kept_out"], json!(["bob@example.com", "ann@example.com"]));
    let respond = format!("/v1/interactions/{}/respond", asked["interaction_id"].as_str().unwrap());
    for who in ["ann", "bob", "boss"] {
        let answer = world.meanwhile(call(&world, who, "POST", &respond, json!({"approved": true}))).await;
        answer.problem(403, "forbidden");
    }
    world.meanwhile(call(&world, "dan", "POST", &respond, json!({"approved": true}))).await.of(200);
    let done = call(
        &world,
        "dan",
        "GET",
        &format!("/v1/interactions/{}", asked["interaction_id"].as_str().unwrap()),
        Value::Null,
    )
    .await
    .of(200);
    assert_eq!(done["receipt"]["receipt"]["also_started_by"], json!(["bob@example.com", "ann@example.com"]));
}
