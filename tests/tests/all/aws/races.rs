//! The races of `people/races.rs` on AWS: answers arrive at several processes of `callback` at once, and DynamoDB Local
//! lets one of them win. Presses in Slack go the same way.

use crate::people::{
    ground::{Ground, Said},
    races, slack_script,
    slack_stand_in::Slack,
};
use serde_json::{Map, Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use stepwell_tests::cloud::{Cloud, Fleet, PUBLIC_URL, call, mails};
use tokio::{runtime::Runtime, task::JoinHandle};

/// Requests that are handled at the same time, each by a process of its own.
const AT_ONCE: usize = 8;

/// A stack whose messages are handled by themselves, and whose requests come from many threads.
struct Stack {
    runtime: Runtime,
    fleet: Fleet,
    ends: Arc<AtomicBool>,
    works: Option<JoinHandle<()>>,
}

impl Stack {
    /// A stack, with a token for each of these people besides the tests' own.
    fn open(name: &str, people: &[String]) -> Self {
        Self::open_with(name, people, |_| {})
    }

    fn open_with(name: &str, people: &[String], set: impl FnOnce(&mut Cloud)) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut cloud = runtime.block_on(Cloud::new(name));
        set(&mut cloud);
        runtime.block_on(async {
            for person in people {
                cloud.token(person, person).await;
            }
        });
        let (fleet, ends) = (cloud.fleet(AT_ONCE), Arc::<AtomicBool>::default());
        let over = ends.clone();
        let works = runtime.spawn(async move {
            while !over.load(Relaxed) {
                cloud.step().await;
            }
        });
        Self { runtime, fleet, ends, works: Some(works) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        if let Some(works) = self.works.take() {
            let _ = self.runtime.block_on(works);
        }
    }
}

impl Ground for Stack {
    fn rounds(&self) -> usize {
        6
    }

    /// The wait machine is about a second late.
    fn deadline(&self) -> f64 {
        1.5
    }

    fn request(&self, who: Option<&str>, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let bearer = format!("Bearer {}", who.unwrap_or("TOKEN"));
        let headers = json!({"authorization": bearer, "content-type": "application/json"});
        let body = Some(body.to_string()).filter(|_| !body.is_null());
        let (status, text) = self.runtime.block_on(self.fleet.send(method, path, headers, body));
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    fn bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let headers: Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let body = Some(body.to_owned()).filter(|body| !body.is_empty());
        self.runtime.block_on(self.fleet.send(method, path, Value::Object(headers), body))
    }

    fn page_of(&self, to: &str, subject: &str) -> String {
        crate::people::ground::soon(&format!("a mail to {to} about {subject}"), || {
            let mails = self.runtime.block_on(mails(to));
            let mail = mails.into_iter().find(|mail| mail.subject == subject)?;
            let paths = mail.text.lines().filter_map(|line| line.strip_prefix(PUBLIC_URL));
            paths.filter(|path| path.starts_with("/i/")).map(str::to_owned).next()
        })
    }
}

/// Addresses of people.
fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}@example.com")).collect()
}

#[test]
fn of_two_hundred_answers_one_decides_and_the_others_are_told_which() {
    let crowd: Vec<String> = (0..200).map(|number| format!("p{number}@example.com")).collect();
    races::crowd(&Stack::open("crowd", &crowd));
}

#[test]
fn at_the_threshold_the_last_missing_answer_decides_and_no_further_one_counts() {
    races::threshold(&Stack::open("threshold", &people(&["ann", "bob", "cem"])));
}

#[test]
fn an_answer_and_the_deadline_do_not_both_decide() {
    races::deadline(&Stack::open("deadline", &[]));
}

#[test]
fn an_answer_and_a_cancel_do_not_both_end_a_question() {
    races::cancel(&Stack::open("cancelled", &[]));
}

#[test]
fn whoever_is_asked_no_more_and_whoever_is_asked_now_do_not_both_decide() {
    races::reassigned(&Stack::open("handed", &people(&["ann", "bob"])));
}

/// With the secret of the stack, as a deployed one has it.
#[test]
fn a_press_in_slack_is_believed_by_its_signature_and_counts_once() {
    let slack = Slack::start();
    let set = |cloud: &mut Cloud| {
        cloud.set("STEPWELL_SLACK_SECRET", "slack");
        cloud.set("STEPWELL_SLACK_API", &format!("{}/api", slack.origin()));
    };
    let stack = Stack::open_with("pressed", &[], set);
    let text = json!({"bot_token": slack_script::TOKEN, "signing_secret": slack_script::SECRET}).to_string();
    let secret = json!({"Name": "stepwell/pressed/slack", "SecretString": text});
    stack.runtime.block_on(call("secretsmanager", "secretsmanager.CreateSecret", secret));
    slack_script::trust(&stack, &slack);
    slack_script::three_times(&stack, &slack);
}
