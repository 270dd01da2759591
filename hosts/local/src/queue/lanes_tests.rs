//! Tests of the order in which ready messages are handed out.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::lanes::Lanes;
use crate::store::{limits, messages::Item};
use document::time::Time;
use engine::{
    fair::{Owner, Place, Rank},
    port::Delivery,
};
use stepwell_core::{
    effect::{ChildControl, Message, Undoing, Work},
    id::{Activation, ExecutionId},
};

fn step(io: bool) -> Work {
    Work::Step { activation: Activation { epoch: 0, node: "n".into(), visit: 1 }, attempt: 1, io }
}

fn cancel() -> Work {
    Work::Control { control: ChildControl::Cancel }
}

/// A message to an execution of an owner; `child`: the execution has a parent.
fn message(owner: &str, execution: &str, child: bool, work: Work) -> Item {
    let place = Place { owner: owner.into(), rank: Rank::of(&work, child) };
    let message = Message { execution: execution.into(), work };
    let delivery = Delivery { receipt: 0, message, deliveries: 1, trace: None };
    Item { delivery, failures: 0, place, since: Time(0) }
}

/// Lanes with 10 000 executions of Ann that are ready, each a child, or with as many of her nodes that do I/O.
fn anns_map(io: bool) -> Lanes {
    let mut lanes = Lanes::default();
    for n in 0..10_000 {
        lanes.push(message("ann", &format!("ann-{n}"), true, step(io)));
    }
    lanes
}

fn handled(lanes: &mut Lanes) -> Vec<ExecutionId> {
    lanes.spawn().executions
}

#[test]
fn thousands_of_anns_children_do_not_delay_bens_first_step() {
    let mut lanes = anns_map(false);
    let anns = handled(&mut lanes);
    assert_eq!(anns.len(), limits::LANES, "what one owner may have at once");
    assert!(handled(&mut lanes).is_empty());

    lanes.push(message("ben", "ben-1", false, step(false)));
    assert_eq!(handled(&mut lanes), ["ben-1".into()], "there is room for another");
    assert!(!lanes.batch(&"ben-1".into()).is_empty());
    assert_eq!(lanes.finish(&"ben-1".into()), None, "Ann has no more for it");
}

#[test]
fn owners_have_their_turns_where_all_places_are_taken() {
    let mut lanes = anns_map(false);
    let anns = handled(&mut lanes);
    for owner in ["cid", "dot", "eva", "fay", "gil", "hal", "ida"] {
        (0..1_000).for_each(|n| lanes.push(message(owner, &format!("{owner}-{n}"), true, step(false))));
        handled(&mut lanes);
    }
    lanes.push(message("ben", "ben-1", false, step(false)));
    assert!(handled(&mut lanes).is_empty(), "nothing is free");
    let next: Vec<_> = anns.iter().take(8).filter_map(|id| lanes.finish(id)).collect();
    assert!(next.contains(&"ben-1".into()), "{next:?}");
}

#[test]
fn commands_come_before_roots_and_roots_before_children() {
    let mut lanes = anns_map(false);
    lanes.push(message("ann", "root", false, step(false)));
    lanes.push(message("ann", "child", true, cancel()));
    assert_eq!(handled(&mut lanes)[..3], ["child".into(), "root".into(), "ann-0".into()]);
}

#[test]
fn a_command_moves_its_execution_up_and_comes_before_what_waits_there() {
    let mut lanes = anns_map(false);
    let last = ExecutionId::from("ann-9999");
    (0..limits::BATCH).for_each(|_| lanes.push(message("ann", "ann-9999", true, step(false))));
    lanes.push(message("ann", "ann-9999", true, cancel()));
    let first = handled(&mut lanes);
    assert_eq!(first[0], last);
    assert_eq!(lanes.batch(&last)[0].delivery.message.work, cancel());

    // It was in line twice, and is handed out once at a time.
    let mut all = first;
    all.extend(lanes.finish(&last));
    let mut at = 1;
    while let Some(id) = all.get(at).cloned() {
        lanes.batch(&id);
        all.extend(lanes.finish(&id));
        at += 1;
    }
    assert_eq!(all.iter().filter(|id| **id == last).count(), 2, "two batches");
    assert_eq!(all.len(), 10_001);
    assert!(lanes.is_idle());
}

#[test]
fn anns_hanging_nodes_leave_room_for_bens() {
    let (ann, mut lanes) = (Owner::from("ann"), anns_map(true));
    assert_eq!(lanes.spawn().io.len(), limits::IO);
    assert!(lanes.spawn().io.is_empty());

    (0..2).for_each(|_| lanes.push(message("ben", "ben-1", false, step(true))));
    let io = lanes.spawn().io;
    assert_eq!(io.iter().map(|item| &*item.place.owner).collect::<Vec<_>>(), ["ben", "ben"]);
    lanes.finish_io(&ann);
    assert!(lanes.spawn().io.is_empty(), "Ann has enough while Ben has some");
    lanes.finish_io(&"ben".into());
    assert_eq!(lanes.spawn().io.len(), 1);
}

#[test]
fn a_root_reaches_its_node_before_its_owners_children() {
    let mut lanes = anns_map(true);
    lanes.push(message("ann", "root", false, step(true)));
    assert_eq!(lanes.spawn().io[0].delivery.message.execution, "root".into());
}

#[test]
fn what_was_chosen_is_kept_back_once_the_host_stops() {
    let mut lanes = anns_map(false);
    let chosen = handled(&mut lanes);
    lanes.stopped = true;
    assert!(chosen.iter().all(|id| lanes.batch(id).is_empty() && lanes.finish(id).is_none()));
    assert!(lanes.is_idle());
}

#[test]
fn what_undoes_a_node_keeps_no_message_of_its_execution_waiting() {
    let mut lanes = Lanes::default();
    let undoing = Undoing { epoch: 1, number: 0, attempt: 1 };
    lanes.push(message("ann", "root", false, Work::Undo(undoing)));
    lanes.push(message("ann", "root", false, Work::Timeout));
    let spawn = lanes.spawn();
    assert_eq!((spawn.io.len(), spawn.executions.len()), (1, 1));
}

#[test]
fn the_oldest_is_the_one_that_waits_longest_also_among_nodes_that_do_io() {
    let mut lanes = Lanes::default();
    assert_eq!(lanes.oldest(), None);
    let at = |since, item: Item| Item { since: Time(since), ..item };
    lanes.push(at(30, message("ann", "one", false, step(false))));
    lanes.push(at(40, message("ann", "one", false, step(false))));
    let mut io = at(20, message("ann", "two", false, step(true)));
    io.delivery.receipt = 7;
    lanes.push(io);
    assert_eq!(lanes.oldest(), Some(Time(20)));
    // What is being handled does not wait.
    let spawn = lanes.spawn();
    assert_eq!((spawn.io.len(), lanes.oldest()), (1, Some(Time(30))));
    assert_eq!(lanes.batch(&"one".into()).len(), 2);
    assert_eq!(lanes.oldest(), None);
}
