//! Programs that follow the links in mails before people do: scanners, previews, prefetchers. They decide nothing.

use super::{
    ground::{Ground, asking},
    mails::mails,
    pages,
    stage::Stage,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ANN: &str = "ann@example.com";

/// By the names that they give themselves.
const SCANNERS: [&str; 9] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Barracuda Sentinel (EE)",
    "Mimecast-URL-Scanner/1.0",
    "ProofpointURLDefense/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; GoogleImageProxy)",
    "WhatsApp/2.23.20.0",
    "",
];

/// Questions of every kind, each told to one person.
fn questions() -> Vec<Value> {
    let schema =
        json!({"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean", "default": true}}});
    let kinds = [
        json!({"kind": "approval", "details": "See [the books](https://books.example/1?a=1&b=2)."}),
        json!({"kind": "input", "schema": schema}),
        json!({"kind": "decision", "options": ["yes", "no"]}),
        json!({"kind": "review", "content": "Dear all"}),
        json!({"kind": "ask"}),
        json!({"kind": "authorization", "tool": "mail.send", "arguments": {"to": "all"}}),
    ];
    let told = |mut config: Value| {
        config["question"] = json!("Shall we?");
        config["assignees"] = json!([ANN]);
        config["channels"] = json!([{"type": "email", "to": ["archive@example.com"]}]);
        config
    };
    kinds.into_iter().map(|kind| asking(kind["kind"].as_str().unwrap(), told(kind.clone()))).collect()
}

/// The addresses of a page, from the place of the page on. What follows `#` is for the reader's eyes: nobody sends it.
fn links_of(html: &str) -> Vec<String> {
    let parts =
        html.split("href=\"").skip(1).chain(html.split("src=\"").skip(1)).chain(html.split("action=\"").skip(1));
    let given = parts.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    let own = given.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let sent = own.map(|link| link.split('#').next().unwrap_or_default().to_owned());
    sent.map(|link| format!("/{}", link.trim_start_matches("../").trim_start_matches("./"))).collect()
}

#[test]
fn whoever_follows_every_link_of_every_mail_decides_nothing() {
    let stage = Stage::open("crawler");
    let mut executions = Vec::new();
    for document in questions() {
        stage.save(&document);
        executions.push(stage.start(document["id"].as_str().unwrap(), &json!({})));
    }
    // Every question is told, reminded of included.
    for id in &executions {
        let asked = stage.asked(id);
        let told = |wanted: u32| {
            let all = || stage.question(id)["deliveries"].as_array().unwrap().clone();
            let is_sent =
                |it: &Value| it["status"] == "sent" && it["notice"] == if wanted == 1 { "asked" } else { "again" };
            super::until("both are told", || all().len() == 2 && all().iter().all(is_sent));
        };
        told(1);
        let (status, said) = stage.dev.call("POST", &format!("/v1/interactions/{asked}/notify"), &json!({}));
        assert_eq!(status, 200, "{said}");
        told(2);
    }
    let before: Vec<Value> = executions.iter().map(|id| stage.question(id)).collect();
    // When programs follow every address of the host in both bodies of every mail, and those on the pages,
    let all = mails(&stage.outbox());
    assert_eq!(all.len(), executions.len() * 4, "two receivers, twice");
    let own = format!("http://127.0.0.1:{}", stage.dev.port);
    let (mut open, mut seen) = (Vec::new(), BTreeSet::new());
    for mail in &all {
        let own_links = mail.addresses().into_iter().filter_map(|link| link.strip_prefix(&own).map(str::to_owned));
        open.extend(own_links);
    }
    let pages = open.iter().filter(|path| path.starts_with("/i/")).collect::<BTreeSet<_>>().len();
    assert_eq!(pages, executions.len(), "one page for each question, the same in each mail");
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        for agent in SCANNERS {
            let shown = stage.dev.try_call("GET", &path, &[("user-agent", agent)], &Value::Null).unwrap();
            assert!(shown.status < 500, "{path}: {}", shown.text());
            if shown.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                open.extend(links_of(&shown.text()));
            }
            assert_eq!(pages::head(&stage.dev, &path, agent), shown.status, "{path}");
        }
        // What a form would send is sent by none of them, but some put it behind the address.
        if path.starts_with("/i/") && !path.contains('?') {
            open.push(format!("{path}?choice=approved&option=yes&text=x"));
        }
    }
    // then every question is as it was: nothing was decided, answered or even noted.
    let after: Vec<Value> = executions.iter().map(|id| stage.question(id)).collect();
    assert_eq!(after, before);
    assert!(after.iter().all(|one| one["status"] == "pending" && one["responses"] == json!([])));
    // And the person themselves still decides by the same page.
    let page = stage.mail(ANN, "Approval needed").page();
    assert_eq!(pages::answer(&stage.dev, &page, &[("choice", "approved")]).status, 303);
    stage.dev.until(&executions[0], &["completed"]);
}
