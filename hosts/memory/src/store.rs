//! The ports of one execution and of many: journal, lists, admission, agenda, outbox; and the host with its clock.

use crate::{Memory, Record, lists, model};
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::{
    link::Links,
    pieces::Pieces,
    port::{
        Admission, Agenda, Clock, Commit, Delivers, ExecutionFilter, Head, Host, Index, InteractionFilter, Journal,
        Letter, Notifier, Outbox, Page, Secrets, Signer, Store, StoreError, Window,
    },
    prices::Prices,
    proof::Proofs,
};
use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};
use stepwell_core::{
    effect::Effect,
    event::{InLine, Turn},
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId, derive},
    interaction::{channel::ChannelKind, delivery::Told},
    retention::expires_at,
    task::{NodeLog, Report, Task},
};

#[async_trait]
impl Journal for Memory {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        Ok(self.world().executions.get(id).map(|record| record.state.clone()))
    }

    fn keeps_states(&self) -> bool {
        true
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        // States and turns are kept with their values, so offloaded ones need not be kept besides.
        let Commit { turns, state, logs, .. } = commit;
        let first = turns.first().map_or(0, |turn| turn.seq);
        let in_order = turns.iter().zip(first..).all(|(turn, seq)| turn.seq == seq);
        if first == 0 || !in_order || turns.last().map(|turn| turn.seq) != Some(state.seq) {
            return Err(StoreError::Permanent("a commit must hold consecutive turns that end at its state's".into()));
        }
        let mut guard = self.world();
        let world = &mut *guard;
        let id = state.id().clone();
        // The write is conditional: another turn may have been committed since the state was loaded.
        if world.executions.get(&id).map_or(0, |record| record.state.seq) + 1 != first {
            return Err(StoreError::Conflict);
        }
        if world.cut_off.as_ref().is_some_and(|cut| cut.is_due) {
            world.cut_off = None;
            return Err(StoreError::Transient("the process is cut off here".into()));
        }
        if let Some(cut) = &mut world.cut_off {
            cut.is_due = turns.iter().any(cut.after);
        }
        let workflow = world.workflows.get(state.workflow_hash());
        let expires_at = expires_at(&state, workflow.map(|workflow| &**workflow));
        // An execution that has gone on is no longer among those that were let in and have not. One that ended instead
        // is let in anew where it is reopened.
        if !state.held || state.end.is_some() {
            world.admitted.remove(&id);
        }
        world.made += 1;
        let fresh =
            Record { number: world.made, state: state.clone(), turns: Vec::new(), logs: Vec::new(), expires_at };
        let record = world.executions.entry(id).or_insert(fresh);
        record.state = state;
        record.expires_at = expires_at;
        record.turns.extend(turns);
        record.logs.extend(logs.iter().cloned());
        world.wake();
        Ok(())
    }

    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let world = self.world();
        let turns = world.executions.get(id).map_or(&[][..], |record| &record.turns);
        Ok(turns.iter().filter(|turn| turn.seq > after).take(limit).cloned().collect())
    }

    /// Resolves at once where there is such a turn, else at the next commit of any execution, deletion or move of the
    /// clock.
    async fn changed(&self, id: &ExecutionId, seq: u64) {
        let mut asked = false;
        poll_fn(|context| {
            let mut world = self.world();
            let is_newer = world.executions.get(id).is_some_and(|record| record.state.seq > seq);
            if is_newer || asked {
                return Poll::Ready(());
            }
            asked = true;
            world.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        let world = self.world();
        let logs = world.executions.get(id).map_or(&[][..], |record| &record.logs);
        let numbered: Vec<_> = logs.iter().enumerate().collect();
        lists::page(&numbered, window, |(at, _)| vec![*at as i64], |(_, log)| (*log).clone())
    }

    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let mut world = self.world();
        match world.executions.get(id) {
            None => return Ok(()),
            Some(record) if record.state.end.is_none() => return Err(StoreError::Conflict),
            Some(_) => {}
        }
        let mut family = vec![id.clone()];
        while let Some(id) = family.pop() {
            world.executions.remove(&id);
            world.timers.retain(|(owner, ..), _| *owner != id);
            world.dead.retain(|letter| letter.message.execution != id);
            world.callers.remove(&id);
            world.admitted.remove(&id);
            let is_child = |state: &Execution| state.started.parent.as_ref().is_some_and(|one| one.execution_id == id);
            let children = world.executions.values().filter(|record| is_child(&record.state));
            family.extend(children.map(|record| record.state.id().clone()));
        }
        world.wake();
        Ok(())
    }
}

#[async_trait]
impl Index for Memory {
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError> {
        let world = self.world();
        let mut found: Vec<_> = world.executions.values().filter(|one| lists::matches(filter, &one.state)).collect();
        found.sort_by_key(|record| std::cmp::Reverse(record.number));
        let head = |record: &&Record| Head { id: record.state.id().clone(), status: record.state.status() };
        lists::page(&found, window, |record| vec![i64::MAX - record.number as i64], head)
    }

    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError> {
        Ok(self.world().executions.values().filter(|one| lists::matches(filter, &one.state)).count() as u64)
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        let world = self.world();
        let mut found = Vec::new();
        for record in world.executions.values() {
            let numbered = record.state.interactions.iter().enumerate();
            let is_below = |ancestor: &ExecutionId| world.is_below(&record.state, ancestor);
            let matching = numbered.filter(|(_, one)| lists::asks(filter, &record.state, one, is_below));
            found.extend(matching.map(|(at, one)| {
                let deadline = one.deadline.map_or(i64::MAX, |deadline| deadline.0);
                (vec![deadline, one.created_at.0, record.number as i64, at as i64], (record.state.id(), one))
            }));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let item = |(_, (id, one)): &(Vec<i64>, (&ExecutionId, &Arc<stepwell_core::interaction::Interaction>))| {
            ((*id).clone(), one.interaction_id.clone())
        };
        lists::page(&found, window, |(key, _)| key.clone(), item)
    }

    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        let world = self.world();
        let found = world.executions.values().find(|one| one.state.interaction(interaction.as_str()).is_some());
        Ok(found.map(|record| record.state.id().clone()))
    }
}

#[async_trait]
impl Admission for Memory {
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError> {
        let (owner, workflow_id) = (owner.to_owned(), Some(workflow.clone()));
        let statuses = statuses.to_vec();
        Ok(self.count(&ExecutionFilter { owner, workflow_id, statuses, ..ExecutionFilter::default() }).await? > 0)
    }

    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        Ok(self.world().held(owner, workflow))
    }

    async fn ahead(&self, owner: &str, workflow: &WorkflowId, place: &InLine) -> Result<u64, StoreError> {
        Ok(self.world().ahead(owner, workflow, place))
    }
}

#[async_trait]
impl Agenda for Memory {
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let world = self.world();
        let mut found: Vec<_> = world
            .executions
            .values()
            .filter_map(|one| Some((one.state.times_out_at()?, one.number, one.state.id().clone())))
            .filter(|(at, ..)| *at <= now)
            .collect();
        found.sort();
        Ok(found.into_iter().take(limit).map(|(.., id)| id).collect())
    }

    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let world = self.world();
        let due =
            world.executions.values().filter_map(|one| Some((one.expires_at?, one.number, one.state.id().clone())));
        let mut found: Vec<_> = due.filter(|(at, ..)| *at <= now).collect();
        found.sort();
        Ok(found.into_iter().take(limit).map(|(.., id)| id).collect())
    }
}

#[async_trait]
impl Outbox for Memory {
    fn delivers(&self) -> Delivers {
        Delivers::AfterCommit
    }

    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        let mut world = self.world();
        effects.iter().for_each(|effect| world.deliver(execution, effect));
        Ok(())
    }

    async fn let_in(&self, owner: &str, workflow: &WorkflowId) -> Result<(), StoreError> {
        self.world().admit(owner, workflow);
        Ok(())
    }

    async fn keep_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        let mut world = self.world();
        let callers = world.callers.entry(id.clone()).or_default();
        if !callers.iter().any(|one| one == token) {
            callers.push(token.into());
        }
        Ok(())
    }
}

#[async_trait]
impl Clock for Memory {
    fn now(&self) -> Time {
        self.clock.map_or_else(|| self.world().now, |clock| clock())
    }

    /// Never ends: the ports of this host answer at once, so no work beside it can be late.
    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }

    fn time_left(&self) -> Option<Duration> {
        (self.time_left)()
    }

    fn new_id(&self) -> ExecutionId {
        let mut world = self.world();
        world.made += 1;
        derive(&["memory", &world.made.to_string()]).into()
    }
}

#[async_trait]
impl Host for Memory {
    fn store(&self) -> &dyn Store {
        self
    }

    fn secrets(&self) -> &dyn Secrets {
        self
    }

    fn outbox(&self) -> &dyn Outbox {
        self
    }

    async fn run(&self, task: &Task) -> Report {
        let report = (self.runner)(task);
        let speaker = self.pieces.as_ref().and_then(|pieces| pieces.speaker(&task.idempotency_key));
        speaker.iter().for_each(|speaker| model::speak(speaker, &report));
        report
    }

    fn longest_attempt(&self) -> Option<f64> {
        self.longest_attempt
    }

    fn tokens_name_groups(&self) -> bool {
        self.tokens_name_groups
    }

    fn prices(&self) -> Option<&Prices> {
        Some(&self.prices)
    }

    fn pieces(&self) -> Option<&Pieces> {
        self.pieces.as_ref()
    }

    fn proofs(&self) -> Option<&Proofs> {
        Some(&self.proofs)
    }

    fn links(&self) -> Option<&Links> {
        self.links.as_ref()
    }

    fn notifier(&self) -> Option<&dyn Notifier> {
        self.teller.is_some().then_some(self as &dyn Notifier)
    }

    fn signer(&self) -> Option<&dyn Signer> {
        self.signer.as_deref()
    }
}

#[async_trait]
impl Notifier for Memory {
    fn unconfigured(&self, _: ChannelKind) -> Option<String> {
        None
    }

    async fn send(&self, letter: &Letter) -> Told {
        match &self.teller {
            Some(teller) => teller(letter),
            None => Told::Refused { error: "this host sends no messages".into() },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::{
        pin::pin,
        task::{Context, Waker},
    };
    use stepwell_core::{command::Command, decide::decide, event::Started};

    /// What a future gives that waits for nothing, as all of this host but `changed` do.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!("the host in memory waits for nothing"),
        }
    }

    #[test]
    fn nothing_of_a_deleted_execution_is_left_behind() {
        let document = json!({"id": "w", "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []});
        let workflow = document::parse(&document).unwrap().workflow;
        let started =
            Started { skipped: Some("another runs".into()), ..Started::new("e".into(), &workflow, json!({}), Time(0)) };
        let decided = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap();
        let host = Memory::new(Time(0));
        let (turns, state) = (decided.turn.into_iter().collect(), Arc::new(decided.state));
        let commit = Commit {
            turns,
            before: None,
            state,
            effects: vec![],
            logs: Arc::default(),
            blobs: vec![],
            acks: vec![],
            due: None,
        };
        let id = ExecutionId::from("e");
        at_once(host.commit(commit)).unwrap();
        at_once(host.keep_caller(&id, "a token")).unwrap();
        host.world().admitted.insert(id.clone());
        at_once(host.delete(&id)).unwrap();
        let world = host.world();
        assert!(world.executions.is_empty() && world.callers.is_empty() && world.admitted.is_empty());
    }
}
