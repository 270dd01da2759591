#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::{
    scripted::json,
    story::{Story, document},
    table::{Scripted, done, first, found, taken},
};
use document::time::Time;
use engine::port::Catalogue;
use serde_json::{Value, json};

const NOW: Time = Time(1_800_000_000_000);

fn story() -> Story {
    Story::begin(&document("wait", json!({"seconds": 9})), false)
}

fn stone(number: u64, until: i64, others: &[&str]) -> Value {
    let mut stone = json!({"pk": {"S": "x#e1"}, "sk": {"S": keys::turn(number)}, "gone": {"N": "1"}});
    stone["ttl"] = json!({"N": until.to_string()});
    for name in others {
        stone[*name] = json!({"N": "1"});
    }
    stone
}

/// The second until which a stone has stood its time.
fn seconds() -> i64 {
    NOW.0 / 1_000
}

/// Removes an execution whose journal holds these items and whose head is there.
async fn deleted(journal: &[Value]) -> (Result<(), StoreError>, Scripted) {
    let scripted = Scripted::new(NOW, true);
    scripted.script.then([found(journal), found(journal), json(200, json!({"Item": {"pk": {"S": "x#e1"}}}))]);
    scripted.script.then((0..9).map(|_| done()));
    (scripted.table.delete(&"e1".into()).await, scripted)
}

#[tokio::test]
async fn a_head_whose_execution_never_began_goes_together_with_its_stone_set_free() {
    for journal in [vec![], vec![stone(1, seconds() + 3_000, &["never", "free"])], vec![stone(1, seconds() + 60, &[])]]
    {
        let (removed, scripted) = deleted(&journal).await;
        removed.unwrap();
        assert_eq!(scripted.script.operations(), ["Query", "Query", "GetItem", "PutItem", "TransactWriteItems"]);
        let fence = &scripted.script.asked()[3].json()["Item"];
        assert!(fence["never"].is_object() && fence["free"].is_null(), "{fence}");
        let writes = &scripted.last().json()["TransactItems"];
        assert!(writes[0]["Put"]["Item"]["free"].is_object(), "{writes}");
        assert_eq!(writes[1]["Delete"]["Key"]["sk"]["S"], "head");
    }
}

#[tokio::test]
async fn stones_of_what_was_removed_are_not_made_to_stand_longer() {
    let (removed, scripted) = deleted(&[stone(1, seconds() + 3_000, &[])]).await;
    removed.unwrap();
    let operations = scripted.script.operations();
    assert!(!operations.iter().any(|one| one == "PutItem" || one == "BatchWriteItem"), "{operations:?}");
    assert_eq!(scripted.last().json()["Key"]["sk"]["S"], "head");
}

#[tokio::test]
async fn a_child_that_never_began_begins_no_more_once_its_parent_is_gone() {
    let scripted = Scripted::new(NOW, true);
    let head = json(200, json!({"Item": {"pk": {"S": "x#e1"}}}));
    scripted.script.then([found(&[]), head, done(), found(&[]), found(&[]), done()]);
    scripted.table.remove_rest(&"e1".into(), false).await.unwrap();
    let asked = scripted.script.asked();
    assert_eq!(asked[2].operation, "PutItem");
    assert!(asked[2].json()["Item"]["never"].is_null(), "it stands");
}

#[tokio::test]
async fn what_began_since_it_was_looked_for_is_not_removed() {
    let scripted = Scripted::new(NOW, true);
    let turn = json!({"pk": {"S": "x#e1"}, "sk": {"S": keys::turn(1)}, "n": {"N": "1"}});
    scripted.script.then([found(&[]), found(&[turn])]);
    assert_eq!(scripted.table.delete(&"e1".into()).await, Err(StoreError::Conflict));
    assert_eq!(scripted.script.operations(), ["Query", "Query"]);
}

/// Commits a start that meets a stone. Returns its error, and the operations of the commit.
async fn started(stone: Value) -> (StoreError, Vec<String>) {
    let (scripted, story) = (Scripted::new(NOW, true), story());
    scripted.script.then([done(), done(), done()]);
    scripted.table.keep_workflow(&story.workflow).await.unwrap();
    scripted.script.forget();
    scripted.script.then([done(), taken(&stone), found(std::slice::from_ref(&stone)), done()]);
    let refused = scripted.table.commit(first(&story)).await.unwrap_err();
    (refused, scripted.script.operations())
}

#[tokio::test]
async fn a_start_takes_away_a_stone_that_is_free_and_decides_again() {
    for stone in [stone(1, seconds() + 3_000, &["never", "free"]), stone(1, seconds() - 1, &[])] {
        let (refused, asked) = started(stone).await;
        assert_eq!(refused, StoreError::Conflict);
        assert_eq!(asked, ["PutItem", "PutItem", "Query", "DeleteItem"]);
    }
}

#[tokio::test]
async fn a_start_waits_for_the_head_that_is_being_cleared_away_and_gives_up_on_what_was_removed() {
    let (refused, asked) = started(stone(1, seconds() + 3_000, &["never"])).await;
    assert!(matches!(refused, StoreError::Transient(_)), "{refused:?}");
    assert_eq!(asked, ["PutItem", "PutItem"]);
    let (refused, _) = started(stone(1, seconds() + 3_000, &[])).await;
    assert!(matches!(refused, StoreError::Permanent(_)), "{refused:?}");
}

#[tokio::test]
async fn reading_what_was_removed_writes_nothing() {
    for until in [seconds() - 1, seconds() + 60] {
        let scripted = Scripted::new(NOW, false);
        scripted.script.then([found(&[stone(5, until, &[])]), found(&[stone(5, until, &[])])]);
        assert_eq!(scripted.table.load(&"e1".into()).await, Ok(None));
        assert!(scripted.script.operations().iter().all(|one| one == "Query"));
    }
}

#[tokio::test]
async fn what_began_anew_is_read_past_old_stones() {
    let (scripted, story) = (Scripted::new(NOW, true), story());
    scripted.script.then([done(), done(), done()]);
    scripted.table.keep_workflow(&story.workflow).await.unwrap();
    scripted.script.forget();
    scripted.script.then([done(), done()]);
    scripted.table.commit(first(&story)).await.unwrap();
    let (turn, old) = (scripted.last().json()["Item"].clone(), stone(5, seconds() - 1, &[]));
    scripted.table.cache.forget(&"e1".into());
    scripted.script.then([found(&[old.clone(), turn.clone()]), found(&[turn, old])]);
    let state = scripted.table.load(&"e1".into()).await.unwrap().unwrap();
    assert_eq!(*state, story.state);
}
