//! Messages about questions as callers see them: deliveries, sending again, other people, reminders.

use super::*;
use engine::port::Letter;
use std::sync::Mutex;
use stepwell_core::interaction::delivery::{Notice, Told};

/// What was sent, and a world that sends it.
type Sent = Arc<Mutex<Vec<Letter>>>;

fn world(answer: impl Fn(&Letter) -> Told + Send + Sync + 'static) -> (World, Sent) {
    let sent = Sent::default();
    let kept = sent.clone();
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap())
        .with_links("https://flows.example.com")
        .with_teller(move |letter| {
            let told = answer(letter);
            if told == taken() {
                kept.lock().unwrap().push(letter.clone());
            }
            told
        });
    (World::over(host, |app| app.with_local_user("acme", "ann@example.com")), sent)
}

fn taken() -> Told {
    Told::Sent { reference: None }
}

fn told_by(channels: Value) -> Value {
    let mut document = approval();
    let config = &mut document["nodes"][1]["config"];
    config["channels"] = channels;
    config["remind_every_seconds"] = json!(600);
    document
}

fn tos(sent: &Sent) -> Vec<(String, Notice)> {
    sent.lock().unwrap().drain(..).map(|letter| (letter.to, letter.notice)).collect()
}

async fn question(world: &World) -> Value {
    world.get("/v1/interactions").await.of(200)["items"][0].clone()
}

#[tokio::test]
async fn each_person_is_told_with_a_link_of_their_own_and_a_channel_with_none() {
    let (world, sent) = world(|_| taken());
    world
        .started(told_by(json!([{"type": "email"}, {"type": "slack", "channel": "#pay"}])), json!({"amount": 5}))
        .await;
    world.run().await;
    let letters: Vec<Letter> = sent.lock().unwrap().clone();
    let links: Vec<_> = letters.iter().map(|letter| (letter.to.as_str(), letter.link.as_deref())).collect();
    let [(ann, Some(to_ann)), (bob, Some(to_bob)), ("#pay", None)] = links[..] else { panic!("{links:?}") };
    assert_eq!((ann, bob), ("ann@example.com", "bob@example.com"));
    assert!(to_ann != to_bob && to_ann.starts_with("https://flows.example.com/i/"));
    assert!(letters.iter().all(|letter| letter.inbox.as_ref().unwrap().contains("/inbox/")));
    let one = question(&world).await;
    let states: Vec<_> =
        one["deliveries"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["sent"; 3]);
    let journal = world.get(&format!("/v1/executions/{}/history", one["execution_id"].as_str().unwrap())).await.text;
    assert!(!journal.contains("/i/"), "no token is kept");
}

#[tokio::test]
async fn a_channel_that_fails_holds_nothing_up_and_says_why() {
    let (world, sent) = world(|letter| match letter.to.as_str() {
        "ann@example.com" => Told::Refused { error: "550 no such user".into() },
        _ => Told::Failed { error: "451 try later".into(), after_seconds: None },
    });
    let id = world.started(told_by(json!([{"type": "email"}])), json!({"amount": 5})).await;
    world.run().await;
    let one = question(&world).await;
    let of = |at: usize, field: &str| one["deliveries"][at][field].clone();
    assert_eq!((of(0, "status"), of(0, "error")), (json!("failed"), json!("550 no such user")));
    assert_eq!((of(1, "status"), of(1, "error")), (json!("pending"), json!("451 try later")));
    assert_eq!(of(1, "next_at"), "2026-01-31T09:00:02.000Z");
    let respond = format!("/v1/interactions/{}/respond", one["interaction_id"].as_str().unwrap());
    world.post(&respond, json!({"approved": true})).await.of(200);
    world.run().await;
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["output"], "paid");
    assert_eq!(tos(&sent), [], "who was never told of the question is not told how it ended");
}

#[tokio::test]
async fn people_are_reminded_and_told_of_the_outcome_even_after_the_end() {
    let (world, sent) = world(|_| taken());
    let id = world.started(told_by(json!([{"type": "email"}])), json!({"amount": 5})).await;
    world.run().await;
    tos(&sent);
    world.pass(Duration::from_secs(600));
    world.run().await;
    let both = |notice| [("ann@example.com".to_owned(), notice), ("bob@example.com".to_owned(), notice)];
    assert_eq!(tos(&sent), both(Notice::Reminder));
    let one = question(&world).await;
    world.meanwhile(world.post(&format!("/v1/executions/{id}/resume"), json!({"approved": true}))).await.of(200);
    world.run().await;
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["status"], "completed");
    assert_eq!(tos(&sent), both(Notice::Outcome));
    world.pass(Duration::from_secs(600));
    world.run().await;
    assert_eq!(tos(&sent), [], "nobody is reminded of what is over");
    let path = format!("/v1/interactions/{}", one["interaction_id"].as_str().unwrap());
    world.post(&format!("{path}/notify"), json!({})).await.problem(409, "already_decided");
}

#[tokio::test]
async fn a_question_is_put_to_others_and_its_messages_are_sent_again() {
    let (world, sent) = world(|_| taken());
    world.started(told_by(json!([{"type": "email"}])), json!({"amount": 5})).await;
    world.run().await;
    tos(&sent);
    let path = format!("/v1/interactions/{}", question(&world).await["interaction_id"].as_str().unwrap());
    let eve = json!({"assignees": ["eve@example.com"], "reason": "ann is away"});
    assert_eq!(world.post(&format!("{path}/reassign"), eve).await.of(200)["assignees"], json!(["eve@example.com"]));
    world.run().await;
    assert_eq!(tos(&sent), [("eve@example.com".to_owned(), Notice::Asked)]);
    world.post(&format!("{path}/respond"), json!({"approved": true})).await.problem(403, "forbidden");
    world.post(&format!("{path}/notify"), json!({"to": "eve@example.com"})).await.of(200);
    world.run().await;
    assert_eq!(tos(&sent), [("eve@example.com".to_owned(), Notice::Again)]);
    for (what, body) in [
        ("notify", json!({"to": "bob"})),
        ("reassign", json!({"assignees": []})),
        ("reassign", json!({"assignees": ["a"], "to": 1})),
    ] {
        assert_eq!(world.post(&format!("{path}/{what}"), body).await.status, 422);
    }
    world.post("/v1/interactions/none/reassign", json!({"assignees": ["a"]})).await.problem(404, "not_found");
}

#[tokio::test]
async fn only_those_whom_it_concerns_say_whom_a_question_is_put_to() {
    let world = World::with(|app| app);
    for (token, scopes) in [
        ("runner", &["run", "read"][..]),
        ("admin", &["admin", "read", "run"]),
        ("ann", &["respond"]),
        ("eve", &["respond"]),
    ] {
        world.token(token, "acme", scopes).await;
    }
    let with = |token: &'static str| [("authorization", ["Bearer ", token].concat())];
    let send = async |token: &'static str, path: &str, body: Value| {
        let [(name, value)] = with(token);
        world.with_headers("POST", path, &[(name, &value)], body).await
    };
    let mut document = approval();
    document["nodes"][1]["config"]["allow_requester"] = json!(false);
    send("admin", "/v1/workflows", document).await.of(201);
    let started = send("runner", "/v1/workflows/pay/executions", json!({"input": {"amount": 1}})).await.of(202);
    world.run().await;
    let asked = world.host.state(&started["execution_id"].as_str().unwrap().into()).unwrap();
    let path = format!("/v1/interactions/{}/reassign", asked.interactions[0].interaction_id);
    let to = || json!({"assignees": ["eve@example.com"]});
    send("runner", &path, to()).await.problem(403, "forbidden");
    send("eve", &path, to()).await.problem(403, "forbidden");
    send("ann", &path, to()).await.of(200);
    send("admin", &path, json!({"assignees": ["ann@example.com"]})).await.of(200);
}

#[tokio::test]
async fn a_channel_that_the_host_lacks_is_a_warning_and_an_error_where_the_host_is_asked() {
    let world = World::local();
    let document = told_by(json!([{"type": "web"}, {"type": "email"}]));
    let saved = world.post("/v1/workflows", document.clone()).await.of(201);
    let of =
        |list: &Value| list.as_array().unwrap().iter().map(|it| (it["code"].clone(), it["path"].clone())).collect();
    let lacking: Vec<(Value, Value)> = vec![(json!("channel_not_configured"), json!("/nodes/1/config/channels/1"))];
    assert_eq!(of(&saved["warnings"]), lacking);
    let checked = world.post("/v1/workflows/validate", document.clone()).await.of(200);
    assert_eq!((&checked["valid"], of(&checked["warnings"])), (&json!(true), lacking.clone()));
    let checked = world.post("/v1/workflows/validate?host=true", document).await.of(200);
    assert_eq!((&checked["valid"], of(&checked["errors"])), (&json!(false), lacking));
}
