//! Jobs over many executions, whose driver dies at any moment: each execution is asked once, and counted once.

use async_trait::async_trait;
use document::{parse, time::Time};
use engine::{
    bulk::{
        begin::{JobRequest, begin, cancel},
        drive::drive,
    },
    port::{
        Action, Catalogue, Clock, Commit, Delivers, ExecutionFilter, Host, Job, JobId, JobStatus, Jobs, Journal,
        Outbox, Page, Secrets, Store, StoreError, Window,
    },
    start::{StartRequest, start},
};
use futures::FutureExt;
use memory::Memory;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::Duration,
};
use stepwell_core::{
    effect::Effect,
    event::Turn,
    execution::{Execution, Status},
    id::ExecutionId,
    task::{NodeLog, Report, Task},
};

/// A process over a host that outlives it. It stands still once it has written so often: nothing comes of any further
/// write. Who drops it then has killed it.
struct Mortal<'a> {
    host: &'a Memory,
    /// Executions for which its store does not answer.
    silent: Vec<ExecutionId>,
    /// How long each of its writes takes.
    each: Duration,
    writes_left: AtomicI64,
    waiting: Mutex<Vec<Waker>>,
}

impl<'a> Mortal<'a> {
    fn new(host: &'a Memory, writes: i64) -> Self {
        Self {
            host,
            silent: Vec::new(),
            each: Duration::ZERO,
            writes_left: AtomicI64::new(writes),
            waiting: Mutex::default(),
        }
    }

    /// One more write, if there is one left.
    async fn write(&self) {
        poll_fn(|context| {
            if self.writes_left.fetch_sub(1, Relaxed) > 0 {
                return Poll::Ready(());
            }
            self.waiting.lock().unwrap().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Goes on for good after it stood still.
    fn goes_on(&self) {
        self.writes_left.store(i64::MAX, Relaxed);
        self.waiting.lock().unwrap().drain(..).for_each(Waker::wake);
    }
}

#[async_trait]
impl Journal for Mortal<'_> {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        match self.silent.contains(id) {
            true => Err(StoreError::Transient("throttled".into())),
            false => self.host.load(id).await,
        }
    }
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.write().await;
        self.host.advance(self.host.now() + self.each);
        self.host.commit(commit).await
    }
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.host.turns(id, after, limit).await
    }
    async fn changed(&self, id: &ExecutionId, seq: u64) {
        self.host.changed(id, seq).await;
    }
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        self.host.logs(id, window).await
    }
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        self.host.delete(id).await
    }
}

#[async_trait]
impl Outbox for Mortal<'_> {
    fn delivers(&self) -> Delivers {
        self.host.delivers()
    }
    async fn deliver(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.write().await;
        self.host.deliver(id, effects).await
    }
    async fn let_in(&self, owner: &str, workflow: &document::id::WorkflowId) -> Result<(), StoreError> {
        self.host.let_in(owner, workflow).await
    }
}

#[async_trait]
impl Jobs for Mortal<'_> {
    async fn job(&self, owner: &str, id: &JobId) -> Result<Option<Job>, StoreError> {
        self.host.job(owner, id).await
    }
    async fn put_job(&self, job: Job) -> Result<Job, StoreError> {
        self.write().await;
        self.host.put_job(job).await
    }
    async fn jobs(&self, owner: &str, window: &Window) -> Result<Page<Job>, StoreError> {
        Jobs::jobs(self.host, owner, window).await
    }
    async fn erase_jobs(&self, owner: &str, but: &JobId) -> Result<u64, StoreError> {
        self.write().await;
        self.host.erase_jobs(owner, but).await
    }
    async fn due_jobs(&self, now: Time, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.host.due_jobs(now, limit).await
    }
}

#[async_trait]
impl Clock for Mortal<'_> {
    fn now(&self) -> Time {
        self.host.now()
    }
    async fn sleep(&self, time: Duration) {
        self.host.sleep(time).await;
    }
    fn new_id(&self) -> ExecutionId {
        self.host.new_id()
    }
}

#[async_trait]
impl Host for Mortal<'_> {
    fn store(&self) -> &dyn Store {
        self.host.store()
    }
    fn secrets(&self) -> &dyn Secrets {
        self.host.secrets()
    }
    fn outbox(&self) -> &dyn Outbox {
        self
    }
    fn journal(&self) -> &dyn Journal {
        self
    }
    fn jobs(&self) -> &dyn Jobs {
        self
    }
    async fn run(&self, task: &Task) -> Report {
        self.host.run(task).await
    }
}

/// An execution that fails where its input says so, again and again.
fn brittle() -> Value {
    json!({"id": "brittle", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "check", "type": "branch",
            "config": {"rules": [{"when": "input.breaks", "port": "yes"}], "default": "fine"}},
        {"id": "no", "type": "fail", "config": {"message": "it breaks"}},
        {"id": "fine", "type": "succeed"}
    ], "edges": [{"from": "start", "to": "check"}, {"from": "check", "port": "yes", "to": "no"},
        {"from": "check", "port": "fine", "to": "fine"}]})
}

/// The start of an execution that breaks, or does not.
fn started(owner: &str, breaks: bool) -> StartRequest {
    StartRequest {
        owner: owner.into(),
        workflow: parse(&brittle()).unwrap().workflow,
        version: 1,
        pinned: false,
        input: json!({ "breaks": breaks }),
        metadata: serde_json::Map::new(),
        started_by: None,
        trigger: None,
        idempotency: None,
        awaited: false,
        in_line: None,
    }
}

/// A host with so many executions of each of these owners, of which every second failed.
async fn host_of(owners: &[&str], each: usize) -> Memory {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap());
    let workflow = parse(&brittle()).unwrap().workflow;
    for owner in owners {
        host.save(owner, &workflow, None, host.now()).await.unwrap();
        for n in 0..each {
            start(&host, started(owner, n % 2 == 0)).await.unwrap();
        }
    }
    host.handle_due().await;
    host
}

fn request(owner: &str) -> JobRequest {
    let filter = ExecutionFilter {
        owner: owner.into(),
        workflow_id: Some("brittle".into()),
        statuses: vec![Status::Failed],
        ..ExecutionFilter::default()
    };
    JobRequest { action: Action::Retry, filter, reason: None, by: "ann@example.com".into(), idempotency: None }
}

/// How often executions were retried: for each number, how many.
fn retried(host: &Memory) -> BTreeMap<u32, usize> {
    let mut found = BTreeMap::new();
    for state in host.all() {
        *found.entry(state.retried).or_insert(0) += 1;
    }
    found
}

fn soon(host: &Memory) -> Time {
    host.now() + Duration::from_secs(60)
}

#[tokio::test]
async fn a_thousand_executions_are_each_retried_once_however_often_the_driver_dies() {
    let host = host_of(&["acme"], 1_000).await;
    let job = begin(&host, request("acme")).await.unwrap();
    assert_eq!((job.matched, job.batch.len()), (500, 100));
    let mut deaths = 0;
    loop {
        // Each driver dies a little later than the one before, and in between what was retried runs and fails again.
        let driver = Mortal::new(&host, 3 + 7 * deaths);
        if drive(&driver, soon(&host)).now_or_never().is_some() {
            break;
        }
        deaths += 1;
        host.handle_due().await;
        assert!(deaths < 1_000, "it comes no further");
    }
    let job = host.job("acme", &job.id).await.unwrap().unwrap();
    assert_eq!((job.status, job.done, job.refused, job.failed), (JobStatus::Completed, 500, 0, 0));
    assert_eq!(retried(&host), BTreeMap::from([(0, 500), (1, 500)]), "after {deaths} deaths");
    assert!(deaths > 5, "only {deaths} died");
    // What the dead had not delivered was delivered by those who came after them: all have failed again.
    host.handle_due().await;
    let failed = host.all().iter().filter(|state| state.status() == Status::Failed).count();
    assert_eq!(failed, 500);
}

#[tokio::test]
async fn two_drivers_at_once_count_and_ask_each_execution_once() {
    // One driver stands still wherever it wrote so often, and goes on when the other has done all.
    for pause in [1, 50, 101, 200, 250] {
        let host = host_of(&["acme"], 400).await;
        let job = begin(&host, request("acme")).await.unwrap();
        let slow = Mortal::new(&host, pause);
        let mut standing = std::pin::pin!(drive(&slow, soon(&host)));
        assert!((&mut standing).now_or_never().is_none(), "it stands still");
        drive(&host, soon(&host)).await.unwrap();
        slow.goes_on();
        (&mut standing).now_or_never().expect("it ends").unwrap();
        let job = host.job("acme", &job.id).await.unwrap().unwrap();
        assert_eq!((job.status, job.done, job.refused), (JobStatus::Completed, 200, 0), "{pause}");
        assert_eq!(retried(&host), BTreeMap::from([(0, 200), (1, 200)]), "{pause}");
    }
}

#[tokio::test]
async fn what_starts_after_a_job_is_not_met() {
    let host = host_of(&["acme"], 2).await;
    let job = begin(&host, request("acme")).await.unwrap();
    host.advance(host.now() + Duration::from_secs(1));
    let later = start(&host, started("acme", true)).await.unwrap();
    host.handle_due().await;
    drive(&host, soon(&host)).await.unwrap();
    assert_eq!(host.job("acme", &job.id).await.unwrap().unwrap().done, 1);
    assert_eq!(host.state(later.id()).unwrap().retried, 0);
}

#[tokio::test]
async fn owners_take_turns_and_a_small_job_does_not_wait_for_a_large_one() {
    let host = host_of(&["large", "small"], 600).await;
    let large = [begin(&host, request("large")).await.unwrap(), begin(&host, request("large")).await.unwrap()];
    let small = begin(&host, request("small")).await.unwrap();
    // Two owners have one slice each, whatever the number of their jobs, before any has a second.
    let driver = Mortal::new(&host, 2 * (100 * 2 + 1));
    assert!(drive(&driver, soon(&host)).now_or_never().is_none());
    let done = async |owner: &str, id: &JobId| host.job(owner, id).await.unwrap().unwrap().done;
    let [one, other] = [done("large", &large[0].id).await, done("large", &large[1].id).await];
    assert_eq!((one + other, done("small", &small.id).await), (100, 100));
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_a_slice_is_under_way_counts_that_slice() {
    let host = host_of(&["acme"], 600).await;
    let job = begin(&host, request("acme")).await.unwrap();
    // The driver has asked the first slice and is about to write it down.
    let driver = Mortal::new(&host, 200);
    let mut driving = std::pin::pin!(drive(&driver, soon(&host)));
    assert!((&mut driving).now_or_never().is_none());
    cancel(&host, "acme", &job.id, "ben@example.com").await.unwrap().unwrap();
    drive(&host, soon(&host)).await.unwrap();
    assert_eq!(retried(&host), BTreeMap::from([(0, 500), (1, 100)]), "nothing more is asked");
    let now = host.job("acme", &job.id).await.unwrap().unwrap();
    assert_eq!((now.status, now.done), (JobStatus::Cancelled, 0));
    driver.goes_on();
    (&mut driving).now_or_never().expect("it ends").unwrap();
    let counted = host.job("acme", &job.id).await.unwrap().unwrap();
    assert_eq!(
        (counted.status, counted.done, counted.cancelled_by.as_deref()),
        (JobStatus::Cancelled, 100, Some("ben@example.com"))
    );
    assert_eq!(retried(&host), BTreeMap::from([(0, 500), (1, 100)]), "nothing more is asked");
}

#[tokio::test]
async fn what_is_gone_or_has_moved_on_is_counted_as_refused() {
    let host = host_of(&["acme"], 6).await;
    let job = begin(&host, request("acme")).await.unwrap();
    let (gone, moved) = (job.batch[0].clone(), job.batch[1].clone());
    host.delete(&gone).await.unwrap();
    let retry =
        stepwell_core::command::Command::Control { control: stepwell_core::command::Control::Retry, reason: None };
    engine::drive::submit(&host, &moved, retry).await.unwrap();
    drive(&host, soon(&host)).await.unwrap();
    let job = host.job("acme", &job.id).await.unwrap().unwrap();
    assert_eq!((job.done, job.refused, job.failed), (1, 2, 0));
    let mut codes: Vec<&str> = job.errors.iter().map(|error| error.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["moved_on", "not_found"]);
    assert_eq!(host.state(&moved).unwrap().retried, 1);
}

#[tokio::test]
async fn what_the_store_does_not_answer_for_is_asked_again_and_given_up_in_the_end() {
    for given_up in [false, true] {
        let host = host_of(&["acme"], 300).await;
        let job = begin(&host, request("acme")).await.unwrap();
        let mut driver = Mortal::new(&host, i64::MAX);
        driver.silent = job.batch[..2].to_vec();
        // The rest of the slice is done, and the next one waits for those two.
        drive(&driver, soon(&host)).await.unwrap();
        let now = async || host.job("acme", &job.id).await.unwrap().unwrap();
        assert_eq!((now().await.done, now().await.tries, now().await.batch.len()), (98, 1, 2));
        assert!(now().await.waits.unwrap().contains("throttled"));
        if !given_up {
            driver.silent.clear();
        }
        for _ in 0..engine::limits::JOB_TRIES {
            host.advance(host.now() + Duration::from_secs(60));
            drive(&driver, soon(&host)).await.unwrap();
        }
        let (done, failed) = if given_up { (148, 2) } else { (150, 0) };
        let job = now().await;
        assert_eq!((job.status, job.done, job.failed, job.waits), (JobStatus::Completed, done, failed, None));
        assert!(job.errors.iter().all(|error| error.code == "unavailable") && job.errors.len() == failed as usize);
    }
}

#[tokio::test]
async fn a_slow_store_makes_slices_smaller_and_none_of_them_futile() {
    let host = host_of(&["acme"], 300).await;
    let job = begin(&host, request("acme")).await.unwrap();
    let mut driver = Mortal::new(&host, i64::MAX);
    driver.each = Duration::from_secs(1);
    let slice = || host.now() + engine::bulk::drive::EACH;
    drive(&driver, slice()).await.unwrap();
    let now = async || host.job("acme", &job.id).await.unwrap().unwrap();
    let asked = engine::limits::JOB_ASKED;
    assert_eq!((now().await.done, now().await.batch.len(), now().await.tries), (asked as u64, 100 - asked, 0));
    for _ in 0..15 {
        drive(&driver, slice()).await.unwrap();
    }
    let job = now().await;
    assert_eq!((job.status, job.done, job.failed), (JobStatus::Completed, 150, 0));
    assert_eq!(retried(&host), BTreeMap::from([(0, 150), (1, 150)]));
}
