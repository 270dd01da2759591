//! Guards: strongly consistent records of a workflow's executions, for workflows with `overlap` or `max_concurrency`. A
//! guard has a lease, which makes starts go one after the other, and a member for each execution that is under way or
//! held back. Clocks say only when it is worth a try to take a lease over. What keeps two starts apart is the ticket of the
//! lease: the member of a start is written together with the condition that the lease still has its ticket, so that whoever
//! took it over meanwhile either sees that member or has it refused.

use super::{
    Table,
    dynamo::{Query, Written, unbuilt},
    item::{Expression, Item, keyed, need, number, text, text_of},
    keys,
    leases::Seen,
};
use crate::{
    billing::meter::{Purpose, nobodys, of},
    error::drawn,
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use document::{id::WorkflowId, time::Time};
use engine::{
    line::limit_in_force,
    port::{Admission, Journal, StoreError},
};
use futures::future::try_join_all;
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    admission::{looks_around, room},
    execution::{Execution, Status},
    id::ExecutionId,
};

/// An execution that is under way or, where `held` is true, held back by `max_concurrency`, as far as the guard knows.
struct Member {
    started: Time,
    id: ExecutionId,
    held: bool,
}

impl Member {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let sort = need(item, "sk")?;
        let (started, id) = keys::member_of(sort).ok_or_else(|| {
            StoreError::Permanent(format!("{sort} is no member of a guard: another program wrote it"))
        })?;
        Ok(Self { started, id, held: item.contains_key("h") })
    }
}

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
                true => self.let_in(after.id(), after.started_at, &place(after).0).await,
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
    async fn let_in(&self, id: &ExecutionId, started: Time, partition: &str) -> Result<(), StoreError> {
        let there = Expression::new("attribute_exists(pk)");
        let sort = keys::member(started, id);
        self.db.update(nobodys(Purpose::Other), (partition, &sort), "REMOVE h", there).await.map(drop)
    }

    /// All members of a guard, oldest first.
    async fn members(&self, partition: &str) -> Result<Vec<Member>, StoreError> {
        let keys = Expression::new("pk = :p AND begins_with(sk, :m)")
            .with(":p", text(partition))
            .with(":m", text(keys::MEMBER));
        let query = Query { keys, consistent: true, ..Query::default() };
        let items = self.db.query_all(nobodys(Purpose::Other), query).await?;
        items.iter().map(Member::read).collect()
    }

    /// Looks a member up. One that ended, or did not begin within `BEGIN_SECONDS`, is removed from the guard, which
    /// gives `None`; a younger one may still begin.
    async fn alive(&self, partition: &str, member: &Member) -> Result<Option<Alive>, StoreError> {
        let state = self.load_lean(&member.id).await?;
        match state {
            // A member with another time is of a start that died before this one was made in its place.
            Some(state) if state.end.is_none() && state.started_at == member.started => {
                return Ok(Some(Alive::Began(state)));
            }
            None if self.now() < member.started.after_seconds(limits::BEGIN_SECONDS) => return Ok(Some(Alive::Begins)),
            _ => {}
        }
        let sort = keys::member(member.started, &member.id);
        self.db.delete(nobodys(Purpose::Other), partition, &sort, Expression::default()).await?;
        Ok(None)
    }

    /// Those held back, oldest first, and how many are under way. The oldest of each are looked up, so that nothing that
    /// a crash left behind stands in the way for long.
    async fn census(&self, partition: &str) -> Result<(Vec<ExecutionId>, u64), StoreError> {
        let (held, mut under_way): (Vec<_>, Vec<_>) =
            self.members(partition).await?.into_iter().partition(|member| member.held);
        // Looking up all would cost a load for each execution under way, so the younger ones are believed.
        let checked = under_way.len().min(limits::MEMBERS_CHECKED);
        let looks = under_way.iter().take(checked).map(|member| self.alive(partition, member));
        let mut alive = try_join_all(looks).await?.into_iter().map(|alive| alive.is_some());
        under_way.retain(|_| alive.next().unwrap_or(true));
        let (mut waiting, mut active, mut sure) = (Vec::new(), under_way.len() as u64, false);
        for member in held {
            // Once one is sure to be held back, those behind it wait in any case; each is looked up when it is first.
            if !sure {
                match self.alive(partition, &member).await? {
                    Some(Alive::Began(state)) if !state.held => {
                        self.let_in(&member.id, member.started, partition).await?;
                        active += 1;
                        continue;
                    }
                    Some(Alive::Began(_)) => sure = true,
                    Some(Alive::Begins) => {}
                    None => continue,
                }
            }
            waiting.push(member.id);
        }
        Ok((waiting, active))
    }

    /// The executions held back that may go on now: as many of the oldest as the limit in force has room for. Each is
    /// to be told by `Work::Admit`; telling one twice does no harm. They are counted under the guard's lease, so that no
    /// start comes in between. Where this process starts an execution under a lease, that one serves, since it would
    /// wait for itself.
    ///
    /// # Errors
    /// Where the table does not answer, or others keep the guard.
    pub(crate) async fn next_in_line(
        &self,
        owner: &str,
        workflow: &WorkflowId,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        let guard = keys::guard(owner, workflow);
        // Mostly nobody is held back. That is found out without the lease, for which others would have to wait.
        let Some(oldest) = self.oldest_held(&guard).await? else { return Ok(Vec::new()) };
        let limit = self.limit_in_force(owner, workflow, &oldest).await?;
        let (waiting, under_way) = match self.leases.until(&guard).is_some_and(|until| self.now() < until) {
            true => self.census(&guard).await?,
            false => self.census_under_lease(owner, workflow).await?,
        };
        let room = usize::try_from(room(limit, under_way)).unwrap_or(usize::MAX);
        Ok(waiting.into_iter().take(room).collect())
    }

    /// The oldest member that is held back, as far as the guard knows.
    pub(super) async fn oldest_held(&self, partition: &str) -> Result<Option<ExecutionId>, StoreError> {
        let keys = Expression::new("pk = :p AND begins_with(sk, :m)")
            .with(":p", text(partition))
            .with(":m", text(keys::MEMBER));
        let filter = Expression::new("attribute_exists(h)");
        let mut query = Query { keys, filter, consistent: true, ..Query::default() };
        loop {
            let found = self.db.query(nobodys(Purpose::Other), &query).await?;
            if let Some(item) = found.items.first() {
                return Member::read(item).map(|member| Some(member.id));
            }
            match found.next {
                Some(next) => query.from = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// The limit in force for a workflow, of which `held` is an execution that is held back.
    async fn limit_in_force(
        &self,
        owner: &str,
        workflow: &WorkflowId,
        held: &ExecutionId,
    ) -> Result<Option<u64>, StoreError> {
        let own = match self.load_lean(held).await? {
            Some(state) => self.workflow_for(&state.started, state.workflow_hash()).await?.settings.max_concurrency,
            None => None,
        };
        limit_in_force(self, owner, workflow, own).await
    }

    /// Takes the census under a lease of its own.
    async fn census_under_lease(
        &self,
        owner: &str,
        workflow: &WorkflowId,
    ) -> Result<(Vec<ExecutionId>, u64), StoreError> {
        let (ticket, _) = self.take_lease(owner, workflow).await?;
        let found = self.census(&keys::guard(owner, workflow)).await;
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
        for some in self.members(&partition).await?.chunks(limits::AT_ONCE) {
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
        let (held, under_way) = self.census(&keys::guard(owner, workflow)).await?;
        Ok((held.into_iter().next(), under_way))
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

/// A member that counts.
enum Alive {
    /// The execution has begun and not ended; this is its state.
    Began(Arc<Execution>),
    /// The execution has no turn yet; a start may be about to write it.
    Begins,
}

/// Whether a commit reopens an execution that had ended. It counts again, however many are under way.
pub(super) fn reopens(before: &Execution, after: &Execution) -> bool {
    before.end.is_some() && after.end.is_none()
}

/// The item of an execution's member.
fn member_item(state: &Execution) -> Item {
    let (partition, sort) = place(state);
    let mut item = keyed(&partition, &sort);
    if state.held {
        item.insert("h".into(), number(1));
    }
    item
}

/// The partition and the sort key of an execution's member.
fn place(state: &Execution) -> (String, String) {
    let started = &state.started;
    (keys::guard(&started.owner, &started.workflow_id), keys::member(state.started_at, state.id()))
}

#[cfg(test)]
mod tests;
