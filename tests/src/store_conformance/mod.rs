//! The properties that the store of every host must have. The tests of each host run them. Every property uses an owner
//! of its own, so that other records on the same host do no harm.

mod catalogue;
mod conversations;
mod erased;
mod groups;
mod jobs;
mod lines;
mod moving;
mod patched;
mod reopened;
mod requests;
mod watching;

use catalogue::*;
use document::{Workflow, parse};
use engine::{
    drive::{Submission, submit},
    port::{Commit, ExecutionFilter, Host, InteractionFilter, StoreError, Window},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use stepwell_core::{
    command::{Asked, Command, Control},
    event::Started,
    execution::{Execution, Status},
    id::{Activation, ExecutionId},
    interaction::InteractionStatus,
    task::{LogLevel, LogLine, NodeLog},
};

/// Checks every property. Panics with what does not hold.
pub async fn run(host: Arc<dyn Host>) {
    let host = &*host;
    nothing_is_there(host).await;
    only_the_next_turn_is_taken(host).await;
    a_batch_is_one_write(host).await;
    turns_come_in_parts(host).await;
    lists_are_newest_first_and_owned(host).await;
    children_show_only_under_their_parent(host).await;
    questions_are_found(host).await;
    lines_come_in_order(host).await;
    large_values_come_back(host).await;
    requests::a_request_is_done_once(host).await;
    what_is_over_goes(host).await;
    watching::a_watcher_wakes(host).await;
    patched::run(host).await;
    lines::run(host).await;
    reopened::run(host).await;
    moving::run(host).await;
    versions_count_up(host).await;
    secrets_and_tokens_are_owned(host).await;
    groups::run(host).await;
    schedules_are_kept_and_move_on(host).await;
    listeners_are_those_of_the_latest_versions(host).await;
    conversations::run(host).await;
    jobs::jobs_are_written_by_version(host).await;
    jobs::jobs_are_listed_and_due(host).await;
    erased::an_owner_is_erased_and_no_other(host).await;
}

/// A document that asks one person, who has an hour to answer.
pub fn document(id: &str) -> Value {
    json!({
        "id": id,
        "nodes": [
            {"id": "go", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {
                "kind": "approval", "question": "May it?", "assignees": ["ann@example.com"], "timeout_seconds": 3600}}
        ],
        "edges": [{"from": "go", "to": "ask"}],
        "settings": {"retention_days": 1}
    })
}

/// The workflow of a document, which the host keeps.
pub async fn kept(host: &dyn Host, document: &Value) -> Arc<Workflow> {
    let workflow = parse(document).expect("the document is good").workflow;
    host.catalogue().keep_workflow(&workflow).await.expect("it is kept");
    workflow
}

/// The start of a new execution of an owner.
pub fn started(host: &dyn Host, workflow: &Workflow, owner: &str, input: Value) -> Started {
    Started { owner: owner.into(), ..Started::new(host.new_id(), workflow, input, host.now()) }
}

/// Starts an execution, and returns its state.
pub async fn start(host: &dyn Host, started: Started) -> Arc<Execution> {
    let id = started.execution_id.clone();
    command(host, &id, Command::Start(Box::new(started))).await
}

/// Submits a command, which must not be refused, and returns the state after it.
pub async fn command(host: &dyn Host, id: &ExecutionId, command: Command) -> Arc<Execution> {
    let done = submit(host, id, command).await.expect("the store works").expect("it exists");
    done.replies.into_iter().for_each(|reply| reply.expect("it is allowed"));
    done.state
}

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}

/// Opens the interaction of [`document`].
pub async fn ask(host: &dyn Host, id: &ExecutionId) -> Arc<Execution> {
    let activation = Activation { epoch: 0, node: "ask".into(), visit: 1 };
    command(host, id, Command::Open { activation }).await
}

fn of(owner: &str) -> ExecutionFilter {
    ExecutionFilter { owner: owner.into(), ..ExecutionFilter::default() }
}

fn page(limit: usize, cursor: Option<String>) -> Window {
    Window { limit, cursor }
}

/// All ids of a list, read in pages of two. Their number must be what the host counts.
async fn listed(host: &dyn Host, filter: &ExecutionFilter) -> Vec<ExecutionId> {
    let (mut ids, mut cursor) = (vec![], None);
    loop {
        let part = host.index().executions(filter, &page(2, cursor)).await.unwrap();
        assert!(part.items.len() <= 2);
        ids.extend(part.items.into_iter().map(|head| head.id));
        cursor = part.next_cursor;
        if cursor.is_none() {
            assert_eq!(host.index().count(filter).await.unwrap(), ids.len() as u64);
            return ids;
        }
    }
}

async fn nothing_is_there(host: &dyn Host) {
    let none = ExecutionId::from("00000000-0000-7000-8000-000000000000");
    assert_eq!(host.journal().load(&none).await.unwrap(), None);
    assert!(host.journal().turns(&none, 0, 10).await.unwrap().is_empty());
    assert!(host.journal().logs(&none, &page(10, None)).await.unwrap().items.is_empty());
    assert_eq!(host.index().asks(&"none".into()).await.unwrap(), None);
    assert!(host.catalogue().workflow("none").await.unwrap().is_none());
    host.journal().delete(&none).await.expect("deleting nothing is no error");
    assert!(listed(host, &of("nobody")).await.is_empty());
    let bad = host.index().executions(&of("nobody"), &page(2, Some("garbage".into()))).await;
    assert!(matches!(bad, Err(StoreError::Permanent(_))), "{bad:?}");
}

/// A commit of turns that an execution has after `after`, as another process might try it a second time.
async fn again(host: &dyn Host, id: &ExecutionId, after: u64) -> Commit {
    let turns = host.journal().turns(id, after, 100).await.unwrap();
    let state = host.journal().load(id).await.unwrap().unwrap();
    Commit { before: None, turns, state, effects: vec![], logs: Arc::default(), blobs: vec![], acks: vec![], due: None }
}

async fn only_the_next_turn_is_taken(host: &dyn Host) {
    let workflow = kept(host, &document("next")).await;
    let id = start(host, started(host, &workflow, "next", json!({}))).await.id().clone();
    command(host, &id, control(Control::Pause)).await;
    let before = host.journal().load(&id).await.unwrap().unwrap();
    assert_eq!(before.seq, 2);
    for after in [0, 1] {
        let commit = again(host, &id, after).await;
        assert_eq!(host.journal().commit(commit).await, Err(StoreError::Conflict), "a number is taken once");
    }
    let mut gap = again(host, &id, 1).await;
    gap.turns[0].seq = 4;
    gap.state = Arc::new(Execution { seq: 4, ..(*gap.state).clone() });
    assert_eq!(host.journal().commit(gap).await, Err(StoreError::Conflict), "no number is left out");
    let mut broken = again(host, &id, 0).await;
    broken.turns[0].seq = 7;
    assert!(host.journal().commit(broken).await.is_err(), "a batch has no gap in it");
    assert_eq!(host.journal().load(&id).await.unwrap().unwrap(), before, "what was refused changed nothing");
    assert_eq!(host.journal().turns(&id, 0, 10).await.unwrap().len(), 2);
}

async fn a_batch_is_one_write(host: &dyn Host) {
    let workflow = kept(host, &document("batch")).await;
    let id = start(host, started(host, &workflow, "batch", json!({}))).await.id().clone();
    let asked: Vec<Asked> = [Control::Pause, Control::Resume, Control::Pause].map(|one| control(one).into()).to_vec();
    let done = submit(host, &id, asked).await.unwrap().unwrap();
    assert_eq!(done.state.seq, 4);
    let numbers: Vec<u64> = host.journal().turns(&id, 0, 100).await.unwrap().iter().map(|turn| turn.seq).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let mut late = again(host, &id, 2).await;
    late.turns.truncate(2);
    assert_eq!(host.journal().commit(late).await, Err(StoreError::Conflict), "a number inside a batch is taken too");
    assert_eq!(host.journal().load(&id).await.unwrap().unwrap(), done.state);
}

async fn turns_come_in_parts(host: &dyn Host) {
    let workflow = kept(host, &document("parts")).await;
    let id = start(host, started(host, &workflow, "parts", json!({}))).await.id().clone();
    for _ in 0..3 {
        let asked: Vec<Asked> = [Control::Pause, Control::Resume].map(|one| control(one).into()).to_vec();
        submit(host, &id, asked).await.unwrap();
    }
    for after in 0..8 {
        for limit in 1..4 {
            let turns = host.journal().turns(&id, after, limit).await.unwrap();
            let numbers: Vec<u64> = turns.iter().map(|turn| turn.seq).collect();
            let expected: Vec<u64> = (after + 1..=7).take(limit).collect();
            assert_eq!(numbers, expected, "{limit} after {after}");
        }
    }
    assert!(host.journal().turns(&id, u64::MAX, 1).await.unwrap().is_empty());
    let mut folded = None;
    for turn in host.journal().turns(&id, 0, 100).await.unwrap() {
        folded = Some(stepwell_core::evolve::evolve(&workflow, folded, &turn).expect("it folds"));
    }
    assert_eq!(folded.as_ref(), host.journal().load(&id).await.unwrap().as_deref(), "the turns make the state");
}

async fn lists_are_newest_first_and_owned(host: &dyn Host) {
    let (one, two) = (kept(host, &document("list-1")).await, kept(host, &document("list-2")).await);
    let mut ids = vec![];
    for number in 0..5 {
        let workflow = if number % 2 == 0 { &one } else { &two };
        let mut begin = started(host, workflow, "lister", json!({}));
        let metadata = json!({"number": number, "text": "a\"b", "yes": true});
        begin.metadata = metadata.as_object().cloned().unwrap();
        ids.push(start(host, begin).await.id().clone());
    }
    let other = start(host, started(host, &one, "other", json!({}))).await.id().clone();
    ids.reverse();
    assert_eq!(listed(host, &of("lister")).await, ids);
    assert_eq!(listed(host, &of("other")).await, [other]);
    command(host, &ids[1], control(Control::Cancel)).await;
    command(host, &ids[3], control(Control::Pause)).await;
    let with = |change: fn(&mut ExecutionFilter)| {
        let mut filter = of("lister");
        change(&mut filter);
        filter
    };
    // Each filter, with the positions in `ids` of what it must show. Metadata is compared as text.
    let all: [(ExecutionFilter, Vec<usize>); 9] = [
        (with(|f| f.workflow_id = Some("list-2".into())), vec![1, 3]),
        (with(|f| f.statuses = vec![Status::Cancelled]), vec![1]),
        (with(|f| f.statuses = vec![Status::Paused, Status::Cancelled]), vec![1, 3]),
        (with(|f| f.statuses = vec![Status::Paused, Status::Waiting]), vec![3]),
        (with(|f| f.statuses = vec![Status::Paused, Status::Running]), vec![0, 2, 3, 4]),
        (with(|f| f.metadata = json!({"number": "3"}).as_object().cloned().unwrap()), vec![1]),
        (
            with(|f| f.metadata = json!({"text": "a\"b", "yes": "true", "number": "1"}).as_object().cloned().unwrap()),
            vec![3],
        ),
        (with(|f| f.metadata = json!({"missing": "3"}).as_object().cloned().unwrap()), vec![]),
        (with(|f| f.until = Some(document::time::Time(1))), vec![]),
    ];
    for (filter, expected) in all {
        let expected: Vec<_> = expected.into_iter().map(|at| ids[at].clone()).collect();
        assert_eq!(listed(host, &filter).await, expected, "{filter:?}");
    }
    let since = ExecutionFilter { since: Some(document::time::Time(0)), ..of("lister") };
    assert_eq!(listed(host, &since).await, ids);
}

async fn children_show_only_under_their_parent(host: &dyn Host) {
    let workflow = kept(host, &document("family")).await;
    let parent = start(host, started(host, &workflow, "family", json!({}))).await.id().clone();
    let mut begin = started(host, &workflow, "family", json!({}));
    let activation = Activation { epoch: 0, node: "ask".into(), visit: 1 };
    begin.parent = Some(stepwell_core::execution::Parent {
        execution_id: parent.clone(),
        activation,
        attempt: 1,
        index: 0,
        depth: 1,
    });
    let child = start(host, begin).await.id().clone();
    assert_eq!(listed(host, &of("family")).await, std::slice::from_ref(&parent));
    let below = ExecutionFilter { parent: Some(parent.clone()), ..of("family") };
    assert_eq!(listed(host, &below).await, std::slice::from_ref(&child));
    let stranger = ExecutionFilter { parent: Some(parent.clone()), ..of("stranger") };
    assert!(listed(host, &stranger).await.is_empty());
    command(host, &child, control(Control::Cancel)).await;
    command(host, &parent, control(Control::Cancel)).await;
    host.journal().delete(&parent).await.unwrap();
    assert_eq!(host.journal().load(&child).await.unwrap(), None, "children go with their parent");
}

async fn questions_are_found(host: &dyn Host) {
    let workflow = kept(host, &document("asker")).await;
    let mut asked = vec![];
    for _ in 0..3 {
        let id = start(host, started(host, &workflow, "asker", json!({}))).await.id().clone();
        let state = ask(host, &id).await;
        asked.push((id, state.open_interactions().next().expect("it asks").interaction_id.clone()));
    }
    let all =
        |status: Option<InteractionStatus>, assignee: Option<&str>, owner: &str, execution: Option<&ExecutionId>| {
            let filter = InteractionFilter {
                owner: owner.into(),
                status,
                assignees: assignee.map(Into::into).into_iter().collect(),
                execution_id: execution.cloned(),
            };
            async move {
                let (mut items, mut cursor) = (vec![], None);
                loop {
                    let part = host.index().interactions(&filter, &page(2, cursor)).await.unwrap();
                    items.extend(part.items);
                    cursor = part.next_cursor;
                    if cursor.is_none() {
                        return items;
                    }
                }
            }
        };
    assert_eq!(
        all(Some(InteractionStatus::Pending), None, "asker", None).await.iter().collect::<BTreeSet<_>>(),
        asked.iter().collect()
    );
    assert_eq!(all(Some(InteractionStatus::Pending), Some("ann@example.com"), "asker", None).await.len(), 3);
    assert_eq!(
        all(Some(InteractionStatus::Pending), Some("Ann@Example.COM"), "asker", None).await.len(),
        3,
        "in any case"
    );
    assert!(all(None, Some("bob@example.com"), "asker", None).await.is_empty());
    assert!(all(None, None, "somebody", None).await.is_empty());
    // A question that is over changes its status in the list.
    let (id, question) = &asked[1];
    assert_eq!(all(None, None, "asker", Some(id)).await, [asked[1].clone()]);
    assert_eq!(host.index().asks(question).await.unwrap().as_ref(), Some(id));
    command(host, id, control(Control::Cancel)).await;
    assert_eq!(all(Some(InteractionStatus::Cancelled), None, "asker", None).await, [asked[1].clone()]);
    assert_eq!(all(Some(InteractionStatus::Pending), None, "asker", None).await.len(), 2);
}

async fn lines_come_in_order(host: &dyn Host) {
    let workflow = kept(host, &document("logs")).await;
    let id = start(host, started(host, &workflow, "logs", json!({}))).await.id().clone();
    let line = |number: usize| NodeLog {
        node: "ask".into(),
        visit: 1,
        attempt: 1,
        line: LogLine { at: host.now(), level: LogLevel::Info, message: number.to_string() },
    };
    let lines: Vec<NodeLog> = (0..5).map(line).collect();
    let asked = vec![control(Control::Pause).into()];
    submit(host, &id, Submission { asked, logs: lines.clone(), ..Submission::default() }).await.unwrap();
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let part = host.journal().logs(&id, &page(2, cursor)).await.unwrap();
        found.extend(part.items);
        cursor = part.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, lines);
}

async fn large_values_come_back(host: &dyn Host) {
    let workflow = kept(host, &document("large")).await;
    let input = json!({"text": "x".repeat(engine::limits::INLINE_BYTES + 1)});
    let id = start(host, started(host, &workflow, "large", input.clone())).await.id().clone();
    let state = host.journal().load(&id).await.unwrap().unwrap();
    assert_eq!(state.started.input.value(), Some(&input));
}

async fn what_is_over_goes(host: &dyn Host) {
    let workflow = kept(host, &document("over")).await;
    let begin = Started { deadline: host.now().after_seconds(5.0), ..started(host, &workflow, "over", json!({})) };
    let id = start(host, begin).await.id().clone();
    assert_eq!(host.journal().delete(&id).await, Err(StoreError::Conflict), "it lives");
    let later = host.now().after_seconds(10.0);
    assert!(!host.agenda().timed_out(host.now(), 1_000).await.unwrap().contains(&id));
    assert!(host.agenda().timed_out(later, 1_000).await.unwrap().contains(&id));
    ask(host, &id).await;
    command(host, &id, control(Control::Cancel)).await;
    assert!(!host.agenda().timed_out(later, 1_000).await.unwrap().contains(&id), "what ended does not time out");
    assert!(!host.agenda().expired(later, 1_000).await.unwrap().contains(&id));
    let tomorrow = host.now().after_seconds(86_401.0);
    assert!(host.agenda().expired(tomorrow, 1_000).await.unwrap().contains(&id), "kept for a day");
    host.journal().delete(&id).await.unwrap();
    assert_eq!(host.journal().load(&id).await.unwrap(), None);
    assert!(host.journal().turns(&id, 0, 10).await.unwrap().is_empty());
    assert!(listed(host, &of("over")).await.is_empty());
    assert!(!host.agenda().expired(tomorrow, 1_000).await.unwrap().contains(&id));
    let open = InteractionFilter { owner: "over".into(), ..InteractionFilter::default() };
    assert!(host.index().interactions(&open, &page(10, None)).await.unwrap().items.is_empty());
}
