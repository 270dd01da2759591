//! People are told of questions on AWS: by mails that SES takes, with links that the function `callback` opens. The
//! functions are the real programs, SES and the wait machine those of MiniStack.

use super::services::eventually;
use serde_json::{Value, json};
use stepwell_tests::cloud::{Cloud, Mail, PUBLIC_URL, call, configuration_set, mails};

/// A workflow of one question by mail.
fn document(id: &str, config: &Value) -> Value {
    let mut ask = json!({"kind": "approval", "question": "Pay 5?", "channels": [{"type": "email"}]});
    ask.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    json!({
        "id": id,
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": ask},
            {"id": "paid", "type": "transform", "config": {"expression": "'paid'"}}],
        "edges": [{"from": "go", "to": "ask"}, {"from": "ask", "to": "paid", "port": "approved"}],
    })
}

async fn ok(cloud: &mut Cloud, method: &str, path: &str, body: Value) -> Value {
    let body = Some(body).filter(|body| !body.is_null());
    let (status, answer) = cloud.request(method, path, body.as_ref()).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// Starts the workflow, and returns its execution and the question that it asks.
async fn asked(cloud: &mut Cloud, document: &Value) -> (String, String) {
    ok(cloud, "POST", "/v1/workflows", document.clone()).await;
    let path = format!("/v1/workflows/{}/executions", document["id"].as_str().unwrap());
    let started = ok(cloud, "POST", &path, json!({"input": {}})).await;
    let id = started["execution_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/interactions?execution_id={id}&status=pending");
    let question = eventually("it asks", async || {
        cloud.step().await;
        let open = ok(cloud, "GET", &path, Value::Null).await;
        open["items"][0]["interaction_id"].as_str().map(str::to_owned)
    })
    .await;
    (id, question)
}

/// Lets the stack work until an address has a mail that begins so.
async fn mail(cloud: &mut Cloud, to: &str, begins: &str) -> Mail {
    eventually(&format!("`{begins}` is sent to {to}"), async || {
        cloud.step().await;
        mails(to).await.into_iter().rev().find(|mail| mail.text.starts_with(begins))
    })
    .await
}

/// The path of the link in a mail.
fn link(mail: &Mail) -> String {
    let found = mail.text.lines().find_map(|line| line.strip_prefix(PUBLIC_URL)).filter(|path| path.starts_with("/i/"));
    found.unwrap_or_else(|| panic!("no link: {}", mail.text)).to_owned()
}

/// The status of a link's page, and the page.
async fn page(cloud: &mut Cloud, path: &str) -> (u16, String) {
    let (status, answer) = cloud.send("GET", path, json!({}), None).await;
    (status, answer["body"].as_str().unwrap_or_default().to_owned())
}

/// The value of a hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let mark = format!("name=\"{name}\" value=\"");
    page.split_once(&mark).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_else(|| panic!("no {name}: {page}"))
}

/// Presses a button of a link's page.
async fn press(cloud: &mut Cloud, path: &str, choice: &str) -> u16 {
    let (_, page) = page(cloud, path).await;
    let form = format!("form_token={}&seen={}&choice={choice}", hidden(&page, "form_token"), hidden(&page, "seen"));
    let headers = json!({"content-type": "application/x-www-form-urlencoded"});
    cloud.send("POST", path, headers, Some(form)).await.0
}

async fn deliveries(cloud: &mut Cloud, question: &str) -> Vec<(String, String)> {
    let shown = ok(cloud, "GET", &format!("/v1/interactions/{question}"), Value::Null).await;
    let all = shown["deliveries"].as_array().unwrap_or_else(|| panic!("{shown}")).clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(&one["notice"]), text(&one["status"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_mailed_a_link_whose_page_answers_and_then_the_outcome() {
    let mut cloud = Cloud::new("people").await;
    let people = json!({"assignees": ["ann@example.com", "bob@example.com"], "remind_every_seconds": 3});
    let (id, question) = asked(&mut cloud, &document("mailed", &people)).await;
    let to_ann = mail(&mut cloud, "ann@example.com", "Approval needed").await;
    let to_bob = mail(&mut cloud, "bob@example.com", "Approval needed").await;
    assert_eq!((to_ann.subject.as_str(), to_bob.subject.as_str()), ("Pay 5?", "Pay 5?"));
    let (ann, bob) = (link(&to_ann), link(&to_bob));
    assert_ne!(ann, bob, "each has a link of their own");

    let reminder = mail(&mut cloud, "bob@example.com", "Reminder: approval needed").await;
    assert_eq!(
        (reminder.subject.as_str(), link(&reminder)),
        ("Re: Pay 5?", bob.clone()),
        "a reminder has the same link"
    );

    let (status, shown) = page(&mut cloud, &ann).await;
    assert!(status == 200 && shown.contains("Pay 5?"), "{status} {shown}");
    assert_eq!(page(&mut cloud, &format!("{ann}A")).await.0, 404, "no other token opens");
    // Another process has the same key.
    cloud.restart("callback");
    assert_eq!(press(&mut cloud, &ann, "approved").await, 303);
    mail(&mut cloud, "ann@example.com", "Decided: approved").await;
    mail(&mut cloud, "bob@example.com", "Decided: approved").await;
    let shown = ok(&mut cloud, "GET", &format!("/v1/executions/{id}"), Value::Null).await;
    assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &json!("paid")));
    let answered = ok(&mut cloud, "GET", &format!("/v1/interactions/{question}"), Value::Null).await;
    assert_eq!(answered["responses"][0]["by"], "ann@example.com", "{answered}");
    assert_eq!(page(&mut cloud, &bob).await.0, 410, "it is over");
    let sent = ("outcome".to_owned(), "sent".to_owned());
    assert_eq!(deliveries(&mut cloud, &question).await, [sent.clone(), sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_reassigned_leaves_one_inbox_for_another_with_its_link() {
    let mut cloud = Cloud::new("reassigned").await;
    let (_, question) = asked(&mut cloud, &document("moved", &json!({"assignees": ["cleo@example.com"]}))).await;
    let cleo = link(&mail(&mut cloud, "cleo@example.com", "Approval needed").await);
    let to = json!({"assignees": ["dan@example.com"], "reason": "on leave"});
    ok(&mut cloud, "POST", &format!("/v1/interactions/{question}/reassign"), to).await;
    for (who, found) in [("cleo", 0), ("dan", 1)] {
        let path = format!("/v1/interactions?assignee={who}@example.com&status=pending");
        let inbox = ok(&mut cloud, "GET", &path, Value::Null).await;
        assert_eq!(inbox["items"].as_array().map(Vec::len), Some(found), "{who}: {inbox}");
    }
    let dan = link(&mail(&mut cloud, "dan@example.com", "Approval needed").await);
    assert_eq!((page(&mut cloud, &cleo).await.0, page(&mut cloud, &dan).await.0), (410, 200));
    // Dan loses the mail, and has it sent again.
    ok(&mut cloud, "POST", &format!("/v1/interactions/{question}/notify"), json!({"to": "dan@example.com"})).await;
    assert_eq!(link(&mail(&mut cloud, "dan@example.com", "Sent again: approval needed").await), dan);
    assert_eq!(press(&mut cloud, &dan, "approved").await, 303);
    mail(&mut cloud, "dan@example.com", "Decided: approved").await;
}

/// What SES tells of the first mail of a question, as EventBridge hands it to `callback`. MiniStack keeps configuration
/// sets and delivers none of their events; that mails bear these tags is told in the tests of the host.
fn told_by_ses(file: &str, execution: &str, question: &str, number: u32) -> Value {
    let mut event: Value = serde_json::from_str(&crate::docs::read(&format!("events/{file}"))).unwrap();
    let tags = &mut event["detail"]["mail"]["tags"];
    for (name, value) in [("execution", execution), ("interaction", question), ("number", &number.to_string())] {
        tags[name] = json!([value]);
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_comes_back_shows_on_its_question_and_holds_nothing_up() {
    let mut cloud = Cloud::new("bounces").await;
    configuration_set("bounces").await;
    cloud.set("STEPWELL_MAIL_CONFIGURATION_SET", "bounces");
    let people = json!({"assignees": ["fay@example.com", "gus@example.com"]});
    let (id, question) = asked(&mut cloud, &document("bounced", &people)).await;
    for who in ["fay@example.com", "gus@example.com"] {
        mail(&mut cloud, who, "Approval needed").await;
    }
    let bounce = told_by_ses("callback-eventbridge-bounce.json", &id, &question, 1);
    // It comes twice, as events may.
    for _ in 0..2 {
        assert_eq!(cloud.invoke("callback", &bounce).await, Ok(json!({})));
        let shown = ok(&mut cloud, "GET", &format!("/v1/interactions/{question}"), Value::Null).await;
        let (fay, gus) = (&shown["deliveries"][0], &shown["deliveries"][1]);
        assert_eq!(
            (&fay["status"], &gus["status"], &shown["status"]),
            (&json!("bounced"), &json!("sent"), &json!("pending"))
        );
        assert!(fay["error"].as_str().unwrap().contains("550 5.1.1 user unknown"), "{fay}");
    }
    // Once it is decided, what comes back late changes nothing; what comes back of the outcome shows.
    let respond = format!("/v1/interactions/{question}/respond");
    cloud.token("gus", "gus@example.com").await;
    let headers = json!({"authorization": "Bearer gus", "content-type": "application/json"});
    let (status, _) = cloud.send("POST", &respond, headers, Some(json!({"approved": true}).to_string())).await;
    assert_eq!(status, 200);
    mail(&mut cloud, "gus@example.com", "Decided: approved").await;
    let complaint = |number| {
        let mut event = told_by_ses("callback-eventbridge-complaint.json", &id, &question, number);
        event["detail"]["mail"]["tags"]["delivery"] = json!(["1"]);
        event
    };
    let of = |notice: &str, status: &str| (notice.to_owned(), status.to_owned());
    for (event, gus) in [(bounce.clone(), "sent"), (complaint(1), "sent"), (complaint(2), "bounced")] {
        assert_eq!(cloud.invoke("callback", &event).await, Ok(json!({})));
        assert_eq!(deliveries(&mut cloud, &question).await, [of("asked", "bounced"), of("outcome", gus)]);
    }
    let shown = ok(&mut cloud, "GET", &format!("/v1/executions/{id}"), Value::Null).await;
    assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &json!("paid")));
    // What is none of this stack's mails is left alone, and what is no event of a mail is an error.
    let elsewhere =
        told_by_ses("callback-eventbridge-reject.json", "0190aaaa-0000-7000-8000-00000000000f", &question, 1);
    let mut untagged = bounce;
    untagged["detail"]["mail"]["tags"] = json!({});
    for event in [elsewhere, untagged] {
        assert_eq!(cloud.invoke("callback", &event).await, Ok(json!({})));
    }
    cloud.invoke("callback", &json!({"source": "aws.ses", "detail": {}})).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_signed_by_the_key_of_the_stack() {
    let mut cloud = Cloud::new("webhooks").await;
    cloud.set("STEPWELL_WEBHOOK_SECRET_NAME", "webhooks");
    // Nothing listens there: what matters is why it failed.
    let channel = json!({"channels": [{"type": "webhook", "url": "https://127.0.0.1:9/"}]});
    let error = async |cloud: &mut Cloud, question: &str| {
        let shown = ok(cloud, "GET", &format!("/v1/interactions/{question}"), Value::Null).await;
        shown["deliveries"][0]["error"].as_str().map(str::to_owned)
    };
    let (_, question) = asked(&mut cloud, &document("unsigned", &channel)).await;
    let why = eventually("it is not sent unsigned", async || {
        cloud.step().await;
        error(&mut cloud, &question).await
    })
    .await;
    assert!(why.contains("there is no secret") && why.contains("webhooks"), "{why}");
    let name = format!("{}webhooks", cloud.secrets_prefix());
    let text = format!("whsec_{}", "QUJD".repeat(12));
    call("secretsmanager", "secretsmanager.CreateSecret", json!({"Name": name, "SecretString": text})).await;
    // The next try has the key, and fails by the address.
    let why = eventually("the address is refused", async || {
        cloud.step().await;
        error(&mut cloud, &question).await.filter(|why| !why.contains("there is no secret"))
    })
    .await;
    assert!(why.contains("not on the public internet"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_not_set_up_is_told_of_before_anybody_waits_for_it() {
    let mut cloud = Cloud::new("channels").await;
    let config = json!({"assignees": ["eve@example.com"], "channels": [{"type": "email"}, {"type": "slack"}]});
    let checked = ok(&mut cloud, "POST", "/v1/workflows/validate?host=true", document("checked", &config)).await;
    let text = checked.to_string();
    assert!(text.contains("SlackSecret") && !text.contains("MailFrom"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_is_believed_by_the_secret_of_the_stack() {
    let mut cloud = Cloud::new("slack").await;
    let unsigned = async |cloud: &mut Cloud| {
        let headers = json!({"content-type": "application/x-www-form-urlencoded"});
        let (status, answer) = cloud.send("POST", "/v1/hooks/slack", headers, Some("command=%2Fstepwell".into())).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(unsigned(&mut cloud).await, (404, "slack_not_configured".to_owned()));
    cloud.set("STEPWELL_SLACK_SECRET", "slack");
    cloud.restart("callback");
    let (status, _) = unsigned(&mut cloud).await;
    assert_eq!(status, 500, "the secret is not stored yet");
    let name = format!("{}slack", cloud.secrets_prefix());
    let text = json!({"bot_token": "xoxb-1", "signing_secret": "s"}).to_string();
    call("secretsmanager", "secretsmanager.CreateSecret", json!({"Name": name, "SecretString": text})).await;
    assert_eq!(unsigned(&mut cloud).await, (401, "invalid_signature".to_owned()), "it is read at the next request");
    // Everything else goes its way.
    let open = ok(&mut cloud, "GET", "/v1/interactions?status=pending", Value::Null).await;
    assert_eq!(open["items"], json!([]));
}
