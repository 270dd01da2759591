//! Guards: strongly consistent records of a workflow's executions, for workflows with `overlap` or `max_concurrency`. A
//! guard has a lease, which makes starts go one after the other, and a member for each execution that is under way or
//! held back. Clocks say only when it is worth a try to take a lease over. What keeps two starts apart is the ticket of the
//! lease: the member of a start is written together with the condition that the lease still has its ticket, so that whoever
//! took it over meanwhile either sees that member or has it refused.

use super::{
    Table,
    census::{Alive, Range},
    dynamo::{Written, unbuilt},
    item::{Expression, Item, keyed, number, text, text_of},
    keys,
    leases::Seen,
    needed::with_some_to_spare,
};
use crate::{
    billing::meter::{Purpose, nobodys, of},
    error::drawn,
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use document::{id::WorkflowId, time::Time};
use engine::port::{Admission, Journal, StoreError};
use futures::future::try_join_all;
use std::time::Duration;
use stepwell_core::{
    admission::{keeps_back, looks_around},
    event::InLine,
    execution::{Execution, Status},
    id::ExecutionId,
};

impl Table {
    /// Whether an execution's workflow has a guard and the execution counts in it. Children and skipped starts do not.
    pub(super) async fn is_guarded(&self, state: &Execution) -> Result<bool, StoreError> {
        if state.started.parent.is_some() || state.started.skipped.is_some() {
            return Ok(false);
        }
        // The limit in force at the start may have been another than that of the document. Starts of earlier releases
        // looked at their document alone, and did not record that they looked around.
        if state.started.looked_around {
            return Ok(true);
        }
        let settings = &self.workflow_for(&state.started, &state.started.workflow_hash).await?.settings;
        Ok(looks_around(settings.overlap, settings.max_concurrency))
    }

    /// Makes an execution a member of its guard before its first turn, or before the turn that reopens it, so that no
    /// other start overlooks it.
    pub(super) async fn join(&self, state: &Execution) -> Result<(), StoreError> {
        if !self.is_guarded(state).await? || state.end.is_some() {
            return Ok(());
        }
        self.db.put(of(Purpose::Other, state.id()), member_item(state), Expression::default()).await.map(drop)
    }

    /// The same of a start. Where this process looked around under a lease, the member is written only if nobody has taken
    /// the lease over: else that one might have overlooked it.
    pub(super) async fn join_first(&self, state: &Execution) -> Result<(), StoreError> {
        let started = &state.started;
        let guard = keys::guard(&started.owner, &started.workflow_id);
        let ticket = self.leases.ticket(&guard).filter(|_| started.parent.is_none() && state.end.is_none());
        let Some(ticket) = ticket else { return self.join(state).await };
        if !self.is_guarded(state).await? {
            return Ok(());
        }
        let check = ConditionCheck::builder().table_name(self.db.table()).set_key(Some(keyed(&guard, keys::LOCK)));
        let check = check.condition_expression("#by = :ticket").expression_attribute_names("#by", "by");
        let check = check.expression_attribute_values(":ticket", text(&ticket)).build().map_err(unbuilt)?;
        let writes = vec![
            self.put_where(member_item(state), Expression::default())?,
            TransactWriteItem::builder().condition_check(check).build(),
        ];
        match self.db.transact(of(Purpose::Other, state.id()), writes).await? {
            true => Ok(()),
            false => Err(StoreError::Transient(format!("another start of {} came in between", started.workflow_id))),
        }
    }

    /// Removes the member of a start, or of a turn that reopens an execution, that was not written, unless the one that
    /// was written has the same member.
    pub(super) async fn take_back(&self, late: &Execution) -> Result<(), StoreError> {
        if !self.is_guarded(late).await? {
            return Ok(());
        }
        // A member's key has the start's time, so starts of the same time share their member.
        let there = self.load_lean(late.id()).await?;
        let same = there.is_some_and(|there| there.started_at == late.started_at && there.end.is_none());
        if same { Ok(()) } else { self.release(late).await }
    }

    /// Brings the guard up to date after a commit that let an execution in, ended it or reopened it. A failure is only
    /// logged, since whoever reads the guard looks its members up.
    pub(super) async fn settle_guard(&self, before: Option<&Execution>, after: &Execution) {
        let admitted = before.is_some_and(|before| before.held) && !after.held;
        let ended = before.is_some_and(|before| before.end.is_none()) && after.end.is_some();
        let reopened = before.is_some_and(|before| reopens(before, after));
        if !admitted && !ended && !reopened {
            return;
        }
        let settled = async {
            match self.is_guarded(after).await? {
                false => Ok(()),
                true if ended => self.release(after).await,
                // Who looked it up before the turn was written found an execution that had ended, and removed it.
                true if reopened => self.join(after).await,
                true => {
                    let (partition, sort) = place(after);
                    self.let_in(&partition, &sort).await
                }
            }
        };
        if let Err(error) = settled.await {
            tracing::warn!(%error, execution = %after.id(), "its guard is late: the next start finds out");
        }
    }

    /// Removes an execution from its guard, if it has one.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn release(&self, state: &Execution) -> Result<(), StoreError> {
        let (partition, sort) = place(state);
        self.db.delete(nobodys(Purpose::Other), &partition, &sort, Expression::default()).await.map(drop)
    }

    /// Makes a member that was held back one that is under way.
    pub(super) async fn let_in(&self, partition: &str, sort: &str) -> Result<(), StoreError> {
        let there = Expression::new("attribute_exists(pk)");
        self.db.update(nobodys(Purpose::Other), (partition, sort), "REMOVE h", there).await.map(drop)
    }

    /// Takes the census under a lease of its own.
    pub(super) async fn census_under_lease(
        &self,
        owner: &str,
        workflow: &WorkflowId,
    ) -> Result<(Vec<ExecutionId>, u64), StoreError> {
        let (ticket, _) = self.take_lease(owner, workflow).await?;
        let found = self.census(&keys::guard(owner, workflow), &Range::All).await;
        if let Err(error) = self.leave(owner, workflow, &ticket).await {
            tracing::warn!(%error, %workflow, "the guard could not be given back: its lease ends by itself");
        }
        found
    }

    /// Whether this process entered to start an execution of the workflow, and its lease is over, or too nearly so to
    /// begin a write under it: another start may have looked around meanwhile.
    pub(super) fn lease_is_over(&self, state: &Execution) -> bool {
        let started = &state.started;
        let until = self.leases.until(&keys::guard(&started.owner, &started.workflow_id));
        let needed = self.now().after_seconds(limits::LEASE_LEFT_SECONDS);
        started.parent.is_none() && until.is_some_and(|until| until < needed)
    }

    /// Takes the lease. Returns its ticket, and the time at which it ends.
    async fn take_lease(&self, owner: &str, workflow: &WorkflowId) -> Result<(String, Time), StoreError> {
        let partition = keys::guard(owner, workflow);
        let ticket = uuid::Uuid::now_v7().simple().to_string();
        let mut seen = Seen::default();
        let patience = tokio::time::Instant::now() + Duration::from_secs_f64(limits::ENTER_SECONDS);
        loop {
            let now = self.now();
            let until = now.after_seconds(limits::LEASE_SECONDS);
            let mut item = keyed(&partition, keys::LOCK);
            item.insert("by".into(), text(&ticket));
            item.insert("until".into(), number(until.0));
            item.insert("ttl".into(), number(now.0 / 1_000 + 3_600));
            // The lease is free where nobody has it or it is over. A try whose answer was lost has taken it already.
            let free = Expression::new("attribute_not_exists(pk) OR #until < :now OR #by = :ticket OR #by = :stale")
                .naming("#until", "until")
                .naming("#by", "by")
                .with(":now", number(now.0))
                .with(":stale", text(seen.stale()))
                .with(":ticket", text(&ticket));
            match self.db.put(nobodys(Purpose::Other), item, free).await? {
                Written::Yes => return Ok((ticket, until)),
                Written::No(there) => seen.note(there.as_ref().and_then(|there| text_of(there, "by"))),
            }
            if tokio::time::Instant::now() >= patience {
                let told = format!("many executions of {workflow} are being started at once: try again in a moment");
                return Err(StoreError::Transient(told));
            }
            tokio::time::sleep(Duration::from_secs_f64(0.02 + 0.2 * drawn())).await;
        }
    }
}

#[async_trait]
impl Admission for Table {
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError> {
        let partition = keys::guard(owner, workflow);
        for some in self.members(&partition, &Range::All).await?.chunks(limits::AT_ONCE) {
            let looks = some.iter().map(|member| self.alive(&partition, member));
            let found = try_join_all(looks).await?.into_iter().flatten();
            let mut status = found.map(|alive| match alive {
                Alive::Began(state) => state.status(),
                Alive::Begins => Status::Pending,
            });
            if status.any(|status| statuses.contains(&status)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        let (held, under_way) = self.census(&keys::guard(owner, workflow), &Range::All).await?;
        Ok((held.into_iter().next(), under_way))
    }

    async fn ahead(&self, owner: &str, workflow: &WorkflowId, place: &InLine) -> Result<u64, StoreError> {
        let partition = keys::guard(owner, workflow);
        let mut members = self.members(&partition, &Range::Line(place.line.clone())).await?;
        members.retain(|member| {
            // The key has the line's name as a hash.
            let number = member.in_line.as_ref().map_or(0, |one| one.number);
            keeps_back(&InLine { line: place.line.clone(), number }, member.held, place)
        });
        let mut ahead = 0;
        for some in members.chunks(limits::AT_ONCE) {
            let looks = some.iter().map(|member| self.alive(&partition, member));
            ahead += try_join_all(looks).await?.into_iter().flatten().count() as u64;
        }
        Ok(ahead)
    }

    async fn enter(&self, owner: &str, workflow: &WorkflowId) -> Result<String, StoreError> {
        let (ticket, until) = self.take_lease(owner, workflow).await?;
        self.leases.put(keys::guard(owner, workflow), ticket.clone(), until, self.now());
        Ok(ticket)
    }

    async fn leave(&self, owner: &str, workflow: &WorkflowId, ticket: &str) -> Result<(), StoreError> {
        self.leases.drop(&keys::guard(owner, workflow), ticket);
        let own = Expression::new("#by = :ticket").naming("#by", "by").with(":ticket", text(ticket));
        self.db.delete(nobodys(Purpose::Other), &keys::guard(owner, workflow), keys::LOCK, own).await.map(drop)
    }
}

/// Whether a commit reopens an execution that had ended. It counts again, however many are under way.
pub(super) fn reopens(before: &Execution, after: &Execution) -> bool {
    before.end.is_some() && after.end.is_none()
}

/// The item of an execution's member. It goes by itself long after the execution's deadline: a start that died before its
/// turn leaves one behind, which only the next start of the workflow would remove.
fn member_item(state: &Execution) -> Item {
    let (partition, sort) = place(state);
    let mut item = keyed(&partition, &sort);
    item.insert("ttl".into(), number(with_some_to_spare(state.deadline()).0 / 1_000));
    if state.held {
        item.insert("h".into(), number(1));
    }
    item
}

/// The partition and the sort key of an execution's member.
fn place(state: &Execution) -> (String, String) {
    let started = &state.started;
    let sort = match &started.in_line {
        Some(place) => keys::lined(place, state.started_at, state.id()),
        None => keys::member(state.started_at, state.id()),
    };
    (keys::guard(&started.owner, &started.workflow_id), sort)
}

#[cfg(test)]
mod tests;
