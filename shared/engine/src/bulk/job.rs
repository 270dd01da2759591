//! The rules of a job's record: what becomes of it when a slice is done, put off or cancelled. They know no clock and no
//! store.

use crate::{
    limits,
    port::{Action, Job, JobError, JobStatus, StoreError},
};
use document::time::Time;
use std::collections::{BTreeMap, HashSet};
use stepwell_core::{
    command::{Command, Control},
    event::Unstick,
    execution::Status,
    id::ExecutionId,
};

/// What became of one execution of a slice.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It did what was asked, or had done so.
    Done,
    /// Its state does not allow it: a code and a sentence.
    Refused(&'static str, String),
    /// It cannot be read or written, now or later: a code and a sentence.
    Failed(&'static str, String),
    /// The store does not answer for it at the moment: why. It is asked again.
    Left(String),
}

impl Action {
    /// The statuses that are meant where a filter names none: those in which the action has something to do. What somebody
    /// cancelled is retried only where that status is named.
    pub fn meant(self) -> &'static [Status] {
        match self {
            Self::Retry => &[Status::Failed],
            Self::Resume => &[Status::Paused],
            Self::Redrive => &[Status::Stuck],
            // All there are.
            Self::Erase => &[],
            Self::Cancel => &[
                Status::Pending,
                Status::Running,
                Status::RollingBack,
                Status::Waiting,
                Status::WaitingHuman,
                Status::Paused,
                Status::Stuck,
            ],
        }
    }

    /// The command to each execution.
    pub(super) fn command(self, reason: Option<String>) -> Command {
        let control = |control| Command::Control { control, reason: reason.clone() };
        match self {
            Self::Retry => control(Control::Retry),
            // What is erased is ended first.
            Self::Cancel | Self::Erase => control(Control::Cancel),
            Self::Resume => control(Control::Resume),
            Self::Redrive => Command::Unstick { action: Unstick::Redrive, node: None, output: None, reason },
        }
    }
}

impl Job {
    /// Whether nothing more comes of it.
    pub fn is_over(&self) -> bool {
        match self.status {
            JobStatus::Running => false,
            JobStatus::Completed | JobStatus::Cancelled | JobStatus::Failed => true,
        }
    }

    /// Counts what became of the present slice. Executions that there was no time for stay in it, and those that the store did
    /// not answer for, until they were tried too often.
    pub(super) fn take(&mut self, outcomes: Vec<(ExecutionId, Outcome)>, now: Time) {
        let given_up = self.is_given_up_after(self.tries + 1);
        let asked: HashSet<&ExecutionId> = outcomes.iter().map(|(id, _)| id).collect();
        let (mut left, mut why): (Vec<ExecutionId>, _) =
            (self.batch.iter().filter(|id| !asked.contains(id)).cloned().collect(), None);
        for (id, outcome) in outcomes {
            match outcome {
                Outcome::Done => self.done += 1,
                Outcome::Refused(code, message) => {
                    self.refused += 1;
                    self.note(id, code, message);
                }
                Outcome::Failed(code, message) => {
                    self.failed += 1;
                    self.note(id, code, message);
                }
                Outcome::Left(message) if given_up => {
                    self.failed += 1;
                    self.note(id, "unavailable", message);
                }
                Outcome::Left(message) => {
                    left.push(id);
                    why = Some(message);
                }
            }
        }
        self.batch = left;
        self.slice += 1;
        self.updated_at = now;
        match why {
            Some(why) => self.pause(why, now),
            None => (self.tries, self.waits) = (0, None),
        }
        // An erasure looks once more whether anything is left.
        if self.action != Action::Erase {
            self.settle(now);
        }
    }

    /// Counts what an erasure has removed beside executions.
    pub(super) fn count_erased(&mut self, removed: &BTreeMap<&'static str, u64>) {
        for (kind, count) in removed {
            *self.erased.entry((*kind).to_owned()).or_insert(0) += count;
        }
    }

    /// Has the same executions be the next slice, since nothing was asked of them in this one.
    pub(super) fn goes_on_as_it_is(&mut self, now: Time) {
        (self.slice, self.updated_at, self.due_at) = (self.slice + 1, now, Some(now));
    }

    fn note(&mut self, execution_id: ExecutionId, code: &str, message: String) {
        if self.errors.len() < limits::JOB_ERRORS {
            self.errors.push(JobError { execution_id, code: code.into(), message });
        }
    }

    /// Takes the executions of the next slice. Where there are none and the list is at its end, the job is done.
    pub(super) fn goes_on_with(&mut self, batch: Vec<ExecutionId>, cursor: Option<String>, now: Time) {
        self.more = cursor.is_some();
        (self.batch, self.cursor) = (batch, cursor);
        (self.tries, self.waits) = (0, None);
        self.due_at = Some(now);
        self.updated_at = now;
        self.settle(now);
    }

    /// Puts the job off, since its slice could not be brought to its end. After too many tries it has failed.
    pub(super) fn put_off(&mut self, error: &StoreError, now: Time) {
        self.pause(error.to_string(), now);
        self.updated_at = now;
        if self.is_given_up_after(self.tries) {
            self.end(JobStatus::Failed, now);
        }
    }

    /// Whether so many tries are enough. An erasure goes on until all is gone: a large family takes it many tries, each of
    /// which removes some of it.
    fn is_given_up_after(&self, tries: u32) -> bool {
        tries >= limits::JOB_TRIES && self.action != Action::Erase
    }

    fn pause(&mut self, why: String, now: Time) {
        let (first, most) = limits::JOB_PAUSE_SECONDS;
        let pause = first * f64::from(1u32 << self.tries.min(16));
        self.tries += 1;
        self.waits = Some(why);
        self.due_at = Some(now.after_seconds(pause.min(most)));
    }

    /// Ends the job before it has met all. What it has done stays done. One that is over stays as it ended.
    pub(super) fn cancel(&mut self, by: &str, now: Time) {
        if !self.is_over() {
            self.cancelled_by = Some(by.to_owned());
            self.end(JobStatus::Cancelled, now);
        }
    }

    /// Ends the job once nothing is left.
    fn settle(&mut self, now: Time) {
        // An erasure has something to do beside executions, which its first slice does.
        let begun = self.action != Action::Erase || self.slice > 1;
        if !self.is_over() && self.batch.is_empty() && !self.more && begun {
            self.end(JobStatus::Completed, now);
        }
        // What is left of a slice that was counted after the end is not asked again.
        if self.is_over() {
            self.due_at = None;
        }
    }

    fn end(&mut self, status: JobStatus, now: Time) {
        self.status = status;
        (self.due_at, self.completed_at, self.updated_at) = (None, Some(now), now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::port::ExecutionFilter;

    fn job(batch: &[&str], more: bool) -> Job {
        Job {
            id: "j".into(),
            owner: "o".into(),
            action: Action::Retry,
            filter: ExecutionFilter::default(),
            reason: None,
            request_hash: None,
            status: JobStatus::Running,
            matched: 0,
            matched_more: false,
            done: 0,
            refused: 0,
            failed: 0,
            erased: BTreeMap::new(),
            errors: Vec::new(),
            batch: batch.iter().map(|id| (*id).into()).collect(),
            cursor: None,
            more,
            slice: 1,
            tries: 0,
            waits: None,
            due_at: Some(Time(0)),
            created_at: Time(0),
            created_by: "ann".into(),
            updated_at: Time(0),
            completed_at: None,
            cancelled_by: None,
            version: 1,
        }
    }

    fn outcomes(of: &[(&str, Outcome)]) -> Vec<(ExecutionId, Outcome)> {
        of.iter().map(|(id, outcome)| ((*id).into(), outcome.clone())).collect()
    }

    #[test]
    fn a_slice_is_counted_and_the_last_one_ends_the_job() {
        let mut job = job(&["a", "b", "c"], true);
        let refused = Outcome::Refused("invalid_status", "it completed".into());
        job.take(outcomes(&[("a", Outcome::Done), ("b", refused), ("c", Outcome::Failed("x", "y".into()))]), Time(5));
        assert_eq!((job.done, job.refused, job.failed, job.slice), (1, 1, 1, 2));
        assert_eq!(job.errors.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["invalid_status", "x"]);
        assert!(!job.is_over() && job.batch.is_empty());
        job.goes_on_with(vec!["d".into()], None, Time(6));
        job.take(outcomes(&[("d", Outcome::Done)]), Time(7));
        assert_eq!((job.status, job.completed_at, job.due_at), (JobStatus::Completed, Some(Time(7)), None));
    }

    #[test]
    fn what_the_store_does_not_answer_for_is_asked_again_for_a_while() {
        let mut job = job(&["a", "b"], false);
        let left = || Outcome::Left("throttled".into());
        job.take(outcomes(&[("a", Outcome::Done), ("b", left())]), Time(0));
        assert_eq!((&job.batch[..], job.tries, job.due_at), (&["b".into()][..], 1, Some(Time(1_000))));
        assert_eq!(job.waits.as_deref(), Some("throttled"));
        for _ in 2..limits::JOB_TRIES {
            job.take(outcomes(&[("b", left())]), Time(0));
            assert!(!job.is_over());
        }
        assert_eq!(job.due_at, Some(Time(60_000)), "the pause has a bound");
        job.take(outcomes(&[("b", left())]), Time(0));
        assert_eq!((job.status, job.done, job.failed), (JobStatus::Completed, 1, 1));
        assert_eq!(job.errors[0].code, "unavailable");
    }

    #[test]
    fn what_there_was_no_time_for_is_the_next_slice_at_once() {
        let mut job = job(&["a", "b", "c"], true);
        job.take(outcomes(&[("a", Outcome::Done)]), Time(5));
        assert_eq!((job.done, job.tries, job.slice, job.is_over()), (1, 0, 2, false));
        assert_eq!((&job.batch[..], job.due_at), (&["b".into(), "c".into()][..], Some(Time(0))));
    }

    #[test]
    fn a_job_whose_executions_cannot_be_listed_fails_in_the_end() {
        let mut job = job(&[], true);
        for _ in 0..limits::JOB_TRIES {
            assert!(!job.is_over());
            job.put_off(&StoreError::Permanent("torn".into()), Time(1));
        }
        assert_eq!(job.status, JobStatus::Failed);
        assert!(job.waits.unwrap().contains("torn"));
    }

    #[test]
    fn an_erasure_goes_on_until_nothing_is_left_and_looks_once_more() {
        let mut erasing = Job { action: Action::Erase, ..job(&[], false) };
        erasing.goes_on_with(Vec::new(), None, Time(0));
        assert!(!erasing.is_over(), "no execution is there, and something else may be");
        erasing.goes_on_with(vec!["a".into()], None, Time(0));
        for _ in 0..3 * limits::JOB_TRIES {
            erasing.take(outcomes(&[("a", Outcome::Left("it takes long".into()))]), Time(0));
            assert_eq!((erasing.status, erasing.batch.len()), (JobStatus::Running, 1), "no family is too large");
        }
        erasing.take(outcomes(&[("a", Outcome::Done)]), Time(0));
        assert_eq!(erasing.status, JobStatus::Running, "it looks for what began meanwhile");
        erasing.count_erased(&BTreeMap::from([("tokens", 2)]));
        erasing.count_erased(&BTreeMap::from([("tokens", 1), ("secrets", 4)]));
        erasing.goes_on_with(Vec::new(), None, Time(9));
        assert_eq!((erasing.status, erasing.completed_at), (JobStatus::Completed, Some(Time(9))));
        assert_eq!((erasing.done, erasing.erased["tokens"], erasing.erased["secrets"]), (1, 3, 4));
    }

    #[test]
    fn a_cancelled_job_still_counts_the_slice_that_was_under_way() {
        let mut job = job(&["a", "b"], true);
        job.cancel("ben", Time(3));
        job.take(outcomes(&[("a", Outcome::Done), ("b", Outcome::Left("late".into()))]), Time(4));
        assert_eq!((job.status, job.done, job.due_at), (JobStatus::Cancelled, 1, None));
        job.cancel("eve", Time(9));
        assert_eq!((job.completed_at, job.cancelled_by.as_deref()), (Some(Time(3)), Some("ben")));
    }

    #[test]
    fn a_record_keeps_a_few_errors_only() {
        let mut job = job(&[], true);
        let many = (0..100).map(|n| (ExecutionId::from(n.to_string()), Outcome::Refused("c", "m".into())));
        job.take(many.collect(), Time(0));
        assert_eq!((job.refused, job.errors.len()), (100, limits::JOB_ERRORS));
    }
}
