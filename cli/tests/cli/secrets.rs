//! A whole run against a server that gives a secret back in every way: nothing that is kept or shown has it.

use crate::support::Home;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

const SECRET: &str = "Lq7/s3cret+Välue&x\"y<z 9kD";
const PLACES: [&str; 5] = ["body", "json", "header", "error", "moved"];

/// The secret as servers give it back.
fn forms() -> Vec<String> {
    let bytes = |write: &dyn Fn(u8) -> String| SECRET.bytes().map(write).collect::<String>();
    let chars = |write: &dyn Fn(char) -> String| SECRET.chars().map(write).collect::<String>();
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let in_base64 = base64(SECRET.as_bytes());
    vec![
        SECRET.into(),
        SECRET.to_ascii_uppercase(),
        bytes(&|byte| format!("%{byte:02X}")),
        bytes(&|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02x}") }),
        bytes(&|byte| if plain(byte) { char::from(byte).into() } else { format!("%25{byte:02X}") }),
        chars(&|char| format!("\\u{:04x}", u32::from(char))),
        chars(&|char| if char.is_ascii() { char.into() } else { format!("\\u{:04X}", u32::from(char)) })
            .replace('/', "\\/")
            .replace('"', "\\\""),
        chars(&|char| format!("&#{};", u32::from(char))),
        SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
        bytes(&|byte| format!("{byte:02x}")),
        bytes(&|byte| format!("{byte:02X}")),
        format!("{}\n{}", &in_base64[..20], &in_base64[20..]),
        in_base64,
    ]
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let group = three.iter().chain([&0, &0]).take(3).fold(0_usize, |group, byte| (group << 8) | usize::from(*byte));
        for at in 0..=three.len() {
            out.push(LETTERS[(group >> (18 - 6 * at)) & 63].into());
        }
    }
    out
}

/// Answers every request with the form and at the place that its path names, and closes the connection.
fn echo(mut stream: TcpStream, port: u16) {
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&seen).contains("9kD") && !seen.starts_with(b"GET") {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&seen).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (place, which) = (parts.next().unwrap_or_default(), parts.next().and_then(|which| which.parse::<usize>().ok()));
    let form = which.map_or_else(|| path.clone(), |which| forms()[which].clone());
    let line = form.replace('\n', "");
    let (status, headers, body) = match place {
        "body" => (format!("200 {line}"), String::new(), format!("you sent {form}.")),
        "json" => ("200 OK".into(), "content-type: application/json\r\n".into(), json!({&form: [form]}).to_string()),
        "header" => ("200 OK".into(), format!("x-echo: {line}\r\n"), String::new()),
        "error" => (format!("400 {line}"), format!("x-echo: {line}\r\n"), form),
        "moved" => ("302 Found".into(), format!("location: http://127.0.0.1:{port}/landed/{line}\r\n"), form),
        _ => ("200 OK".into(), String::new(), format!("landed at {path}")),
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}");
}

fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| echo(stream, port)));
    port
}

/// One request for each form and place, one after another, whatever becomes of them.
fn document(port: u16) -> Value {
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    let mut last = "start".to_owned();
    for place in PLACES {
        for which in 0..forms().len() {
            let id = format!("{place}{which}");
            nodes.push(json!({"id": id, "type": "http_request", "on_error": "continue", "retry": {"max_attempts": 1},
                "config": {"method": "POST", "url": format!("http://127.0.0.1:{port}/{place}/{which}"),
                    "body": "{{ secrets.KEY }}"}}));
            edges.push(json!({"from": last, "to": id}));
            last = id;
        }
    }
    json!({"id": "echo", "output": "ctx", "nodes": nodes, "edges": edges})
}

fn is_clean(what: &str, bytes: &[u8]) {
    for form in forms() {
        // Four characters at either end: what stands around a form may be masked with it, and base64 may leave some.
        let inner: String = form.chars().skip(4).take(form.chars().count().saturating_sub(8)).collect();
        for hidden in [inner.clone(), inner.to_lowercase(), inner.replace('\n', " "), json!(inner).to_string()] {
            let hidden = hidden.trim_matches('"').as_bytes();
            let found = bytes.windows(hidden.len()).position(|part| part == hidden);
            let around = found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at + hidden.len()]));
            assert!(around.is_none(), "{what} has {form:?}: {around:?}");
        }
    }
}

fn every_file(folder: &Path, check: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, check)
        } else if path.is_file() {
            check(&path)
        }
    }
}

#[test]
fn nothing_that_a_run_keeps_or_shows_has_a_secret_in_any_form() {
    let home = Home::new();
    home.say(&["secret", "set", "KEY", "--host", "127.0.0.1"], SECRET).exits(0);
    let port = server();
    let file = home.file("echo.json", document(port));
    let told = home.run(&["run", &file, "--json", "--http-allow", &format!("127.0.0.1:{port}")]);
    let execution = told.json();
    assert_eq!(execution["status"], "completed", "{told:?}");
    let output = execution["output"].to_string();
    assert!(output.matches("[secret KEY]").count() >= 2 * forms().len(), "the server did give it back: {output}");
    let id = execution["execution_id"].as_str().unwrap();
    let mut shown = format!("{}{}", told.out, told.err);
    for command in ["show", "history", "logs", "ls"] {
        for json in [&["--json"][..], &[]] {
            let of: &[&str] = if command == "ls" { &[] } else { &[id] };
            let told = home.run(&[&[command][..], of, json].concat());
            let _ = write!(shown, "{}{}", told.out, told.err);
        }
    }
    is_clean("what is shown", shown.as_bytes());
    let exported = home.run(&["export", id]).exits(0).out;
    assert!(exported.contains("[secret KEY]"), "it has what the server gave back");
    is_clean("an export", exported.as_bytes());
    let mut files = 0;
    every_file(&home.path(".stepwell"), &mut |path| {
        files += 1;
        is_clean(&path.display().to_string(), &std::fs::read(path).unwrap());
    });
    assert!(files >= 2, "the database and its key");
}
