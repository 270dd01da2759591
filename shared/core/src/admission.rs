//! When a start is refused or held back because of the other executions of its workflow (`overlap`, `max_concurrency`).
//! Only executions without a parent count. Hosts say which there are.

use crate::{event::InLine, execution::Status};
use document::{Overlap, Settings};

/// The `max_concurrency` that counts: that of the workflow's latest saved version, where it was saved at all, for
/// executions of all its versions. `own` is that of the document which the execution runs.
pub fn in_force(latest: Option<&Settings>, own: Option<u64>) -> Option<u64> {
    latest.map_or(own, |latest| latest.max_concurrency)
}

/// Whether the starts of a workflow depend on its other executions, so that they must come one after the other. `limit`
/// is the one in force.
pub fn looks_around(overlap: Overlap, limit: Option<u64>) -> bool {
    refused_beside(overlap).is_some() || limit.is_some()
}

/// The statuses of another execution beside which `overlap` refuses a start, and the reason that is recorded then. None
/// where it refuses no start.
pub fn refused_beside(overlap: Overlap) -> Option<(&'static [Status], &'static str)> {
    match overlap {
        // Messages of a chat are not refused: they stand in the line of their session.
        Overlap::Allow | Overlap::Queue => None,
        Overlap::SkipIfPaused => Some((
            &[Status::Paused, Status::WaitingHuman],
            "another execution of the workflow is paused or waits for a person (overlap: skip_if_paused)",
        )),
        Overlap::SkipIfActive => Some((
            &[
                Status::Pending,
                Status::Running,
                Status::Paused,
                Status::WaitingHuman,
                Status::Waiting,
                Status::RollingBack,
                Status::Stuck,
            ],
            "another execution of the workflow has not ended (overlap: skip_if_active)",
        )),
    }
}

/// Whether an execution that is alive keeps another one of its line back: it is under way, or it came before. `is_held` is
/// of the first.
pub fn keeps_back(one: &InLine, is_held: bool, other: &InLine) -> bool {
    one.line == other.line && one.number != other.number && (!is_held || one.number < other.number)
}

/// How many more executions may go on where `under_way` of the workflow do so already, and `limit` is the one in force;
/// none for as many as there are.
pub fn room(limit: Option<u64>, under_way: u64) -> u64 {
    limit.map_or(u64::MAX, |limit| limit.saturating_sub(under_way))
}

/// Whether the limit in force holds a start back. It does while it holds back an earlier one: first come, first served.
pub fn must_wait(limit: Option<u64>, is_another_held: bool, under_way: u64) -> bool {
    limit.is_some() && is_another_held || room(limit, under_way) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_waits_behind_those_who_wait() {
        let two = Some(2);
        assert!(!must_wait(two, false, 1));
        assert!(must_wait(two, false, 2) && must_wait(two, false, 3));
        assert!(must_wait(two, true, 0), "another one came first");
        assert_eq!([room(two, 0), room(two, 2), room(two, 5)], [2, 0, 0]);
        assert!(!must_wait(None, true, 7) && room(None, 7) == u64::MAX, "without a limit nobody waits");
    }

    #[test]
    fn a_line_has_one_execution_under_way_and_its_order_is_kept() {
        let at = |line: &str, number| InLine { line: line.into(), number };
        assert!(keeps_back(&at("s", 1), false, &at("s", 2)) && keeps_back(&at("s", 1), true, &at("s", 2)));
        assert!(!keeps_back(&at("s", 3), true, &at("s", 2)), "who comes later keeps nobody back by waiting");
        assert!(keeps_back(&at("s", 3), false, &at("s", 2)), "but it does once it is under way");
        assert!(!keeps_back(&at("t", 1), false, &at("s", 2)) && !keeps_back(&at("s", 2), false, &at("s", 2)));
    }

    #[test]
    fn the_latest_version_says_how_many_may_run() {
        let latest = |max_concurrency| Settings { max_concurrency, ..Settings::default() };
        assert_eq!(in_force(Some(&latest(Some(3))), Some(1)), Some(3), "raised");
        assert_eq!(in_force(Some(&latest(None)), Some(1)), None, "removed");
        assert_eq!(in_force(Some(&latest(Some(1))), None), Some(1), "set");
        assert_eq!(in_force(None, Some(1)), Some(1), "a document that nobody saved has its own");
    }

    #[test]
    fn an_ended_execution_keeps_no_start_out() {
        for overlap in [Overlap::SkipIfPaused, Overlap::SkipIfActive] {
            let statuses = refused_beside(overlap).map_or(&[][..], |(statuses, _)| statuses);
            assert!(!statuses.is_empty() && !statuses.iter().any(|status| status.is_terminal()));
        }
        assert_eq!([Overlap::Allow, Overlap::Queue].map(refused_beside), [None, None]);
    }
}
