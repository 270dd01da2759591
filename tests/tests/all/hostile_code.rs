//! JavaScript that means harm, from outside: each body its clear error, and the next node runs as if nothing had been.

use crate::{
    binary::{Dev, Folder, SOON, status},
    hostile::{deep, over, start},
};
use serde_json::{Value, json};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

fn running(code: &str, seconds: f64) -> Value {
    json!({"id": "run", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "js", "type": "code", "config": {"code": code}, "timeout_seconds": seconds, "retry": {"max_attempts": 1}}],
        "edges": [{"from": "start", "to": "js"}]})
}

fn run(dev: &Dev, code: &str) -> Value {
    over(dev, &start(dev, &running(code, 20.0)))
}

/// Bodies with the codes that they may end with, and a word of the message.
const BODIES: [(&str, &[&str], &str); 16] = [
    ("const a = []; for (;;) a.push(new Array(1000).fill(a.length))", &["memory_limit"], "64 MiB"),
    ("function f() { return f() + 1 } return f()", &["code_error"], "stack"),
    ("const f = () => { try { return f() } catch (e) { return f() } }; return f()", &["code_error", "timeout"], ""),
    ("const b = 'x'.repeat(1 << 20); return new Array(40).fill(b)", &["code_error", "memory_limit"], "MiB"),
    ("return new Promise(() => {})", &["code_error"], "promise"),
    ("await { then() {} }", &["code_error"], "promise"),
    ("throw null", &["code_error"], "null"),
    ("throw undefined", &["code_error"], "undefined"),
    ("throw Symbol('s')", &["code_error"], "threw"),
    ("throw { toString() { throw 1 }, toJSON() { throw 2 } }", &["code_error"], "threw"),
    ("throw new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } })", &["code_error"], "threw"),
    ("throw 'x'.repeat(1 << 24)", &["code_error"], "xxx"),
    ("const e = new Error(); Object.defineProperty(e, 'message', { get() { throw e } }); throw e", &["code_error"], ""),
    ("return { get a() { throw new Error('late') } }", &["code_error"], "late"),
    ("let a = []; for (let i = 0; i < 120; i++) a = [a]; return a", &["code_error"], "flatter"),
    (
        "return new Proxy({}, { ownKeys() { return ['a'] }, getOwnPropertyDescriptor() { throw new Error('no') } })",
        &["code_error"],
        "",
    ),
];

#[test]
fn no_code_harms_the_host_or_the_next_one() {
    let folder = Folder::new("code");
    let dev = Dev::start(&folder.data(), &[]);
    let looping = start(&dev, &running("for (;;);", 1.0));
    for (code, codes, word) in BODIES {
        let execution = run(&dev, code);
        let error = &execution["error"];
        assert!(codes.iter().any(|code| error["code"] == *code), "{code}: {execution}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(word) && message.len() < 10_000, "{code}: {message}");
        assert_eq!(run(&dev, "return 6 * 7")["output"], 42, "after {code}");
    }
    assert_eq!(over(&dev, &looping)["error"]["code"], "timeout");
    let flood = run(&dev, "const x = 'x'.repeat(100000); for (let i = 0; i < 100000; i++) console.log(x); return 1");
    assert_eq!(flood["output"], 1, "{flood}");
    let path = format!("/v1/executions/{}/logs?limit=200", flood["execution_id"].as_str().unwrap());
    let longest =
        dev.get(&path)["items"].as_array().unwrap().iter().map(|line| line["message"].to_string().len()).max();
    assert!(longest.unwrap() < 10_000, "{longest:?}");
    assert!(dev.peak() < crate::hostile::PEAK, "{} KiB", dev.peak());
}

#[test]
fn no_code_reaches_the_host() {
    let folder = Folder::new("reach");
    let dev = Dev::start(&folder.data(), &[]);
    let ways = "const f = [Function, (async () => 0).constructor, (function* () {}).constructor, eval, console.log.constructor];
        const names = ['process', 'require', 'fetch', 'std', 'os', 'Deno', 'setTimeout', 'module', 'scriptArgs'];
        const found = [];
        for (const make of f) for (const name of names) {
            const text = 'typeof ' + name;
            const got = make === eval ? eval(text) : await make('return ' + text)();
            if (typeof got === 'string' && got !== 'undefined') found.push(name + ' by ' + make.name);
        }
        let outer = this; try { outer = Function('return this')() } catch {}
        for (const name of names) if (outer && typeof outer[name] !== 'undefined') found.push(name);
        return found";
    assert_eq!(run(&dev, ways)["output"], json!([]));
    let poison = "Object.prototype.polluted = 1; Array.prototype.map = () => 'evil'; JSON.stringify = () => '666';
        Object.prototype.toJSON = () => 'evil'; Promise.prototype.then = () => 0; globalThis.left = 1; return 1";
    // The same child runs both.
    for _ in 0..3 {
        run(&dev, poison);
        let after = run(&dev, "return [typeof {}.polluted, [1].map(x => x + 1), typeof left, JSON.stringify({a: 1})]");
        assert_eq!(after["output"], json!(["undefined", [2], "undefined", "{\"a\":1}"]), "{after}");
    }
    let nested = run(&dev, "let a = []; for (let i = 1; i < 90; i++) a = [a]; return a");
    assert_eq!(nested["output"].to_string(), deep(90));
    let id = nested["execution_id"].as_str().unwrap().to_owned();
    dev.kill();
    let dev = Dev::start(&folder.data(), &[]);
    assert_eq!(
        dev.get(&format!("/v1/executions/{id}"))["output"].to_string(),
        deep(90),
        "it can be read from the disk"
    );
}

/// Children of a process.
fn children(parent: u32) -> Vec<u32> {
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let pids = names.filter_map(|name| name.to_str()?.parse::<u32>().ok());
    pids.filter(|pid| status(*pid, "PPid:").as_deref() == Some(&parent.to_string())).collect()
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_child_in_a_loop_dies_with_its_host() {
    let folder = Folder::new("orphan");
    let dev = Dev::start(&folder.data(), &[]);
    let id = start(&dev, &running("console.log('on'); for (;;);", 600.0));
    eventually("the child runs", || children(dev.pid()).len() == 1);
    let child = children(dev.pid())[0];
    // It has read its request, so that the end of its input tells it nothing.
    let busy = || fs::read_to_string(format!("/proc/{child}/stat")).unwrap().contains(") R ");
    eventually("the child is busy", busy);
    dev.kill();
    // Whoever adopts it may leave it a zombie for a while.
    eventually("the child ends", || status(child, "State:").is_none_or(|state| state == "Z"));
    let dev = Dev::start(&folder.data(), &[]);
    eventually("it runs again", || children(dev.pid()).len() == 1);
    let (code, body) = dev.call("POST", &format!("/v1/executions/{id}/cancel"), &json!({}));
    assert_eq!((code, &body["status"]), (200, &json!("cancelled")), "{body}");
}
