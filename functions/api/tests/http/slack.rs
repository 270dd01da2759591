//! The route that Slack calls, where Slack is slow. What it does else is told in the tests of `notify`, which speaks with
//! Slack.

use super::*;
use engine::port::{
    SlackAct, SlackChoice, SlackDeed, SlackDesk, SlackPlace, SlackRefusal, SlackRequest, SlackStranger, SlackWaiting,
};
use std::{collections::BTreeMap, future::pending};
use stepwell_core::{
    error::Reason,
    interaction::{Answer as Said, Interaction},
};

/// Reads every request as one about a question: as its approval, and never finds out whose it is; or as a wish for its form,
/// and never hears from Slack that it is open.
struct Slow {
    question: String,
    wants_form: bool,
}

#[async_trait::async_trait]
impl SlackDesk for Slow {
    fn owner(&self) -> Option<&str> {
        None
    }
    fn read(&self, _: SlackRequest<'_>) -> Result<SlackAct, SlackRefusal> {
        let interaction = self.question.as_str().into();
        let what = match self.wants_form {
            true => SlackDeed::OpenForm { interaction, trigger: "1".into(), direct: true },
            false => SlackDeed::Choose { interaction, choice: SlackChoice::Approve },
        };
        Ok(SlackAct { user: "U1".into(), place: SlackPlace::default(), key: "1".into(), response_url: None, what })
    }
    async fn email(&self, _: &str, _: &SlackPlace) -> Result<String, SlackStranger> {
        if self.wants_form { Ok("bob@example.com".into()) } else { pending().await }
    }
    async fn open_form(&self, _: &str, _: &Interaction, _: Option<&str>) -> Result<(), SlackStranger> {
        Err(SlackStranger::Unavailable("nothing came".into()))
    }
    fn answer(&self, _: &Interaction, _: &Value) -> Result<Said, Vec<Reason>> {
        Err(Vec::new())
    }
    fn beside_fields(&self, _: &Interaction, _: &[Reason]) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    fn listing(&self, _: &[SlackWaiting], _: bool) -> String {
        String::new()
    }
    fn plain(&self, text: &str) -> String {
        text.into()
    }
    async fn tell(&self, _: &str, _: &str) {}
}

#[tokio::test]
async fn what_is_not_done_in_time_is_answered_503_and_has_to_come_again() {
    let world = World::local();
    world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let inbox = world.get("/v1/interactions").await.of(200);
    let id = inbox["items"][0]["interaction_id"].as_str().unwrap();
    for wants_form in [false, true] {
        let app = App::new(world.host.clone()).with_slack(Arc::new(Slow { question: id.into(), wants_form }));
        let slow = World { host: world.host.clone(), service: api::service(Arc::new(app), api::routes()) };
        let answer = slow.post("/v1/hooks/slack", json!({})).await;
        assert_eq!(answer.headers["retry-after"], "1");
        answer.problem(503, "unavailable");
    }
    assert_eq!(world.get(&format!("/v1/interactions/{id}")).await.of(200)["status"], "pending");
}

#[tokio::test]
async fn a_host_without_slack_says_what_to_set() {
    let problem = World::local().post("/v1/hooks/slack", json!({})).await.problem(404, "slack_not_configured");
    assert!(problem["detail"].as_str().unwrap().contains("STEPWELL_SLACK_TOKEN"));
}
