//! Five hundred questions by e-mail, and `kill -9` in the middle of their delivery: everybody has a mail, and nobody has
//! one twice but for those whose mail was under way at that moment.

use super::{pages, post::Post, until};
use crate::binary::{Dev, Folder, stepwell};
use serde_json::{Value, json};
use std::{collections::HashSet, path::Path, process::Command, thread};

const QUESTIONS: usize = 500;
/// Mails that come before the host is killed, once and again.
const BEFORE_A_KILL: usize = 100;
/// Messages that a host sends at the same time for one owner. A kill leaves open which of them arrived.
const UNDER_WAY: usize = 64;
const CLIENTS: usize = 8;

fn dev(data: &Path, post: &Post) -> Dev {
    let mut command = Command::new(stepwell());
    command.env("STEPWELL_SMTP_URL", post.url()).env("STEPWELL_MAIL_FROM", "flows@example.com");
    // The address in mails that were sent stays the same over a restart.
    Dev::start_by(command, data, &["--public-url", "http://flows.example.com"])
}

/// Does something for each number below [`QUESTIONS`], several at the same time.
fn for_each(deed: impl Fn(usize) + Sync) {
    let deed = &deed;
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || (client..QUESTIONS).step_by(CLIENTS).for_each(deed));
        }
    });
}

/// Every question of the inbox.
fn inbox(dev: &Dev, status: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = dev.get(&format!("/v1/interactions?status={status}&limit=200{cursor}"));
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// The mails to different people whose text begins so.
fn told(post: &Post, says: &str) -> HashSet<String> {
    post.came().into_iter().filter(|(mail, _)| mail.text.starts_with(says)).map(|(mail, _)| mail.to).collect()
}

#[test]
fn everybody_is_told_once_though_the_host_is_killed_while_it_tells_them() {
    let (folder, post) = (Folder::new("mail-crash"), Post::start());
    let mut host = dev(&folder.data(), &post);
    let document = super::ground::asking(
        "payday",
        json!({"kind": "approval", "question": "Pay {{ input.n }}?", "assignees": ["p{{ input.n }}@example.com"],
            "channels": [{"type": "email"}]}),
    );
    assert_eq!(host.call("POST", "/v1/workflows", &document).0, 201);
    // Given five hundred executions that ask at once, none of whose mails has left yet,
    for_each(|number| {
        let (status, said) = host.call("POST", "/v1/workflows/payday/executions", &json!({"input": {"n": number}}));
        assert_eq!(status, 202, "{said}");
    });
    // when the host is killed in the middle of sending them, twice,
    for kill in 1..=2 {
        post.let_through(BEFORE_A_KILL);
        until("some mails come", || post.count() >= kill * BEFORE_A_KILL - UNDER_WAY);
        host.kill();
        host = dev(&folder.data(), &post);
    }
    post.let_through(usize::MAX / 2);
    // then everybody gets a mail,
    until("everybody has a mail", || told(&post, "Approval needed").len() == QUESTIONS);
    let sent = |one: &Value| one["deliveries"][0]["status"] == "sent";
    until("every delivery is known to have been made", || {
        inbox(&host, "pending").iter().filter(|one| sent(one)).count() == QUESTIONS
    });
    // the inbox has every question once,
    let listed: HashSet<String> =
        inbox(&host, "pending").iter().map(|one| one["interaction_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed.len(), QUESTIONS);
    // and a second copy is one of those that were under way when the host was killed, with the id of the first.
    let twice: u32 = post.came().iter().map(|(_, times)| times - 1).sum();
    assert!(twice as usize <= 2 * UNDER_WAY, "{twice} mails came again");
    assert_eq!(post.count(), QUESTIONS, "one id for each question");
    // Everybody answers by the link of that mail, which a restart changed nothing about,
    let mails: Vec<_> = post.came().into_iter().map(|(mail, _)| mail).collect();
    for_each(|number| {
        let answered = pages::answer(&host, &mails[number].page(), &[("choice", "approved")]);
        assert_eq!(answered.status, 303, "{}", answered.text());
    });
    // every execution goes on, and everybody is told the outcome once: nothing was killed meanwhile.
    until("everybody is told the outcome", || told(&post, "Decided: approved").len() == QUESTIONS);
    assert_eq!(inbox(&host, "pending"), [] as [Value; 0]);
    assert_eq!(inbox(&host, "answered").len(), QUESTIONS);
    let outcomes = post.came().into_iter().filter(|(mail, _)| mail.subject.starts_with("Re: "));
    assert!(outcomes.into_iter().all(|(_, times)| times == 1));
    let waiting = host.get("/v1/executions?status=waiting_human");
    assert_eq!(waiting["items"], json!([]));
}
