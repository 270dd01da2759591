//! What whoever started an execution is told of a question that they may not decide.

use crate::{
    people::approval,
    support::{Home, until},
};
use serde_json::json;
use std::io::{BufRead, BufReader};

#[test]
fn nobody_is_asked_at_the_terminal_what_they_may_not_decide() {
    let home = Home::new();
    let config = json!({"assignees": ["ann@example.com"], "allow_requester": false, "channels": [{"type": "email"}]});
    let file = home.file("asks.json", approval(config));
    let told = home.say(&["run", &file, "--input", r#"{"amount": 5}"#, "--mail-to-folder", "outbox"], "y\n").exits(3);
    assert!(told.err.contains("whoever started the execution may not decide it"), "{told:?}");
    assert!(!told.err.contains("answering for") && !told.err.contains("stepwell answer"), "{told:?}");
    assert!(told.err.contains("stepwell dev --mail-to-folder outbox"), "{told:?}");
    let id = told.err.lines().find_map(|line| line.strip_prefix("execution ")).unwrap().to_owned();
    let shown = home.run(&["show", &id]).exits(0);
    assert!(shown.out.contains("dev --mail-to-folder outbox") && shown.out.contains("notify "), "{shown:?}");
    assert!(!shown.out.contains("--approve"), "{shown:?}");
    let refused = home.run(&["answer", &id, "--approve", "--as", "ann@example.com"]).exits(1);
    assert!(refused.err.contains("may not decide it"), "{refused:?}");
    let refused = home.run(&["answer", &id, "--approve"]).exits(1);
    assert!(refused.err.contains("links in their mails") && !refused.err.contains("--as"), "{refused:?}");
    let mails: Vec<_> = std::fs::read_dir(home.path("outbox")).unwrap().collect();
    assert_eq!(mails.len(), 1);
    let mail = std::fs::read_to_string(mails[0].as_ref().unwrap().path()).unwrap();
    assert!(mail.contains("--mail-to-folder") && !mail.contains("stepwell answer"), "{mail}");
    assert!(home.run(&["inbox", "--assignee", "me@example.com"]).exits(0).err.contains("nothing waits"), "{told:?}");
}

#[test]
fn who_may_not_decide_is_told_what_works_for_the_channels_of_the_question() {
    let home = Home::new();
    for (config, asked) in [
        (
            json!({"assignees": ["ann@example.com", "bob@example.com"], "allow_requester": false}),
            "--subject ann@example.com",
        ),
        (json!({"assignees": ["group:finance"], "allow_requester": false}), "--subject EMAIL"),
        (json!({"allow_requester": false}), "--subject EMAIL"),
    ] {
        let file = home.file("asks.json", approval(config));
        let told = home.say(&["run", &file, "--input", r#"{"amount": 5}"#], "y\n").exits(3);
        let id = told.err.lines().find_map(|line| line.strip_prefix("execution ")).unwrap().to_owned();
        let (shown, refused) =
            (home.run(&["show", &id]).exits(0).out, home.run(&["answer", &id, "--approve"]).exits(1).err);
        for told in [told.err, shown, refused] {
            assert!(
                told.contains("may not decide it: those who are asked answer it, each in their own name"),
                "{told}"
            );
            assert!(told.contains("stepwell token create --name answers") && told.contains(asked), "{told}");
            assert!(told.contains("--scopes read,respond") && told.contains("stepwell dev"), "{told}");
            assert!(
                !told.contains("mails") && !told.contains("stepwell notify") && !told.contains("--mail-to-folder"),
                "{told}"
            );
        }
    }
}

#[test]
fn a_host_that_writes_mails_is_not_asked_to_be_started() {
    let home = Home::new();
    let config = json!({"assignees": ["ann@example.com"], "allow_requester": false, "channels": [{"type": "email"}]});
    let file = home.file("asks.json", approval(config));
    let mut host = home.spawn(&["dev", "--port", "0", "--mail-to-folder", "outbox"]);
    let mut line = String::new();
    BufReader::new(host.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    home.run(&["save", &file]).exits(0);
    home.run(&["start", "asks", "--input", r#"{"amount": 5}"#]).exits(0);
    let shown = || home.run(&["show", "last"]).exits(0).out;
    until("its mail is written", || shown().contains("to send them again:"));
    let told = shown();
    assert!(told.contains("links in their mails") && !told.contains("--mail-to-folder"), "{told}");
    host.kill().unwrap();
    host.wait().unwrap();
}
