//! When a start is refused or held back because of the other executions of its workflow (`overlap`, `max_concurrency`).
//! Only executions without a parent count. Hosts say which there are.

use crate::execution::Status;
use document::{Overlap, Settings};

/// Whether the starts of a workflow depend on its other executions, so that they must come one after the other.
pub fn looks_around(settings: &Settings) -> bool {
    settings.overlap != Overlap::Allow || settings.max_concurrency.is_some()
}

/// The statuses of another execution beside which `overlap` refuses a start, and the reason that is recorded then. None
/// where it refuses no start.
pub fn refused_beside(overlap: Overlap) -> Option<(&'static [Status], &'static str)> {
    match overlap {
        Overlap::Allow => None,
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

/// How many more executions may go on where `under_way` of the workflow do so already, and `limit` is its
/// `max_concurrency`.
pub fn room(limit: u64, under_way: u64) -> u64 {
    limit.saturating_sub(under_way)
}

/// Whether `max_concurrency` holds a start back. It does while an earlier one is held back: first come, first served.
pub fn must_wait(limit: u64, is_another_held: bool, under_way: u64) -> bool {
    is_another_held || room(limit, under_way) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_waits_behind_those_who_wait() {
        assert!(!must_wait(2, false, 1));
        assert!(must_wait(2, false, 2) && must_wait(2, false, 3));
        assert!(must_wait(2, true, 0), "another one came first");
        assert_eq!([room(2, 0), room(2, 2), room(2, 5)], [2, 0, 0]);
    }

    #[test]
    fn an_ended_execution_keeps_no_start_out() {
        for overlap in [Overlap::SkipIfPaused, Overlap::SkipIfActive] {
            let statuses = refused_beside(overlap).map_or(&[][..], |(statuses, _)| statuses);
            assert!(!statuses.is_empty() && !statuses.iter().any(|status| status.is_terminal()));
        }
        assert_eq!(refused_beside(Overlap::Allow), None);
    }
}
