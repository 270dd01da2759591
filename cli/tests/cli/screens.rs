//! What each command shows at terminals of 60, 80 and 140 columns, with and without colours. The files in `screens/` are
//! what people see; `UPDATE_SCREENS=1` writes them anew, to be looked at.

use crate::{
    support::{Home, Told},
    terminal::{Look, Terminal},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// A workflow of a long name that asks for an approval, after a map of which a child fails and a loop.
fn campaign() -> Value {
    let leaf = json!({"nodes": [{"id": "send", "type": "branch", "config": {"rules": [
        {"port": "sent", "when": "item != 3"}], "default": "lost"}}, {"id": "sent", "type": "transform",
        "config": {"set": {"to": "{{ item }}"}}}, {"id": "lost", "type": "fail", "config": {"code": "bounced",
        "message": "nobody is there"}}], "edges": [{"from": "send", "to": "sent", "port": "sent"},
        {"from": "send", "to": "lost", "port": "lost"}]});
    json!({"id": "a-campaign-whose-name-is-much-longer-than-any-column", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "letters", "type": "map",
                "config": {"items": "[1, 2, 3, 4]", "tolerated_failures": 2, "max_concurrency": 1, "body": leaf}},
            {"id": "each", "type": "loop", "config": {"for_each": "['one', 'two']"}},
            {"id": "read", "type": "code", "config": {"code": "console.log('reads', item); return item"}},
            {"id": "approve", "type": "human", "config": {"kind": "approval", "timeout_seconds": 90000,
                "assignees": ["manager@example.com", "director@example.com"],
                "question": "May the second part of the campaign go out to everybody who has answered the first?"}},
            {"id": "done", "type": "transform", "config": {"set": {"text": "It went out: {{ ctx.each.output }}"}}},
            {"id": "not", "type": "fail", "config": {"code": "refused", "message": "a person refused it"}}],
        "edges": [{"from": "start", "to": "letters"}, {"from": "letters", "to": "each"},
            {"from": "each", "to": "read", "port": "loop"}, {"from": "read", "to": "each"},
            {"from": "each", "to": "approve", "port": "done"}, {"from": "approve", "to": "done", "port": "approved"},
            {"from": "approve", "to": "not", "port": "rejected"}]})
}

/// A folder in which one execution waits for a person, one failed and one completed, and their ids in this order.
fn folder() -> (Home, [String; 3]) {
    let home = Home::new();
    let file = home.file("campaign.json", campaign());
    let ids = [(); 3].map(|()| {
        let told = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
        told["execution_id"].as_str().unwrap().to_owned()
    });
    for (id, how) in [(&ids[1], "--reject"), (&ids[2], "--approve")] {
        home.run(&["answer", id, how, "--as", "manager@example.com"]).exits(0);
        let told = home.run(&["run", &file, "--resume", id]);
        assert_eq!(told.code, Some(if how == "--reject" { 1 } else { 0 }), "{told:?}");
    }
    (home, ids)
}

/// The text of a terminal with what differs from run to run replaced by what is as wide, and escapes made visible.
fn steady(home: &Home, text: &str) -> String {
    let text = text.replace(env!("CARGO_BIN_EXE_stepwell"), "stepwell").replace('\x1b', "␛");
    let text = text.replace(&*home.path("").to_string_lossy(), "/folder/");
    let mut out = String::new();
    let mut known: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let begins = !out.ends_with(|c: char| c.is_alphanumeric() || ".-:".contains(c));
        let taken = if let Some(id) = word(rest, "########-####-####-####-############") {
            let number = known.iter().position(|one| *one == id).unwrap_or(known.len());
            known.extend((number == known.len()).then_some(id));
            out.push_str(&format!("{number:08}-0000-7000-8000-000000000000"));
            36
        } else if word(rest, "####-##-##T##:##:##.###Z").is_some() {
            out.push_str("2026-01-31T09:00:00.000Z");
            24
        } else if let Some((taken, put)) = span(rest).filter(|_| begins) {
            // What stands in the next column stays where it is.
            let gap = rest[taken..].len() - rest[taken..].trim_start_matches(' ').len();
            let filling = if gap < 2 { gap } else { (taken + gap).saturating_sub(put.len()) };
            out.push_str(put);
            out.push_str(&" ".repeat(filling));
            taken + gap
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    out
}

/// The beginning of a text where it has this shape, in which `#` stands for a hexadecimal digit.
fn word(text: &str, shape: &str) -> Option<String> {
    let begin = text.get(..shape.len())?;
    let fits = |(c, want): (char, char)| if want == '#' { c.is_ascii_hexdigit() } else { c == want };
    begin.chars().zip(shape.chars()).all(fits).then(|| begin.to_owned())
}

/// How many bytes at the beginning of a text say how long ago something was or how long it took, and what is put there.
fn span(text: &str) -> Option<(usize, &'static str)> {
    if text.starts_with("just now") {
        return Some(("just now".len(), "just now"));
    }
    let number = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let unit = [" ms", " s"].into_iter().find(|unit| number > 0 && text[number..].starts_with(unit))?;
    let span = number + unit.len();
    Some(if text[span..].starts_with(" ago") { (span + " ago".len(), "just now") } else { (span, "0 ms") })
}

const LOOKS: [Look; 6] = [
    Look { columns: 60, colours: false },
    Look { columns: 80, colours: false },
    Look { columns: 140, colours: false },
    Look { columns: 60, colours: true },
    Look { columns: 80, colours: true },
    Look { columns: 140, colours: true },
];

/// The text without colours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |end| at + end + 1);
        rest = &rest[end..];
    }
    out + rest
}

/// What a command shows at each terminal.
fn shows(home: &Home, name: &str, args: &[&str], code: i32) -> Vec<(Look, Told)> {
    let all = LOOKS.map(|look| (look, Terminal::run(home, args, look).ends().exits(code)));
    let mut text = String::new();
    for (look, told) in &all {
        assert_eq!(told.out.contains("\x1b["), look.colours, "{name} at {} columns", look.columns);
        let colours = if look.colours { ", in colour" } else { "" };
        text.push_str(&format!("== {} columns{colours}\n", look.columns));
        text.push_str(steady(home, &told.out).trim_end());
        text.push_str("\n\n");
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/screens/{name}.txt"));
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, kept, "{name} shows something else than {}: UPDATE_SCREENS=1 writes it anew", file.display());
    all.into()
}

/// Asserts that no line is wider than its terminal, and that each id is whole.
fn fits(all: &[(Look, Told)], ids: &[&str]) {
    for (look, told) in all {
        let text = plain(&told.out);
        for line in text.lines().filter(|line| !line.starts_with("answer with: ")) {
            let width = line.chars().count();
            assert!(width <= usize::from(look.columns), "{width} columns at {}: {line}\n{text}", look.columns);
        }
        ids.iter().for_each(|id| assert!(text.contains(id), "{id} is cut at {} columns:\n{text}", look.columns));
    }
}

#[test]
fn lists_fit_the_terminal() {
    let (home, ids) = folder();
    let ids = ids.each_ref().map(String::as_str);
    let all = shows(&home, "ls", &["ls"], 0);
    fits(&all, &ids);
    for (look, told) in &all {
        let wide = plain(&told.out).contains("a-campaign-whose-name-is-much-longer-than-any-column");
        assert!(!wide, "the title is what is cut at {}", look.columns);
        assert!(told.out.contains(" ago") || told.out.contains("just now"), "{told:?}");
    }
    let exact = home.run(&["ls", "--json"]).exits(0).json();
    assert!(exact["items"][0]["started_at"].as_str().unwrap().ends_with('Z'));
    let piped = home.run(&["ls"]).exits(0).out;
    assert!(piped.contains("a-campaign-whose-name-is-much-longer-than-any-column"), "a pipe has no width: {piped}");
    let waiting = home.run(&["inbox", "--json"]).exits(0).json();
    let question = waiting["items"][0]["interaction_id"].as_str().unwrap();
    fits(&shows(&home, "inbox", &["inbox"], 0), &[question]);
}

#[test]
fn an_execution_is_shown_with_what_it_gave_and_what_it_asks() {
    let (home, ids) = folder();
    let [waiting, failed, completed] = ids;
    for (look, told) in shows(&home, "show-waiting", &["show", &waiting], 0) {
        let text = plain(&told.out);
        assert!(text.contains("4 children, 1 failed (2 tolerated)") || look.columns < 140, "{text}");
        let asked = "approve asks manager@example.com, director@example.com: May the second part";
        assert!(text.contains(asked), "{text}");
        for how in ["--approve", "--reject"] {
            assert!(text.contains(&format!("{how} --as manager@example.com")), "{text}");
        }
    }
    for (_, told) in shows(&home, "show-failed", &["show", &failed], 0) {
        assert!(plain(&told.out).contains("✗ not: a person refused it (refused, attempt 1)"), "{told:?}");
    }
    for (_, told) in shows(&home, "show-completed", &["show", &completed], 0) {
        assert!(plain(&told.out).contains(r#"  "text": "It went out: {"#), "{told:?}");
    }
}

#[test]
fn what_goes_back_and_what_is_stuck_fit_the_terminal() {
    let (home, id) = crate::back::failed("throw new Error('the airline does not answer')");
    let all = shows(&home, "rollback-dry-run", &["rollback", &id, "1", "--dry-run"], 0);
    for (look, told) in &all {
        let text = plain(&told.out);
        let table = text.lines().take_while(|line| !line.starts_with("nothing was changed"));
        table.for_each(|line| assert!(line.chars().count() <= usize::from(look.columns), "{line}\n{text}"));
    }
    home.run(&["rollback", &id, "1"]).exits(0);
    home.run(&["run", "--resume", &id]);
    shows(&home, "show-stuck", &["show", &id], 0);
}

#[test]
fn a_history_numbers_iterations() {
    let (home, ids) = folder();
    let all = shows(&home, "history", &["history", &ids[0]], 0);
    fits(&all, &[]);
    for (look, told) in &all {
        let numbered = told.out.contains("next: iteration 2 of each, read.");
        assert!(numbered || look.columns < 80, "at {} columns: {told:?}", look.columns);
    }
}

#[test]
fn lines_of_the_log_have_their_level() {
    let (home, ids) = folder();
    let shown = Terminal::run(&home, &["logs", &ids[0]], LOOKS[1]).ends().exits(0);
    assert!(shown.out.contains("info  read: reads one"), "{shown:?}");
}

#[test]
fn checks_and_refusals_fit_the_terminal() {
    let home = Home::new();
    home.file(
        "wrong.json",
        "{\"id\": \"x\", \"nodes\": [\n  {\"id\": \"start\", \"type\": \"manual_trigger\"},\n  \
         {\"id\": \"a\", \"type\": \"transfrom\"}],\n \"edges\": [{\"from\": \"start\", \"to\": \"a\"}]}",
    );
    fits(&shows(&home, "validate", &["validate", "wrong.json"], 1), &["wrong.json"]);
    home.file("one-line.json", campaign().to_string().replace("\"type\":\"code\"", "\"type\":\"cod\""));
    fits(&shows(&home, "validate-one-line", &["validate", "one-line.json"], 1), &["one-line.json:1:"]);
    shows(&home, "no-folder", &["ls"], 2);
}

#[test]
fn a_run_tells_what_happens_at_every_width() {
    let home = Home::new();
    let file = home.file("campaign.json", campaign());
    for look in LOOKS {
        let told = Terminal::run(&home, &["run", &file, "--no-input"], look).ends().exits(3);
        let text = plain(&told.out);
        assert_eq!(told.out.contains("\x1b["), look.colours);
        for part in [
            "✓ letters  4 children, 1 failed (2 tolerated)",
            "each  iteration 1",
            "› read  reads one",
            "each  iteration 2",
            "› read  reads two",
            "answer with: ",
            "         or: ",
        ] {
            assert!(text.contains(part), "{part} at {} columns:\n{text}", look.columns);
        }
    }
}
