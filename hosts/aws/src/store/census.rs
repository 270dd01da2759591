//! Who counts in a guard, and who of those held back may go on: the members of a guard, read and looked up.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, Item, need, text},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use document::{id::WorkflowId, time::Time};
use engine::{
    line::limit_in_force,
    port::{Journal, StoreError},
};
use futures::future::try_join_all;
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{admission::room, event::InLine, execution::Execution, id::ExecutionId};

/// An execution that is under way or, where `held` is true, held back, as far as the guard knows.
pub(super) struct Member {
    /// The sort key.
    pub sort: String,
    /// The time of the start.
    pub started: Time,
    /// The execution.
    pub id: ExecutionId,
    /// Whether it is held back.
    pub held: bool,
    /// Its place in a line, which has the name that the key has.
    pub in_line: Option<InLine>,
}

impl Member {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let sort = need(item, "sk")?;
        let (started, id, in_line) = keys::member_of(sort).ok_or_else(|| {
            StoreError::Permanent(format!("{sort} is no member of a guard: another program wrote it"))
        })?;
        Ok(Self { sort: sort.to_owned(), started, id, held: item.contains_key("h"), in_line })
    }
}

/// Some of a guard's members.
pub(super) enum Range {
    /// All of them.
    All,
    /// Those of one line, by its name.
    Line(String),
}

impl Range {
    fn keys(&self, partition: &str) -> Expression {
        let begin = match self {
            Self::All => keys::MEMBERS.to_owned(),
            Self::Line(name) => keys::line(name),
        };
        Expression::new("pk = :p AND begins_with(sk, :m)").with(":p", text(partition)).with(":m", text(begin))
    }
}

/// A member that counts.
pub(super) enum Alive {
    /// The execution has begun and not ended; this is its state.
    Began(Arc<Execution>),
    /// The execution has no turn yet; a start may be about to write it.
    Begins,
}

impl Table {
    /// The members of a guard that a range of its sort keys has, oldest first.
    pub(super) async fn members(&self, partition: &str, range: &Range) -> Result<Vec<Member>, StoreError> {
        let query = Query { keys: range.keys(partition), consistent: true, ..Query::default() };
        let items = self.db.query_all(nobodys(Purpose::Other), query).await?;
        let mut members = items.iter().map(Member::read).collect::<Result<Vec<_>, _>>()?;
        members.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        Ok(members)
    }

    /// Looks a member up. One that ended, or did not begin within `BEGIN_SECONDS`, is removed from the guard, which
    /// gives `None`; a younger one may still begin.
    pub(super) async fn alive(&self, partition: &str, member: &Member) -> Result<Option<Alive>, StoreError> {
        let state = self.load_lean(&member.id).await?;
        match state {
            // A member with another time is of a start that died before this one was made in its place.
            Some(state) if state.end.is_none() && state.started_at == member.started => {
                return Ok(Some(Alive::Began(state)));
            }
            None if self.now() < member.started.after_seconds(limits::BEGIN_SECONDS) => return Ok(Some(Alive::Begins)),
            _ => {}
        }
        self.db.delete(nobodys(Purpose::Other), partition, &member.sort, Expression::default()).await?;
        Ok(None)
    }

    /// Of those held back all that stand in no line and the first of each line, unless another one of it is under way. Whoever
    /// decides that is looked up.
    async fn first_in_lines(
        &self,
        partition: &str,
        held: Vec<Member>,
        under_way: &[Member],
    ) -> Result<Vec<Member>, StoreError> {
        let (mut first, lined): (Vec<_>, Vec<_>) = held.into_iter().partition(|member| member.in_line.is_none());
        let mut lines = BTreeMap::<String, BTreeMap<(u64, Time), Member>>::new();
        for member in lined {
            let Some(place) = member.in_line.clone() else { continue };
            lines.entry(place.line).or_default().insert((place.number, member.started), member);
        }
        for (line, waiting) in lines {
            let same = under_way.iter().filter(|one| one.in_line.as_ref().is_some_and(|place| place.line == line));
            if self.is_one_alive(partition, same).await? {
                continue;
            }
            for member in waiting.into_values() {
                if self.alive(partition, &member).await?.is_some() {
                    first.push(member);
                    break;
                }
            }
        }
        first.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        Ok(first)
    }

    /// Whether one of these has not ended.
    async fn is_one_alive(&self, partition: &str, members: impl Iterator<Item = &Member>) -> Result<bool, StoreError> {
        for member in members {
            if self.alive(partition, member).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those held back whom no other one of their line keeps back, oldest first, and how many are under way. The oldest of
    /// each are looked up, so that nothing that a crash left behind stands in the way for long.
    pub(super) async fn census(&self, partition: &str, range: &Range) -> Result<(Vec<ExecutionId>, u64), StoreError> {
        let (held, mut under_way): (Vec<_>, Vec<_>) =
            self.members(partition, range).await?.into_iter().partition(|member| member.held);
        let held = self.first_in_lines(partition, held, &under_way).await?;
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
                        self.let_in(partition, &member.sort).await?;
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
            true => self.census(&guard, &Range::All).await?,
            false => self.census_under_lease(owner, workflow).await?,
        };
        let room = usize::try_from(room(limit, under_way)).unwrap_or(usize::MAX);
        Ok(waiting.into_iter().take(room).collect())
    }

    /// Who may go on now that an execution of a line has ended or waits in it: the next of its line, and of others as many
    /// as the limit in force has room for.
    ///
    /// # Errors
    /// As of [`Table::next_in_line`].
    pub(super) async fn next_of_line(&self, state: &Execution, place: &InLine) -> Result<Vec<ExecutionId>, StoreError> {
        let (owner, workflow) = (&state.started.owner, &state.started.workflow_id);
        if self.limit_in_force(owner, workflow, state.id()).await?.is_some() {
            return self.next_in_line(owner, workflow).await;
        }
        let line = Range::Line(place.line.clone());
        Ok(self.census(&keys::guard(owner, workflow), &line).await?.0)
    }

    /// The oldest member that is held back, as far as the guard knows.
    pub(super) async fn oldest_held(&self, partition: &str) -> Result<Option<ExecutionId>, StoreError> {
        let keys = Range::All.keys(partition);
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
}
