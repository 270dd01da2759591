//! The page of a conversation, by its forms.

use crate::{
    browser::text,
    world::{Answer, World},
};
use memory::{chat_that_pays, model_that_says};
use serde_json::{Value, json};

/// A visitor of the page: the world, the session's cookie, and the proof that forms carry.
struct Visitor {
    world: World,
    cookie: String,
    token: String,
}

impl Visitor {
    async fn of(answers: Vec<Value>) -> Self {
        Self::of_chat(chat_that_pays(), answers).await
    }

    async fn of_chat(document: Value, answers: Vec<Value>) -> Self {
        let world = World::with_runner(model_that_says(answers));
        assert_eq!(world.ask("POST", "/v1/workflows", &document).await.status, 201);
        let page = world.get("/chat/help").await;
        let cookie = page.cookie().unwrap();
        let page = page.of(200);
        let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Self { world, cookie, token }
    }

    /// Sends a form while the workflow runs.
    async fn sends(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let pairs = [&[("form_token", self.token.as_str())], pairs].concat();
        let mut sending = std::pin::pin!(self.world.form_as(path, &self.cookie, &pairs));
        loop {
            self.world.run().await;
            if let std::task::Poll::Ready(answer) = futures::poll!(&mut sending) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The page to which a form led.
    async fn then(&self, answer: Answer) -> String {
        assert_eq!(answer.status, 303, "{}", text(&answer.text));
        let to = answer.location().trim_start_matches("../").trim_start_matches("../").to_owned();
        self.world.get_as(&format!("/{to}"), &self.cookie, "127.0.0.1").await.of(200)
    }
}

#[tokio::test]
async fn a_message_is_sent_by_a_form_and_answered_on_the_page() {
    let visitor = Visitor::of(vec![json!({"text": "**Hello** <script>"})]).await;
    let first = visitor.world.get("/chat/help").await.of(200);
    assert!(text(&first).contains("Nothing has been said yet.") && text(&first).contains("Helps."), "{first}");
    let sent = visitor.sends("/chat/help", &[("message", "Hi\r\n<there>"), ("key", "k1")]).await;
    let page = visitor.then(sent).await;
    let words = text(&page);
    assert!(words.contains("Hi <there>") && page.contains("<strong>Hello</strong>"), "{words}");
    assert!(
        !page.contains("<script>") || !page.contains("Hello</strong> <script>"),
        "what a model wrote is text: {page}"
    );
    // The same form sent twice says it once.
    let again = visitor.sends("/chat/help", &[("message", "Hi\r\n<there>"), ("key", "k1")]).await;
    assert_eq!(again.status, 303);
    let list = visitor.world.get("/chat/help").await.of(200);
    assert!(list.contains("?session="), "the conversation is listed: {list}");
    let overview = visitor.world.get("/workflows/help").await.of(200);
    assert!(overview.contains("../chat/help"), "the workflow leads to its chat");
}

#[tokio::test]
async fn a_question_is_answered_within_the_conversation() {
    let pays = json!({"text": "I pay.", "tool_calls": [{"id": "1", "name": "pay", "arguments": {"amount": 500}}]});
    let visitor = Visitor::of(vec![pays, json!({"text": "Paid."})]).await;
    let sent = visitor.sends("/chat/help", &[("message", "Pay"), ("session", "s")]).await;
    let page = visitor.then(sent).await;
    assert!(
        text(&page).contains("May the agent call pay?")
            && page.contains("name=\"value\" value=\"yes\"")
            && text(&page).contains("Tool pay ? Waiting for people What it was given {")
            && text(&page).contains("Answer by 31 January 2026, 09:30 UTC, in 30 minutes."),
        "{}",
        text(&page)
    );
    // Another message is refused, and what was typed stays.
    let busy = visitor.sends("/chat/help", &[("message", "And now?"), ("session", "s")]).await;
    assert_eq!(busy.status, 409);
    assert!(busy.text.contains("And now?") && text(&busy.text).contains("asks somebody"), "{}", text(&busy.text));
    let answered = visitor.sends("/chat/help/answer", &[("session", "s"), ("value", "yes")]).await;
    let page = visitor.then(answered).await;
    assert!(page.contains("<button class=\"main\">Send</button>"), "nothing waits for a decision: {page}");
    let words = text(&page);
    assert!(words.contains("Paid.") && words.contains("Tool pay ✓ Succeeded Allowed by zoe@example.com"), "{words}");
    assert!(words.contains("What it was given, and what it gave") && words.contains("Its execution"), "{words}");
}

#[tokio::test]
async fn a_message_that_waits_for_its_turn_is_shown_as_one() {
    let pays = json!({"text": "I pay.", "tool_calls": [{"id": "1", "name": "pay", "arguments": {"amount": 500}}]});
    let mut document = chat_that_pays();
    document["settings"] = json!({"overlap": "queue"});
    let visitor = Visitor::of_chat(document, vec![pays, json!({"text": "Paid."})]).await;
    visitor.sends("/chat/help", &[("message", "Pay"), ("session", "s")]).await;
    // The form is answered once its message is, and whoever sent it goes away.
    {
        let mut waits = std::pin::pin!(visitor.sends("/chat/help", &[("message", "And then?"), ("session", "s")]));
        for _ in 0..20 {
            assert!(futures::poll!(&mut waits).is_pending());
            tokio::task::yield_now().await;
        }
    }
    let page = text(&visitor.world.get("/chat/help?session=s").await.of(200));
    assert!(page.contains("And then?") && page.contains("It waits for its turn."), "{page}");
    assert!(page.contains("May the agent call pay?"), "what is asked stays: {page}");
}

#[tokio::test]
async fn the_script_gets_a_stream_and_a_stranger_gets_nothing() {
    let visitor = Visitor::of(vec![json!({"text": "Hello."})]).await;
    let stream = visitor.sends("/chat/help/stream", &[("message", "Hi"), ("session", "s")]).await;
    assert_eq!((stream.status, &stream.headers["content-type"]), (200, &"text/event-stream".parse().unwrap()));
    assert!(
        stream.text.contains("event: delta\ndata: {\"node\":\"agent\",\"turn\":1,\"text\":\"Hello.\"}")
            || stream.text.contains("\"text\":\"Hello.\""),
        "{}",
        stream.text
    );
    let forged =
        visitor.world.form_as("/chat/help/stream", &visitor.cookie, &[("message", "Hi"), ("form_token", "no")]).await;
    assert_eq!(forged.status, 403);
    visitor.world.get("/chat/nothing").await.of(404);
    visitor.world.get("/chat/help?session=nobody").await.of(404);
}
