//! Data folders that lost something, and hosts that the system bounds.

use crate::support::{Home, Told, signal};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn plain() -> Value {
    json!({"id": "plain", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "copy", "type": "transform", "config": {"set": {"a": "{{ input }}"}}}],
        "edges": [{"from": "go", "to": "copy"}]})
}

fn sql(home: &Home, sql: &str) {
    let db = rusqlite::Connection::open(home.path(".stepwell/stepwell.db")).unwrap();
    assert!(db.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn one_execution_that_cannot_be_read_is_named_and_the_others_are_shown() {
    // Given three executions, of which one lost a turn and one a large value.
    let home = Home::new();
    let file = home.file("plain.json", plain());
    let large = home.file("large.json", json!({"text": "x".repeat(300_000)}));
    let run = |args: &[&str]| home.run(&[&["run", &file, "--json"][..], args].concat()).exits(0).json();
    let id = |told: &Value| told["execution_id"].as_str().unwrap().to_owned();
    let ids = [id(&run(&[])), id(&run(&[])), id(&run(&["--input", &format!("@{large}")]))];
    sql(
        &home,
        &format!("UPDATE turns SET body = '[' WHERE run = (SELECT run FROM executions WHERE id = '{}')", ids[0]),
    );
    sql(&home, "DELETE FROM blobs");
    // When they are listed, then the sound one is shown, the one that lost a value says so in its place, and the other is named.
    let listed = home.run(&["ls", "--json"]).exits(0).json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| &item["execution_id"]).collect::<Vec<_>>(), [&ids[2], &ids[1]], "{listed}");
    assert_eq!(items[0]["input"]["error"]["code"], "value_lost", "{listed}");
    assert_eq!(listed["unreadable"], json!([ids[0]]));
    let lost = [&ids[0], &ids[2]];
    assert!(home.run(&["ls"]).exits(0).err.contains("doctor --repair"));
    // And `doctor` names them, saves the rest and keeps what was.
    let told = home.run(&["doctor"]).exits(1);
    assert!(lost.iter().all(|id| told.out.contains(*id)), "{told:?}");
    let told = home.run(&["doctor", "--repair", "--json"]).exits(1).json();
    let named =
        |what: &str| told[what].as_array().unwrap().iter().map(|one| one["execution_id"].clone()).collect::<Vec<_>>();
    assert_eq!((named("lost"), named("lacking")), (vec![json!(ids[0])], vec![json!(ids[2])]), "{told}");
    assert!(std::fs::metadata(home.path(told["kept"].as_str().unwrap())).is_ok(), "{told}");
    let listed = home.run(&["ls", "--json"]).exits(0).json();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["unreadable"]), (2, &Value::Null));
    // What can be shown of the one that lost a value is still there, and no file of it is written that lacks something.
    assert!(home.run(&["doctor"]).exits(0).out.contains(&ids[2]));
    let told = home.run(&["export", &ids[2]]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("is gone") && told.err.contains("backup"), "{told:?}");
}

#[test]
fn a_folder_whose_list_is_lost_is_not_said_to_be_empty() {
    let home = Home::new();
    let file = home.file("plain.json", plain());
    home.run(&["run", &file]).exits(0);
    // The root of the list of executions, whatever page that is.
    let db = rusqlite::Connection::open(home.path(".stepwell/stepwell.db")).unwrap();
    let of = |what: &str| db.query_row(what, [], |row| row.get::<_, u32>(0)).unwrap();
    let size = of("SELECT page_size FROM pragma_page_size");
    let pages = [
        of("SELECT rootpage FROM sqlite_master WHERE name = 'executions'"),
        of("SELECT rootpage FROM sqlite_master WHERE name = 'executions_by_owner'"),
    ];
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(db);
    let mut torn = std::fs::OpenOptions::new().write(true).open(home.path(".stepwell/stepwell.db")).unwrap();
    for page in pages {
        std::io::Seek::seek(&mut torn, std::io::SeekFrom::Start(u64::from((page - 1) * size))).unwrap();
        torn.write_all(&vec![0xa5; size as usize]).unwrap();
    }
    let told = home.run(&["ls"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("stepwell doctor") && !told.err.contains("no such executions"), "{told:?}");
}

#[test]
fn a_database_that_is_gone_is_said_and_none_is_begun() {
    let home = Home::new();
    let file = home.file("plain.json", plain());
    home.run(&["run", &file]).exits(0);
    std::fs::remove_file(home.path(".stepwell/stepwell.db")).unwrap();
    for args in [&["run", &file][..], &["ls"], &["doctor"]] {
        let told = home.run(args);
        assert!(told.code != Some(0) && format!("{}{}", told.out, told.err).contains("is gone"), "{args:?}: {told:?}");
        assert!(!home.path(".stepwell/stepwell.db").exists(), "{args:?}");
    }
}

#[test]
fn a_bound_on_file_sizes_is_like_a_full_disk() {
    // Given a host whose files may have 2 MiB (4096 blocks of 512 bytes), or 4 MiB where a shell counts in KiB.
    let home = Home::new();
    let line = "ulimit -S -f 4096 && exec \"$0\" dev --port 0";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_stepwell")]).current_dir(home.path("."));
    shell.env_remove("STEPWELL_DATA").env("STEPWELL_USER", "me@example.com");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("stepwell listens on http://").unwrap().to_owned();
    let call = |head: &str, body: &str| -> u16 {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let fields = format!(
            "Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}"
        );
        write!(stream, "{head} HTTP/1.1\r\n{fields}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer[9..12].parse().unwrap()
    };
    // When so much is started that they are full, then starts are refused for now, and the host lives and answers.
    let body = json!({"workflow": plain(), "input": {"text": "x".repeat(200_000)}}).to_string();
    let start = || call("POST /v1/executions", &body);
    let refused = (0..100).map(|_| start()).find(|status| *status != 202);
    assert_eq!(refused, Some(503), "{:?}", child.try_wait());
    assert_eq!((call("GET /health", ""), call("GET /v1/executions", "")), (200, 200));
    // And when there is room again, then it goes on.
    let pid = rustix::process::Pid::from_child(&child);
    let free = rustix::process::Rlimit { current: None, maximum: None };
    rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, free).unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while start() != 202 {
        assert!(Instant::now() < patience, "it does not recover");
        std::thread::sleep(Duration::from_millis(100));
    }
    signal(&child, "-TERM");
    let told = Told::of(child.wait_with_output().unwrap());
    assert_eq!(told.code, Some(0), "{told:?}");
}
