//! Tests of the orders in which work is taken up.

use super::{Line, Owner, Rank, Ranks, Shares, Wheel};
use crate::limits::TURNS_OF_A_RANK;
use std::collections::VecDeque;

fn owner(name: &str) -> Owner {
    name.into()
}

fn all<L: Line>(line: &mut L) -> Vec<L::Entry> {
    std::iter::from_fn(|| line.take()).collect()
}

#[test]
fn owners_have_their_turns_however_much_each_has_waiting() {
    let mut wheel = Wheel::<VecDeque<(&str, u32)>>::default();
    for n in 0..10_000 {
        wheel.put(&owner("ann"), |line| line.push_back(("ann", n)));
    }
    assert_eq!(wheel.take(), Some(("ann", 0)));
    wheel.put(&owner("ben"), |line| line.push_back(("ben", 0)));
    wheel.put(&owner("cid"), |line| line.extend([("cid", 0), ("cid", 1)]));
    let next: Vec<_> = (0..6).map_while(|_| wheel.take()).collect();
    assert_eq!(next, [("ann", 1), ("ben", 0), ("cid", 0), ("ann", 2), ("cid", 1), ("ann", 3)]);
    assert_eq!(all(&mut wheel).len(), 10_000 - 4);
    assert!(wheel.is_empty());
}

#[test]
fn an_owner_who_may_not_is_passed_over() {
    let mut wheel = Wheel::<VecDeque<u32>>::default();
    wheel.put(&owner("ann"), |line| line.extend([1, 2]));
    wheel.put(&owner("ben"), |line| line.extend([3]));
    assert_eq!(wheel.take_of(|owner| &**owner != "ann"), Some((owner("ben"), 3)));
    assert_eq!(wheel.take_of(|owner| &**owner != "ann"), None);
    assert_eq!(all(&mut wheel), [1, 2]);
}

#[test]
fn upper_ranks_come_first_and_leave_the_lower_ones_a_share() {
    let mut ranks = Ranks::<VecDeque<Rank>>::default();
    for rank in [Rank::Child, Rank::Root, Rank::Command] {
        ranks.line(rank).extend(vec![rank; 1_000]);
    }
    let first: Vec<_> = (0..900).map_while(|_| ranks.take()).collect();
    assert!(first[..TURNS_OF_A_RANK as usize].iter().all(|rank| *rank == Rank::Command));
    let of = |rank| first.iter().filter(|one| **one == rank).count();
    assert_eq!((of(Rank::Command), of(Rank::Root), of(Rank::Child)), (800, 89, 11));
    let rest = all(&mut ranks);
    assert_eq!(rest.len(), 3_000 - 900, "nothing is lost");
    assert_eq!(rest.last(), Some(&Rank::Child));
}

#[test]
fn what_waits_alone_uses_up_no_turns_of_others() {
    let mut ranks = Ranks::<VecDeque<Rank>>::default();
    ranks.line(Rank::Command).extend(vec![Rank::Command; 100]);
    assert_eq!(all(&mut ranks).len(), 100);
    ranks.line(Rank::Child).push_back(Rank::Child);
    ranks.line(Rank::Command).push_back(Rank::Command);
    assert_eq!(all(&mut ranks), [Rank::Command, Rank::Child]);
}

#[test]
fn there_is_room_for_another_owner_at_any_time() {
    let take_all = |shares: &mut Shares, owner: &Owner| {
        let mut taken = 0;
        while shares.may(owner) {
            shares.take(owner);
            taken += 1;
        }
        taken
    };
    for each in [2, 4, 5, 64, 512] {
        let mut shares = Shares::new(each);
        assert_eq!(take_all(&mut shares, &owner("ann")), each, "alone");
        let others = if each < 64 { &["ben"][..] } else { &["ben", "cid", "dot"] };
        for name in others {
            assert!(take_all(&mut shares, &owner(name)) > 0, "{each}: {name} finds room");
        }
        (0..each).for_each(|_| shares.give_back(&owner("ann")));
        assert!(shares.may(&owner("ann")), "what is given back can be taken again");
    }
    assert!(Shares::new(4).is_idle());
}

#[test]
fn owners_come_to_have_equal_parts() {
    let mut shares = Shares::new(64);
    let (ann, ben) = (owner("ann"), owner("ben"));
    let mut taken = [0, 0];
    for _ in 0..1_000 {
        // Each gives one back now and then, and takes what it may.
        for (owner, taken) in [&ann, &ben].into_iter().zip(&mut taken) {
            if *taken > 0 {
                shares.give_back(owner);
                *taken -= 1;
            }
            while shares.may(owner) {
                shares.take(owner);
                *taken += 1;
            }
        }
    }
    assert!(taken.iter().all(|taken| (37..=40).contains(taken)), "{taken:?}");
}
