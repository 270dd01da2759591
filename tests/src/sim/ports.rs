//! The ports of the simulated host. Each call may fail, before or after it takes effect, or be the last of its process.

use super::{script, world::SimHost};
use async_trait::async_trait;
use document::{Workflow, id::WorkflowId, schedule::Scheduled, time::Time};
use engine::port::{
    Admission, Agenda, Ahead, Catalogue, Clock, Commit, Delivers, ExecutionFilter, Head, Host, Index,
    InteractionFilter, Journal, Letter, Notifier, Outbox, Page, SavedWorkflow, Schedules, Secrets, Store, StoreError,
    Window,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use stepwell_core::{
    effect::Effect,
    event::{InLine, Turn},
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId},
    interaction::{channel::ChannelKind, delivery::Told},
    payload::Payload,
    task::{NodeLog, Report, Task},
};

/// Bytes beyond which a value is offloaded: so few that a number stays inline and a list does not.
const OFFLOADED_BYTES: usize = 9;

/// Seconds after which a process is taken to be over that goes ahead: longer than any node of a simulation may take.
const PROCESS_SECONDS: f64 = 60.0;

/// What goes wrong with one port call.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    CrashBefore,
    CrashAfter,
    ErrorBefore,
    ErrorAfter,
}

impl SimHost {
    /// Counts a call, and draws the fault that it meets.
    fn draw(&self) -> Fault {
        let mut world = self.world();
        world.calls += 1;
        let (call, faults) = (world.calls, world.faults);
        let die = world.rng.below(1000);
        let after = world.rng.percent(50);
        let fault = match faults.at_call {
            Some((at, true)) if at == call => Fault::CrashAfter,
            Some((at, false)) if at == call => Fault::CrashBefore,
            _ if die < faults.crashes && after => Fault::CrashAfter,
            _ if die < faults.crashes => Fault::CrashBefore,
            _ if die < faults.crashes + faults.errors && after => Fault::ErrorAfter,
            _ if die < faults.crashes + faults.errors => Fault::ErrorBefore,
            _ => Fault::None,
        };
        world.faults_injected += u64::from(fault != Fault::None);
        fault
    }

    /// Lets the process die: the call never returns, and the driver drops the handler that made it.
    async fn die(&self) {
        self.world().crashed = true;
        std::future::pending::<()>().await;
    }

    /// Makes one call of a port around its effect, which other handlers may come before.
    pub(super) async fn call<T>(&self, effect: impl FnOnce() -> Result<T, StoreError> + Send) -> Result<T, StoreError>
    where
        T: Send,
    {
        let _under_way = UnderWay::of(self);
        Turns(false).await;
        let fault = self.draw();
        match fault {
            Fault::CrashBefore => self.die().await,
            Fault::ErrorBefore => return Err(StoreError::Transient("injected, nothing was done".into())),
            _ => {}
        }
        let result = effect();
        match fault {
            Fault::CrashAfter => self.die().await,
            Fault::ErrorAfter => return Err(StoreError::Transient("injected, it was done".into())),
            _ => {}
        }
        result
    }
}

/// Counts a call as under way until this is dropped, which happens even where the handler dies.
struct UnderWay<'a>(&'a SimHost);

impl<'a> UnderWay<'a> {
    fn of(host: &'a SimHost) -> Self {
        let (now, most) = &mut host.world().under_way;
        *now += 1;
        *most = (*now).max(*most);
        Self(host)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.world().under_way.0 -= 1;
    }
}

/// Is pending once, so that the driver may poll another handler in between.
struct Turns(bool);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The error of a call that no handler makes under simulation.
pub(super) fn unused<T>(what: &str) -> Result<T, StoreError> {
    Err(StoreError::Permanent(format!("no handler under simulation asks for {what}")))
}

#[async_trait]
impl Journal for SimHost {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.call(|| Ok(self.world().fold(id).map(Arc::new))).await
    }

    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.call(|| Ok(self.world().fold_lean(id).map(Arc::new))).await
    }

    async fn fetch(&self, _: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        self.call(|| {
            self.world().fetch(payloads.iter().copied());
            Ok(())
        })
        .await
    }

    /// Without delivery in the commit nearly every value is offloaded, so that a handler which forgets to fetch one
    /// fails.
    fn inline_bytes(&self) -> usize {
        match self.world().delivers {
            Delivers::InCommit => engine::limits::INLINE_BYTES,
            Delivers::AfterCommit => OFFLOADED_BYTES,
        }
    }

    /// A host that is the only writer has states in memory.
    fn keeps_states(&self) -> bool {
        self.world().delivers == Delivers::InCommit
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.call(|| self.world().write(&commit)).await
    }

    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.call(|| {
            let world = self.world();
            let turns = world.journals.get(id).map_or(&[][..], Vec::as_slice);
            Ok(turns.iter().filter(|turn| turn.seq > after).take(limit).cloned().collect())
        })
        .await
    }

    async fn changed(&self, _: &ExecutionId, _: u64) {}

    async fn logs(&self, _: &ExecutionId, _: &Window) -> Result<Page<NodeLog>, StoreError> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }

    async fn delete(&self, _: &ExecutionId) -> Result<(), StoreError> {
        unused("a deletion")
    }
}

#[async_trait]
impl Index for SimHost {
    async fn executions(&self, _: &ExecutionFilter, _: &Window) -> Result<Page<Head>, StoreError> {
        unused("a list")
    }

    async fn count(&self, _: &ExecutionFilter) -> Result<u64, StoreError> {
        unused("a count")
    }

    async fn interactions(
        &self,
        _: &InteractionFilter,
        _: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        unused("interactions")
    }

    async fn asks(&self, _: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        unused("who asks")
    }
}

#[async_trait]
impl Admission for SimHost {
    async fn another(&self, _: &str, _: &WorkflowId, _: &[Status]) -> Result<bool, StoreError> {
        unused("others")
    }

    async fn held(&self, _: &str, _: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        unused("held executions")
    }

    async fn ahead(&self, _: &str, _: &WorkflowId, _: &InLine) -> Result<u64, StoreError> {
        unused("lines")
    }
}

#[async_trait]
impl Agenda for SimHost {
    async fn timed_out(&self, _: Time, _: usize) -> Result<Vec<ExecutionId>, StoreError> {
        unused("timeouts")
    }

    async fn expired(&self, _: Time, _: usize) -> Result<Vec<ExecutionId>, StoreError> {
        unused("expiries")
    }
}

#[async_trait]
impl Catalogue for SimHost {
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        self.call(|| Ok(self.world().workflows.get(hash).cloned())).await
    }

    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        self.world().keep(workflow);
        Ok(())
    }

    async fn save(&self, _: &str, _: &Arc<Workflow>, _: Option<u64>, _: Time) -> Result<(u64, bool), StoreError> {
        unused("a save")
    }

    async fn saved(&self, _: &str, id: &str, _: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        self.call(|| {
            let world = self.world();
            Ok(world.saved.get(id).map(|workflow| SavedWorkflow {
                id: workflow.id.clone(),
                version: 1,
                hash: workflow.hash.clone(),
                document: workflow.document.clone(),
                saved_at: world.now,
                deleted: false,
            }))
        })
        .await
    }

    async fn list(&self, _: &str, _: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        unused("workflows")
    }

    async fn erase_workflows(&self, _: &str) -> Result<u64, StoreError> {
        unused("an erasure")
    }

    async fn delete_workflow(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a deletion")
    }
}

#[async_trait]
impl Schedules for SimHost {
    async fn due_schedules(&self, _: Time, _: usize) -> Result<Vec<Scheduled>, StoreError> {
        unused("schedules")
    }

    async fn advance_schedule(&self, _: &Scheduled, _: Option<Time>, _: Option<String>) -> Result<(), StoreError> {
        unused("a schedule")
    }
}

#[async_trait]
impl Outbox for SimHost {
    fn delivers(&self) -> Delivers {
        self.world().delivers
    }

    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        for effect in effects {
            self.call(|| {
                self.world().apply_all(execution, std::slice::from_ref(effect));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn let_in(&self, _: &str, _: &WorkflowId) -> Result<(), StoreError> {
        unused("a line")
    }
}

#[async_trait]
impl Clock for SimHost {
    fn now(&self) -> Time {
        self.time()
    }

    /// Never ends: a simulated process that takes too long is one that dies, which is simulated by itself.
    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }

    fn new_id(&self) -> ExecutionId {
        super::root_id()
    }
}

#[async_trait]
impl Host for SimHost {
    fn store(&self) -> &dyn Store {
        self
    }

    fn secrets(&self) -> &dyn Secrets {
        self
    }

    fn outbox(&self) -> &dyn Outbox {
        self
    }

    fn notifier(&self) -> Option<&dyn Notifier> {
        Some(self)
    }

    fn ahead(&self) -> Option<Ahead> {
        let world = self.world();
        let whole = Duration::from_secs_f64(PROCESS_SECONDS);
        let goes = world.goes_ahead && world.delivers == Delivers::AfterCommit;
        goes.then(|| Ahead { until: world.now.after_seconds(PROCESS_SECONDS), left: whole, whole })
    }

    async fn run(&self, task: &Task) -> Report {
        Turns(false).await;
        let fault = self.draw();
        if fault == Fault::CrashBefore {
            self.die().await;
        }
        let (asked, key) = self.world().outside.asked(task);
        let answers = self.world().answers.clone();
        let report = answers.map_or_else(|| script::answer(task, asked, key), |answers| answers(task));
        if fault == Fault::CrashAfter {
            self.die().await;
        }
        report
    }
}

#[async_trait]
impl Notifier for SimHost {
    fn unconfigured(&self, _: ChannelKind) -> Option<String> {
        None
    }

    async fn send(&self, letter: &Letter) -> Told {
        Turns(false).await;
        let fault = self.draw();
        if fault == Fault::CrashBefore {
            self.die().await;
        }
        let told = self.world().outside.told(letter);
        if fault == Fault::CrashAfter {
            self.die().await;
        }
        told
    }
}
