//! The README's own story, run as it is printed: what `stepwell` stands for is the program under test, and `dev` serves
//! meanwhile.

use crate::support::{Home, Told, signal, until};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The commands that the story has, in this order.
const STORY: [&str; 6] = ["dev", "save", "start", "answer", "show", "history"];
/// What the README calls the program.
const NAMES: [&str; 2] = ["cargo run --release -- ", "stepwell "];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands in the README's blocks that call the program, each in one line, without its name.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').map_or("", |(_, code)| code));
    let joined = blocks.map(|code| code.replace("\\\n", " ")).collect::<Vec<_>>().join("\n");
    let called = |line: &str| NAMES.iter().find_map(|name| line.trim().strip_prefix(name)).map(str::to_owned);
    joined.lines().filter_map(called).collect()
}

/// A shell that runs a command of the program in a folder.
fn shell(home: &Home, command: &str) -> Command {
    let mut shell = Command::new("sh");
    let line = format!("exec '{}' {command}", env!("CARGO_BIN_EXE_stepwell"));
    shell.args(["-c", &line]).current_dir(home.path("")).env("STEPWELL_USER", "me@example.com");
    shell.env_remove("STEPWELL_DATA").env_remove("STEPWELL_TOKEN").env_remove("STEPWELL_HTTP_ALLOW");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// A server that is stopped with the test.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        signal(&self.0, "-TERM");
        let _ = self.0.wait();
    }
}

#[test]
fn the_story_of_the_readme_runs_as_it_is_printed() {
    let all = commands(&fs::read_to_string(root().join("README.md")).unwrap());
    let first = |name: &str| all.iter().position(|line| line.split_whitespace().next() == Some(name));
    let begin = first("dev").expect("the README starts a server");
    let story: Vec<&String> = all[begin..]
        .iter()
        .filter(|line| STORY.contains(&line.split_whitespace().next().unwrap_or_default()))
        .collect();
    let told: Vec<&str> = story.iter().filter_map(|line| line.split_whitespace().next()).collect();
    for pair in STORY.windows(2) {
        let at =
            |name: &str| told.iter().position(|one| *one == name).unwrap_or_else(|| panic!("no `{name}` in {told:?}"));
        assert!(at(pair[0]) < at(pair[1]), "{pair:?} stand in another order: {told:?}");
    }
    let home = Home::new();
    fs::create_dir(home.path("examples")).unwrap();
    for example in fs::read_dir(root().join("examples")).unwrap().flatten().filter(|one| one.path().is_file()) {
        fs::copy(example.path(), home.path("examples").join(example.file_name())).unwrap();
    }
    // Another test may have the port that is printed.
    let dev = Dev(shell(&home, &format!("{} --port 0", story[0])).spawn().unwrap());
    until("the server is found", || home.run(&["ls"]).code == Some(0) && home.path(".stepwell/stepwell.db").exists());
    let mut execution = String::new();
    for command in &story[1..] {
        let command = command.replace("EXECUTION_ID", &execution).replace("EXECUTION", &execution);
        let told = Told::of(shell(&home, &command).output().unwrap());
        assert!(matches!(told.code, Some(0 | 3)), "{command}: {told:?}");
        let shown = format!("{}{}", told.out, told.err);
        let is_id = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
        let words = shown.split(|c: char| !c.is_ascii_hexdigit() && c != '-').find(is_id);
        if let Some(id) = words.filter(|_| execution.is_empty()) {
            execution = id.to_owned();
        }
    }
    let shown = home.run(&["show", &execution, "--json"]).exits(0).json();
    assert_eq!(shown["status"], "completed", "the story has a good end: {shown}");
    drop(dev);
}
