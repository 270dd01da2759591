//! Rows, objects and messages of earlier releases go on under this one, and what this one writes the release before it
//! reads: so a stack can be updated, and go back, while executions wait, timers run and messages are on their way.
//!
//! Golden rows are in `tests/golden/aws-v1`, a file for each moment of a story. `UPDATE_GOLDEN=1` writes those of this
//! release anew: that is for a new format, under a new folder. Until then they are never written again.

mod estate;
mod forms;
mod readers;
mod stories;

use crate::docs::{files, root};
use forms::Forms;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf};
use stepwell_core::execution::Status;
use stepwell_tests::{
    aws_world::{Line, Lying, Run, World},
    sim::Fate,
};

/// The clock of the stacks whose rows are kept.
const NOW: document::time::Time = document::time::Time(1_800_000_000_000);
/// Worlds at the same time.
const AT_ONCE: usize = 3;

fn folder() -> PathBuf {
    root().join("tests/golden/aws-v1")
}

/// The places that a file beside the golden rows declares, a line each, behind comments.
fn declared(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("tests/golden").join(file)).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

/// How a story ends. The tools of the agent fail by how often they were asked, of which rows tell nothing: so its output is
/// not compared.
fn told(fate: &Fate, story: &str) -> Value {
    let output = if story.contains("agent") { &Value::Null } else { &fate.output };
    json!({ "status": fate.status, "output": output, "code": fate.code })
}

/// The golden rows of all releases, by the names of their files.
fn golden() -> Vec<(String, Lying)> {
    let paths = files(&root().join("tests/golden"), ".jsonl");
    let read = |path: PathBuf| (path.display().to_string(), Lying::of(&fs::read_to_string(&path).unwrap()));
    let all: Vec<_> = paths.into_iter().map(read).filter(|(_, lying)| about(lying).is_some()).collect();
    assert!(all.len() >= 12, "only {} golden rows were found", all.len());
    all
}

/// The line that says what the others are of; none in those of no execution.
fn about(lying: &Lying) -> Option<&Line> {
    lying.0.iter().find(|line| matches!(line, Line::About { .. }))
}

/// Writes the rows of each story: when a status is there for the first time, now and then, and at the end.
async fn write() {
    fs::create_dir_all(folder()).unwrap();
    for story in stories::stories() {
        let world = World::new(Some(NOW)).await;
        let mut run = stories::begun(&world, &story).await;
        let (mut seen, mut kept) = (BTreeMap::<Status, usize>::new(), Vec::new());
        loop {
            let status = run.status().await.unwrap();
            let count = seen.entry(status).or_default();
            *count += 1;
            if *count == 1 || count.is_multiple_of(12) {
                kept.push((format!("{}-{status}-{count}", story.name), world.services.now(), world.lying().await));
            }
            if !run.round().await.unwrap() {
                break;
            }
        }
        let expected = told(&run.finish().await.unwrap(), &story.name);
        for (name, at, Lying(lines)) in kept {
            let (execution, owner) = run.about();
            let receivers = world.services.receivers();
            let about = Line::About { at, execution, owner, receivers, expected: expected.clone() };
            let lying = Lying([about].into_iter().chain(lines).collect());
            fs::write(folder().join(format!("{name}.jsonl")), lying.to_text()).unwrap();
        }
    }
}

/// Lays rows into a world of their own and goes on to the end of their execution. Returns what lies there then, and on
/// the way.
async fn goes_on(name: &str, lying: &Lying) -> Vec<Lying> {
    let Some(Line::About { at, execution, owner, expected, .. }) = about(lying) else { panic!("{name} is of nothing") };
    let world = World::new(Some(*at)).await;
    world.lay(lying).await;
    let mut run = Run::taken_up(&world, execution.clone(), owner.clone(), false);
    let mut on_the_way = Vec::new();
    for round in 0.. {
        if !run.round().await.unwrap_or_else(|error| panic!("{name}: {error}")) {
            break;
        }
        if round % 5 == 0 {
            on_the_way.push(world.lying().await);
        }
    }
    let fate = run.finish().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(&told(&fate, name), expected, "{name}");
    on_the_way.push(world.lying().await);
    on_the_way
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_every_release_go_on_and_are_written_as_the_one_before_reads_them() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        write().await;
        estate::write().await;
    }
    let golden = golden();
    let mut before = Forms::default();
    golden.iter().for_each(|(_, lying)| before.add(lying));
    let mut after = Forms::default();
    let runs: Vec<_> = golden.iter().map(|(name, lying)| goes_on(name, lying)).collect();
    let ends: Vec<Vec<Lying>> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    ends.iter().flatten().for_each(|lying| after.add(lying));
    let added = declared("aws-added.txt");
    let broken = before.broken_by(&after, &added.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(broken.is_empty(), "a release before this one does not read this: {broken:#?}");
}

/// The other way: rows as a later release may write them go on under this one.
#[tokio::test(flavor = "multi_thread")]
async fn rows_with_more_than_this_release_knows_go_on() {
    let later = |line: &Line| match line.clone() {
        Line::Item(mut row) => {
            row["zz"] = json!({ "M": { "of": { "S": "a later release" } } });
            Line::Item(row)
        }
        Line::Message { mut body, at, deliveries, clock } => {
            body["zz"] = json!({ "of": "a later release" });
            Line::Message { body, at, deliveries, clock }
        }
        other => other,
    };
    let all: Vec<(String, Lying)> =
        golden().into_iter().map(|(name, lying)| (name, Lying(lying.0.iter().map(later).collect()))).collect();
    let runs: Vec<_> = all.iter().map(|(name, lying)| goes_on(name, lying)).collect();
    let ends: Vec<_> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(ends.len(), all.len());
}
