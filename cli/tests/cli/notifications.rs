//! How a host is told what tells people of questions.

use crate::support::{Home, Told};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

fn asks() -> serde_json::Value {
    json!({
        "id": "asks",
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Go on?"}}
        ],
        "edges": [{"from": "start", "to": "ask"}]
    })
}

#[test]
fn what_is_wrong_is_told_before_anything_starts() {
    let home = Home::new();
    let with = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = home.command(args);
        Told::of(command.envs(variables.iter().copied()).output().unwrap()).exits(2)
    };
    let server = ("STEPWELL_SMTP_URL", "smtp://flows:s3cret-word@mail.example.com");
    let from = ("STEPWELL_MAIL_FROM", "flows@example.com");
    for (variables, named) in [
        (&[server][..], "STEPWELL_MAIL_FROM"),
        (&[from], "STEPWELL_SMTP_URL"),
        (&[("STEPWELL_SMTP_URL", "smtp://flows:s3cret-word@mail.example.com?tls=none"), from], "plain text"),
        (&[server, from, ("STEPWELL_SMTP_CA", "missing.pem")], "missing.pem"),
        (&[("STEPWELL_WEBHOOK_SECRET", "s3cret-word")], "openssl rand -base64 32"),
        (&[("STEPWELL_PUBLIC_URL", "flows.example.com")], "--public-url https://flows.example.com"),
        (&[("STEPWELL_PUBLIC_URL", "https://flows:s3cret-word@flows.example.com")], "a host, a port and a path"),
    ] {
        for args in [&["dev", "--port", "0"][..], &["run", &home.file("asks.json", asks()), "--no-input"]] {
            let told = with(variables, args);
            assert!(told.err.contains(named) && !told.err.contains("s3cret"), "{told:?}");
        }
    }
    home.file("taken", "");
    let told = with(&[], &["dev", "--port", "0", "--mail-to-folder", "taken/mails"]);
    assert!(told.err.contains("taken/mails") && told.err.contains("Name a folder"), "{told:?}");
}

#[test]
fn the_options_lead_to_a_folder_for_this_user_and_stay_with_the_command_that_goes_on() {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let given = ["--mail-to-folder", "mails", "--public-url", "https://flows.example.com"];
    let told = home.run(&[&["run", &file, "--no-input"][..], &given].concat()).exits(3);
    assert!(told.err.contains("--mail-to-folder mails --public-url https://flows.example.com"), "{told:?}");
    assert_eq!(std::fs::metadata(home.path("mails")).unwrap().permissions().mode() & 0o777, 0o700);
    let away = [&["run", &file][..], &given, &["--url", "http://127.0.0.1:9"]].concat();
    let told = home.run(&away).exits(2);
    assert!(told.err.contains("--mail-to-folder is for a host in this process"), "{told:?}");
}
