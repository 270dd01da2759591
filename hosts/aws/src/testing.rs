//! Stand-ins for the services beside the table, for tests: they record what they are asked and fail once when told to.

use crate::services::ports::{Alarms, Blobs, Queue, Records};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Page, Secret, Secrets, StoreError, Window};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{effect::Message, execution::Execution, id::ExecutionId, payload::Payload};

/// A task token, and the value with which its task was completed, or the code and message with which it failed.
pub type Told = (String, Result<Value, (String, String)>);

/// Implements every port of this host in memory.
#[derive(Default)]
pub struct Recorder {
    world: Mutex<World>,
}

#[derive(Default)]
struct World {
    calls: usize,
    fail: Option<(usize, StoreError)>,
    messages: Vec<(Message, Option<Time>)>,
    postponed: Vec<(String, u32)>,
    kept: Vec<String>,
    clocks: BTreeMap<String, String>,
    starts: usize,
    stopped: Vec<String>,
    told: Vec<Told>,
    tokens: BTreeMap<(ExecutionId, String), String>,
    callers: BTreeSet<(ExecutionId, String)>,
    held: Vec<ExecutionId>,
    states: BTreeMap<ExecutionId, Arc<Execution>>,
    blobs: BTreeMap<String, Vec<u8>>,
    secrets: BTreeMap<(String, String), Secret>,
}

impl Recorder {
    /// Makes one call fail with that error and do nothing. `call` counts from the next call, which is 1.
    pub fn fail_at(&self, call: usize, error: StoreError) {
        let mut world = self.world();
        world.fail = Some((world.calls + call, error));
    }

    /// The number of calls so far.
    pub fn calls(&self) -> usize {
        self.world().calls
    }

    /// Takes the messages sent since the last call, in order, each with the time before which it is not handed out.
    pub fn take_messages(&self) -> Vec<(Message, Option<Time>)> {
        std::mem::take(&mut self.world().messages)
    }

    /// Messages postponed, each by its receipt handle, with the delay in seconds.
    pub fn postponed(&self) -> Vec<(String, u32)> {
        self.world().postponed.clone()
    }

    /// The bodies of dead letters that were kept.
    pub fn kept(&self) -> Vec<String> {
        self.world().kept.clone()
    }

    /// The clocks that were started: their inputs as JSON, by name.
    pub fn clocks(&self) -> BTreeMap<String, String> {
        self.world().clocks.clone()
    }

    /// How often a clock was to be started, counting those that existed already.
    pub fn starts(&self) -> usize {
        self.world().starts
    }

    /// The names of the clocks that were stopped, in order.
    pub fn stopped(&self) -> Vec<String> {
        self.world().stopped.clone()
    }

    /// The tasks that were completed or failed, in order.
    pub fn told(&self) -> Vec<Told> {
        self.world().told.clone()
    }

    /// Gives the state that the table has of an execution, in the place of the one before.
    pub fn know(&self, state: &Execution) {
        self.world().states.insert(state.id().clone(), Arc::new(state.clone()));
    }

    /// Adds an execution that `max_concurrency` holds back.
    pub fn hold(&self, id: ExecutionId) {
        self.world().held.push(id);
    }

    /// Adds a caller that waits for the end of an execution, by its task token.
    pub fn put_caller(&self, id: &ExecutionId, token: &str) {
        self.world().callers.insert((id.clone(), token.into()));
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        let mut world = self.world();
        world.calls += 1;
        match world.fail.take() {
            Some((at, error)) if at == world.calls => Err(error),
            other => {
                world.fail = other;
                Ok(world)
            }
        }
    }
}

#[async_trait]
impl Queue for Recorder {
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError> {
        self.call()?.messages.extend_from_slice(messages);
        Ok(())
    }

    async fn postpone(&self, receipts: &[(String, u32)]) -> Result<(), StoreError> {
        self.call()?.postponed.extend_from_slice(receipts);
        Ok(())
    }

    async fn keep(&self, bodies: &[String]) -> Result<(), StoreError> {
        self.call()?.kept.extend_from_slice(bodies);
        Ok(())
    }
}

#[async_trait]
impl Alarms for Recorder {
    /// Starts a clock. Another input under a name that is taken is an error, so that tests notice inputs that change.
    async fn start(&self, name: &str, input: &Value) -> Result<(), StoreError> {
        let mut world = self.call()?;
        world.starts += 1;
        let input = input.to_string();
        let before = world.clocks.entry(name.to_owned()).or_insert_with(|| input.clone());
        if *before == input { Ok(()) } else { Err(StoreError::Permanent(format!("another input for {name}"))) }
    }

    async fn stop(&self, name: &str) -> Result<(), StoreError> {
        self.call()?.stopped.push(name.to_owned());
        Ok(())
    }

    async fn complete(&self, token: &str, outcome: Result<Value, (String, String)>) -> Result<(), StoreError> {
        self.call()?.told.push((token.to_owned(), outcome));
        Ok(())
    }
}

#[async_trait]
impl Records for Recorder {
    async fn state(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        Ok(self.call()?.states.get(id).cloned())
    }

    async fn state_now(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        Ok(self.call()?.states.get(id).cloned())
    }

    async fn fetch(&self, _: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError> {
        let world = self.call()?;
        for payload in wanted {
            let bytes = payload.missing().and_then(|blob| world.blobs.get(&blob.sha256));
            let value = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok());
            payload.fetched(value.ok_or_else(|| StoreError::Permanent("a value is not there".into()))?);
        }
        Ok(())
    }

    async fn put_token(&self, id: &ExecutionId, name: &str, token: &str) -> Result<(), StoreError> {
        self.call()?.tokens.insert((id.clone(), name.into()), token.into());
        Ok(())
    }

    async fn get_token(&self, id: &ExecutionId, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.call()?.tokens.get(&(id.clone(), name.to_owned())).cloned())
    }

    async fn remove_token(&self, id: &ExecutionId, name: &str) -> Result<(), StoreError> {
        self.call()?.tokens.remove(&(id.clone(), name.to_owned()));
        Ok(())
    }

    async fn pauses(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        let world = self.call()?;
        let names = world.tokens.keys().filter(|(one, _)| one == id);
        Ok(names.map(|(_, name)| name.clone()).collect())
    }

    async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        let world = self.call()?;
        Ok(world.callers.iter().filter(|(one, _)| one == id).map(|(_, token)| token.clone()).collect())
    }

    async fn remove_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.call()?.callers.remove(&(id.clone(), token.to_owned()));
        Ok(())
    }

    /// Names the executions that are held back, as if there were room for all.
    async fn admissible(&self, _: &Execution) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(self.call()?.held.clone())
    }
}

#[async_trait]
impl Blobs for Recorder {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.call()?.blobs.insert(key.into(), bytes);
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.call()?.blobs.get(key).cloned())
    }

    async fn remove(&self, prefix: &str) -> Result<(), StoreError> {
        self.call()?.blobs.retain(|key, _| !key.starts_with(prefix));
        Ok(())
    }

    async fn remove_one(&self, key: &str) -> Result<(), StoreError> {
        self.call()?.blobs.remove(key);
        Ok(())
    }
}

#[async_trait]
impl Secrets for Recorder {
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        Ok(self.call()?.secrets.get(&(owner.to_owned(), name.to_owned())).cloned())
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.call()?.secrets.insert((owner.into(), name.into()), secret);
        Ok(())
    }

    async fn secret_names(&self, owner: &str, _: &Window) -> Result<Page<String>, StoreError> {
        let called = self.call()?;
        let mut items: Vec<String> =
            called.secrets.keys().filter(|(of, _)| of == owner).map(|(_, name)| name.clone()).collect();
        items.sort_unstable();
        Ok(Page { items, next_cursor: None })
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.call()?.secrets.remove(&(owner.to_owned(), name.to_owned())).is_some())
    }
}
