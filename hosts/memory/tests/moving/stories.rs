//! What goes on elsewhere, and what does not.

use super::world::*;
use engine::{
    fork::{ForkRequest, preview, start_fork},
    moving::Refusal,
    port::Journal as _,
    rollback::{Refused, roll_back},
};
use serde_json::{Value, json};
use stepwell_core::{command::Control, execution::Status, rollback::Rollback};

const ROOM: usize = 1_000_000;

/// Whatever was asked for here answers, and the same there: both come to the same end.
async fn to_the_same_end(document: &Value, questions: usize) {
    let (there, here) = (host(), host());
    let id = ran(&there, document).await;
    assert!(imported(&here, &exported(&there, &id, ROOM).await).await);
    same_past(&there, &here, &id).await;
    here.handle_due().await;
    for host in [&there, &here] {
        for _ in 0..questions {
            let asked: Vec<_> = host
                .all()
                .iter()
                .filter(|one| one.open_interactions().next().is_some())
                .map(|one| one.id().clone())
                .collect();
            for one in asked {
                yes(host, &one).await.unwrap();
            }
        }
        hold(host).await;
    }
    assert_eq!(end(&state(&here, &id)), end(&state(&there, &id)));
    assert!(state(&here, &id).end.is_some(), "{:?}", state(&here, &id).status());
    assert_eq!(state(&here, &id).started.owner, "here");
}

#[tokio::test]
async fn an_execution_that_waits_for_a_person_is_answered_elsewhere() {
    to_the_same_end(&chain("one", &[requests("a", "a"), asks("ask"), requests("b", "b")]), 1).await;
}

#[tokio::test]
async fn a_map_goes_on_elsewhere_with_its_children() {
    let body =
        json!({"nodes": [asks("ask"), requests("b", "b")], "edges": [{"from": "ask", "port": "approved", "to": "b"}]});
    let each = json!({"id": "each", "type": "map", "config": {"items": "[1, 2, 3, 4, 5]", "max_concurrency": 2, "body": body}});
    to_the_same_end(&chain("maps", &[each, requests("c", "c")]), 3).await;
}

#[tokio::test]
async fn a_loop_goes_on_with_its_iteration() {
    let document = json!({"id": "loops", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "loop", "config": {"for_each": "[1, 2, 3]"}},
        asks("ask"), {"id": "made", "type": "transform", "config": {"expression": "loop.index"}}, requests("z", "z")],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "port": "loop", "to": "ask"},
            {"from": "ask", "port": "approved", "to": "made"}, {"from": "made", "to": "each"},
            {"from": "each", "port": "done", "to": "z"}]});
    to_the_same_end(&document, 3).await;
}

#[tokio::test]
async fn large_values_travel_and_are_kept_apart_again() {
    to_the_same_end(&chain("large", &[makes("m", 600_000), asks("ask"), makes("n", 300_000)]), 1).await;
}

#[tokio::test]
async fn an_ended_execution_is_retried_or_rolled_back_elsewhere() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("fails", &[requests("a", "a"), requests("b", "no")])).await;
    imported(&here, &exported(&there, &id, ROOM).await).await;
    assert_eq!(end(&state(&here, &id)), end(&state(&there, &id)));
    assert_eq!(state(&here, &id).status(), Status::Failed);
    for host in [&there, &here] {
        control(host, &id, Control::Retry).await.unwrap();
        assert_eq!(state(host, &id).retried, 1);
        roll_back(host, &id, Rollback::to(1), None, None).await.unwrap().unwrap();
        host.handle_due().await;
        hold(host).await;
    }
    assert_eq!(end(&state(&here, &id)), end(&state(&there, &id)));
    // What went back moves once more, and back to where it came from another time.
    let third = host();
    imported(&third, &exported(&here, &id, ROOM).await).await;
    assert_eq!(end(&state(&third, &id)), end(&state(&here, &id)));
    hold(&third).await;
    let back = exported(&third, &id, ROOM).await;
    assert!(matches!(sent(&there, &back[0]).await, Err(Refusal::AnotherJournal(_))), "it is another owner's");
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("again", &[asks("ask"), requests("b", "b"), asks("asks")])).await;
    let pieces = exported(&there, &id, ROOM).await;
    assert!(imported(&here, &pieces).await);
    let before = turns(&here, &id).await;
    assert!(!imported(&here, &pieces).await);
    assert_eq!(turns(&here, &id).await, before);
    // Nor does it once the execution has gone on.
    yes(&here, &id).await.unwrap();
    let before = turns(&here, &id).await;
    assert!(!imported(&here, &pieces).await);
    assert_eq!(turns(&here, &id).await, before);
    // Once it has gone on there too, the two are no longer the same.
    yes(&there, &id).await.unwrap();
    let later = exported(&there, &id, ROOM).await;
    let refused = sent(&here, &later[0]).await.unwrap_err();
    assert!(matches!(&refused, Refusal::AnotherJournal(why) if why.contains("another way")), "{refused:?}");
    assert_eq!(turns(&here, &id).await, before);
}

#[tokio::test]
async fn what_came_by_half_stands_still_and_goes_on_where_it_broke_off() {
    let (there, here) = (host(), host());
    let id =
        ran(&there, &chain("half", &[requests("a", "a"), requests("b", "b"), asks("ask"), requests("c", "c")])).await;
    let pieces = exported(&there, &id, 1).await;
    assert!(pieces.len() > 4, "each turn by itself, and the end");
    imported(&here, &pieces[..2]).await;
    let half = state(&here, &id);
    assert_eq!((half.status(), half.seq, half.arrives()), (Status::Pending, 2, true));
    // Nothing is on its way, nothing becomes due, and nobody may touch it.
    assert!(here.queue().is_empty() && here.timers().is_empty() && here.next_due().is_none());
    here.advance(half.deadline().after_seconds(1.0));
    engine::supervise::end_timed_out(&here).await.unwrap();
    engine::supervise::look_after(&here, here_later(&here)).await.unwrap();
    for what in [Control::Pause, Control::Resume, Control::Retry] {
        let refused = control(&here, &id, what).await.unwrap_err().to_string();
        assert!(refused.contains("2 of its"), "{refused}");
    }
    assert_eq!(state(&here, &id).seq, 2);
    // A later piece does not fit yet; all of them do.
    assert_eq!(sent(&here, &pieces[3]).await.unwrap_err(), Refusal::Gap(2));
    assert_eq!(sent(&here, pieces.last().unwrap()).await.unwrap_err(), Refusal::Gap(2));
    assert!(imported(&here, &pieces).await);
    same_past(&there, &here, &id).await;
    hold(&here).await;
}

fn here_later(host: &stepwell_memory::Memory) -> document::time::Time {
    use engine::port::Clock as _;
    host.now().after_seconds(3600.0)
}

#[tokio::test]
async fn an_import_that_is_given_up_is_cancelled_and_deleted() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("given-up", &[requests("a", "a"), asks("ask")])).await;
    let pieces = exported(&there, &id, 1).await;
    imported(&here, &pieces[..2]).await;
    control(&here, &id, Control::Cancel).await.unwrap();
    assert_eq!(state(&here, &id).status(), Status::Cancelled);
    assert!(control(&here, &id, Control::Retry).await.is_err(), "half of it never runs");
    assert!(matches!(sent(&here, &pieces[2]).await, Err(Refusal::AnotherJournal(_))));
    here.delete(&id).await.unwrap();
    assert!(imported(&here, &pieces).await);
    hold(&here).await;
}

#[tokio::test]
async fn a_child_that_is_further_than_its_parent_knows_tells_it_again() {
    let body =
        json!({"nodes": [asks("ask"), requests("b", "b")], "edges": [{"from": "ask", "port": "approved", "to": "b"}]});
    let each = json!({"id": "each", "type": "map", "config": {"items": "[1, 2]", "body": body}});
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("torn", &[each, requests("c", "c")])).await;
    // The parent is exported before its children end, and they after it.
    let parent = pieces_of(&there, &id, ROOM).await;
    for child in children(&there, &id).await {
        yes(&there, &child).await.unwrap();
    }
    assert_eq!(state(&there, &id).status(), Status::Completed);
    let mut pieces = exported(&there, &id, ROOM).await;
    pieces[0] = parent[0].clone();
    let of = parent[0].of;
    for piece in pieces.iter_mut().filter(|piece| piece.execution_id == id && piece.complete) {
        (piece.of, piece.after) = (of, of);
    }
    imported(&here, &pieces).await;
    here.handle_due().await;
    assert_eq!(end(&state(&here, &id)), end(&state(&there, &id)));
    hold(&here).await;
}

#[tokio::test]
async fn a_child_is_taken_only_with_its_parent() {
    let body = json!({"nodes": [asks("ask")], "edges": []});
    let each = json!({"id": "each", "type": "map", "config": {"items": "[1, 2]", "body": body}});
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("family", &[each])).await;
    let pieces = exported(&there, &id, ROOM).await;
    let child = pieces.iter().find(|piece| piece.execution_id != id).unwrap();
    assert_eq!(sent(&here, child).await.unwrap_err(), Refusal::Orphan(id.clone()));
    // Nor does it belong to an execution that runs here by itself, or to another owner's.
    assert_eq!(sent(&there, child).await.err().map(|why| matches!(why, Refusal::AnotherJournal(_))), Some(true));
    imported(&here, &pieces[..1]).await;
    sent(&here, child).await.unwrap();
    assert_eq!(state(&here, &child.execution_id).status(), Status::Pending);
}

#[tokio::test]
async fn what_came_from_elsewhere_is_replayed_and_forked_as_any_other() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("forked", &[requests("a", "a"), requests("b", "b")])).await;
    imported(&here, &exported(&there, &id, ROOM).await).await;
    let request = ForkRequest { checkpoint: 2, ..ForkRequest::default() };
    let told = preview(&here, &id, &request).await.unwrap().unwrap_or_else(|_| panic!("it is refused"));
    assert_eq!(told.end, Some(Status::Completed));
    let request = ForkRequest { checkpoint: 2, idempotency: Some(("k".into(), "h".into())), ..request };
    let forked = start_fork(&here, &id, request).await.unwrap().unwrap_or_else(|_| panic!("it is refused"));
    here.handle_due().await;
    assert_eq!(state(&here, forked.id()).status(), Status::Completed);
    hold(&here).await;
}

/// Of what is not here whole nobody knows yet what is recorded at a checkpoint's turn.
#[tokio::test]
async fn what_came_by_half_is_not_forked() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("half-fork", &[requests("a", "a"), requests("b", "b")])).await;
    let pieces = exported(&there, &id, 1).await;
    imported(&here, &pieces[..2]).await;
    let request = ForkRequest { checkpoint: 1, idempotency: Some(("k".into(), "h".into())), ..ForkRequest::default() };
    let refusals = [
        preview(&here, &id, &request).await.unwrap().err(),
        start_fork(&here, &id, request.clone()).await.unwrap().err(),
    ];
    for refusal in refusals {
        let Some(Refused::Rejected(why)) = refusal else { panic!("it is not refused as half an import") };
        assert!(why.to_string().contains("2 of its"), "{why}");
    }
    assert_eq!((here.all().len(), state(&here, &id).seq), (1, 2), "nothing was made of it");
    imported(&here, &pieces).await;
    let forked = start_fork(&here, &id, request).await.unwrap().unwrap_or_else(|_| panic!("it is here whole"));
    here.handle_due().await;
    assert_eq!(state(&here, forked.id()).status(), Status::Completed);
}

#[tokio::test]
async fn the_lines_of_nodes_come_along_once() {
    for room in [1, ROOM] {
        let (there, here) = (host(), host());
        let id = ran(&there, &chain("says", &[says("a", 300), requests("b", "b"), asks("ask")])).await;
        let pieces = exported(&there, &id, room).await;
        imported(&here, &pieces[..1]).await;
        imported(&here, &pieces).await;
        assert!(!imported(&here, &pieces).await);
        assert_eq!(lines(&here, &id).await, lines(&there, &id).await);
        assert_eq!(lines(&here, &id).await.len(), 300);
    }
}

#[tokio::test]
async fn of_more_lines_than_a_request_has_room_for_the_latest_come_and_the_first_says_so() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("says-much", &[says("a", 900), asks("ask")])).await;
    imported(&here, &exported(&there, &id, ROOM).await).await;
    let (all, came) = (lines(&there, &id).await, lines(&here, &id).await);
    let left = all.len() - (came.len() - 1);
    assert!(left > 300 && came.len() > 400, "{} of {}", came.len(), all.len());
    assert_eq!(came[0], format!("{left} lines until here were too many to move to another host"));
    assert_eq!(came[1..], all[left..]);
}

#[tokio::test]
async fn a_line_that_no_host_would_keep_is_refused() {
    let (there, here) = (host(), host());
    let id = ran(&there, &chain("forged", &[says("a", 1), asks("ask")])).await;
    let pieces = exported(&there, &id, ROOM).await;
    let mut long = pieces[0].clone();
    long.logs[0]["message"] = json!("x".repeat(8 * 1024 + 1));
    let mut more = pieces[0].clone();
    more.logs[0]["owner"] = json!("somebody else");
    let mut alone = pieces[1].clone();
    alone.logs.clone_from(&pieces[0].logs);
    for forged in [long, more] {
        assert!(matches!(sent(&here, &forged).await, Err(Refusal::Damaged(_))));
    }
    imported(&here, &pieces[..1]).await;
    assert!(matches!(sent(&here, &alone).await, Err(Refusal::Damaged(_))));
}
