//! Executions that come from another host: half of one stands still, the whole goes on, and both go when they are over.

use super::{ask, command, control, document, kept, listed, of, page, start, started};
use document::{Workflow, parse};
use engine::{
    moving::{Importer, Outcome, Piece, Refusal, Taken, export, import},
    port::{Catalogue, Clock, ExecutionFilter, Host, InteractionFilter, StoreError},
};
use memory::Memory;
use serde_json::{Value, json};
use stepwell_core::{
    command::Control,
    event::{Event, Started, Turn},
    execution::Status,
    id::ExecutionId,
    interaction::InteractionStatus,
    invariant,
};

const OWNER: &str = "importer";

/// Checks every property.
pub async fn run(host: &dyn Host) {
    half_of_one_stands_still_and_the_whole_goes_on(host).await;
    one_that_is_given_up_goes(host).await;
    a_family_comes_whole(host).await;
    one_that_ended_is_kept_and_expires(host).await;
}

/// The parts of an execution of a host, each of one turn, and the word that all is there.
async fn parts(there: &Memory, id: &ExecutionId) -> Vec<Piece> {
    let of = there.state(id).unwrap().seq;
    let (mut found, mut after) = (Vec::new(), 0);
    while after < of {
        let piece = export(there, id, after, of, 1).await.unwrap();
        after = piece.to();
        found.push(piece);
    }
    found.push(serde_json::from_value(json!({"execution_id": id, "of": of, "after": of, "complete": true})).unwrap());
    found
}

async fn sent(host: &dyn Host, piece: &Piece) -> Result<Outcome, Refusal> {
    import(host, &Importer { owner: OWNER, by: "ann@example.com" }, piece, false).await.unwrap()
}

async fn all_sent(host: &dyn Host, pieces: &[Piece]) -> Taken {
    let mut taken = Taken::Unchanged;
    for piece in pieces {
        let piece: Piece = serde_json::from_str(&serde_json::to_string(piece).unwrap()).unwrap();
        if sent(host, &piece).await.unwrap().taken == Taken::Added {
            taken = Taken::Added;
        }
    }
    taken
}

/// The start of an execution of another host. Its id is one that the host under test does not give.
fn elsewhere(there: &Memory, workflow: &Workflow, input: Value) -> Started {
    Started { execution_id: uuid::Uuid::now_v7().to_string().into(), ..started(there, workflow, "another", input) }
}

/// An execution elsewhere that asks, whose time is over in five seconds, and whose input is large.
async fn asking(host: &dyn Host, name: &str) -> (Memory, ExecutionId, Value) {
    let there = Memory::new(host.now());
    let workflow = kept(&there, &document(name)).await;
    let input = json!({"text": "x".repeat(engine::limits::INLINE_BYTES + 1)});
    let begin = elsewhere(&there, &workflow, input.clone());
    let soon = there.now().after_seconds(5.0);
    let id = start(&there, Started { deadline: soon, ..begin }).await.id().clone();
    ask(&there, &id).await;
    (there, id, input)
}

async fn questions(host: &dyn Host) -> usize {
    let status = Some(InteractionStatus::Pending);
    let open = InteractionFilter { owner: OWNER.into(), status, ..InteractionFilter::default() };
    host.index().interactions(&open, &page(10, None)).await.unwrap().items.len()
}

async fn half_of_one_stands_still_and_the_whole_goes_on(host: &dyn Host) {
    let (there, id, input) = asking(host, "moved").await;
    let pieces = parts(&there, &id).await;
    let later = host.now().after_seconds(3_600.0);
    all_sent(host, &pieces[..1]).await;
    let half = host.journal().load(&id).await.unwrap().unwrap();
    assert_eq!((half.status(), half.arrives()), (Status::Pending, true));
    assert!(!host.agenda().timed_out(later, 1_000).await.unwrap().contains(&id), "its time does not count yet");
    assert!(!host.agenda().due(later, 1_000).await.unwrap().contains(&id), "nobody looks after it");
    let pending = ExecutionFilter { statuses: vec![Status::Pending], ..of(OWNER) };
    assert_eq!(listed(host, &pending).await, std::slice::from_ref(&id));
    // The rest makes it whole, with its values, its questions and its time.
    assert_eq!(all_sent(host, &pieces).await, Taken::Added);
    let state = host.journal().load(&id).await.unwrap().unwrap();
    assert_eq!(state.status(), Status::WaitingHuman);
    assert_eq!(state.started.input.value(), Some(&input));
    assert_eq!(state.started.owner, OWNER);
    let turns: Vec<Turn> = host.journal().turns(&id, 0, 100).await.unwrap();
    let workflow = engine::drive::workflow_of(host, &state).await.unwrap();
    assert_eq!(invariant::check(&workflow, &turns, &state), Vec::<String>::new());
    assert_eq!(turns.last().unwrap().events, [Event::ExecutionImported]);
    assert!(host.agenda().timed_out(later, 1_000).await.unwrap().contains(&id));
    assert_eq!(questions(host).await, 1);
    assert!(listed(host, &pending).await.is_empty());
    // Once more changes nothing; it ends, and goes with all that it had.
    assert_eq!(all_sent(host, &pieces).await, Taken::Unchanged);
    assert_eq!(host.journal().turns(&id, 0, 100).await.unwrap(), turns);
    command(host, &id, control(Control::Cancel)).await;
    host.journal().delete(&id).await.unwrap();
    assert!(listed(host, &of(OWNER)).await.is_empty());
    assert_eq!(questions(host).await, 0);
}

async fn one_that_is_given_up_goes(host: &dyn Host) {
    let (there, id, _) = asking(host, "given-up").await;
    let pieces = parts(&there, &id).await;
    all_sent(host, &pieces[..1]).await;
    assert_eq!(host.journal().delete(&id).await, Err(StoreError::Conflict), "it may come yet");
    command(host, &id, control(Control::Cancel)).await;
    assert!(matches!(sent(host, &pieces[1]).await, Err(Refusal::AnotherJournal(_))));
    host.journal().delete(&id).await.unwrap();
    assert_eq!(host.journal().load(&id).await.unwrap(), None);
}

async fn a_family_comes_whole(host: &dyn Host) {
    let body = json!({"nodes": [{"id": "ask", "type": "human",
        "config": {"kind": "approval", "question": "{{ item }}?", "timeout_seconds": 3600}}], "edges": []});
    let family = json!({"id": "family", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1, 2]", "body": body}}], "edges": [{"from": "go", "to": "each"}]});
    let there = Memory::new(host.now());
    let workflow = parse(&family).unwrap().workflow;
    there.keep_workflow(&workflow).await.unwrap();
    let id = start(&there, elsewhere(&there, &workflow, json!({}))).await.id().clone();
    there.handle_due().await;
    let children: Vec<ExecutionId> =
        there.all().iter().filter(|one| one.started.parent.is_some()).map(|one| one.id().clone()).collect();
    assert_eq!(children.len(), 2);
    let parent = parts(&there, &id).await;
    let first = parts(&there, &children[0]).await;
    assert_eq!(sent(host, &first[0]).await.unwrap_err(), Refusal::Orphan(id.clone()));
    let (own, end) = parent.split_at(parent.len() - 1);
    all_sent(host, own).await;
    let mut ends = end.to_vec();
    for child in &children {
        let (own, end) = parts(&there, child).await.split_last().map(|(end, own)| (own.to_vec(), end.clone())).unwrap();
        all_sent(host, &own).await;
        ends.push(end);
    }
    all_sent(host, &ends).await;
    let below = ExecutionFilter { parent: Some(id.clone()), ..of(OWNER) };
    assert_eq!(listed(host, &below).await.len(), 2);
    assert_eq!(listed(host, &of(OWNER)).await, std::slice::from_ref(&id), "children show under their parent alone");
    let below =
        InteractionFilter { owner: OWNER.into(), execution_id: Some(id.clone()), ..InteractionFilter::default() };
    assert_eq!(host.index().interactions(&below, &page(10, None)).await.unwrap().items.len(), 2);
    assert_eq!(host.journal().load(&id).await.unwrap().unwrap().status(), Status::WaitingHuman);
    for child in children.iter().chain([&id]) {
        command(host, child, control(Control::Cancel)).await;
    }
    host.journal().delete(&id).await.unwrap();
    for one in children.iter().chain([&id]) {
        assert_eq!(host.journal().load(one).await.unwrap(), None);
    }
}

async fn one_that_ended_is_kept_and_expires(host: &dyn Host) {
    let (there, id, _) = asking(host, "ended").await;
    command(&there, &id, control(Control::Cancel)).await;
    let pieces = parts(&there, &id).await;
    all_sent(host, &pieces).await;
    let cancelled = ExecutionFilter { statuses: vec![Status::Cancelled], ..of(OWNER) };
    assert_eq!(listed(host, &cancelled).await, std::slice::from_ref(&id));
    assert_eq!(questions(host).await, 0);
    let tomorrow = host.now().after_seconds(86_401.0);
    assert!(host.agenda().expired(tomorrow, 1_000).await.unwrap().contains(&id), "kept for a day");
    host.journal().delete(&id).await.unwrap();
}
