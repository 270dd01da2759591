//! Drives the AWS host through one execution: hands out messages, answers interactions, moves the clock, calls the
//! supervisor, and replaces processes that die.

use super::World;
use crate::{
    generate::Case,
    oracle::normal,
    sim::{Fate, answer, parsed},
};
use ::aws::Aws;
use document::time::Time;
use engine::{
    drive::submit,
    past::RanBy,
    port::{Clock, ExecutionFilter, Host, InteractionFilter, StoreError, Window},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use stepwell_core::{
    command::Command,
    event::Started,
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    interaction::InteractionStatus,
    invariant,
};

/// Rounds after which a run counts as one that never ends.
const ROUNDS: usize = 3_000;
/// The task token of the caller that starts the execution and waits for its end.
const CALLER: &str = "the caller's";
/// The time at which the supervisor stops: it always does all there is.
const NEVER: Time = Time(i64::MAX);
/// Seconds between two visits of the supervisor.
const MINUTE: f64 = 60.0;

/// A generated case with a name.
pub struct Scenario {
    /// The name by which a failed run is told.
    pub name: String,
    /// What runs.
    pub case: Case,
}

/// One execution, driven from its start until it and all its children have ended.
pub struct Run<'a> {
    world: &'a World,
    id: ExecutionId,
    owner: String,
    /// Whether people answer an interaction before its pause is opened.
    hasty: bool,
    /// The processes of the step function, the API, the callback function and the supervisor. Each dies alone.
    step: Aws,
    api: Aws,
    callback: Aws,
    supervisor: Aws,
    /// A process that reads for the test, and meets no fault.
    observer: Aws,
}

impl Scenario {
    /// Gives a case a name.
    pub fn new(name: &str, case: Case) -> Self {
        Self { name: name.into(), case }
    }
}

impl<'a> Run<'a> {
    /// Runs a scenario until everything has ended, then inspects what is left. Each `number` gets an owner of its own;
    /// odd ones have people who answer in haste.
    ///
    /// # Errors
    /// Says what is not as it should be.
    pub async fn of(world: &'a World, scenario: &Scenario, number: u64) -> Result<Fate, String> {
        let told = |error| format!("{}: {error}", scenario.name);
        let mut run = Self::begun(world, scenario, number).await.map_err(told)?;
        run.finish().await.map_err(told)
    }

    /// A scenario that was started, and has not gone on.
    ///
    /// # Errors
    /// Its documents could not be saved.
    pub async fn begun(world: &'a World, scenario: &Scenario, number: u64) -> Result<Self, String> {
        let id = ExecutionId::from(uuid::Uuid::now_v7().to_string());
        let mut run = Self::taken_up(world, id, format!("owner-{number}"), number % 2 == 1);
        world.services.forget();
        run.prepare(scenario).await.map_err(|error| format!("preparing: {error}"))?;
        run.start(scenario).await;
        Ok(run)
    }

    /// An execution that lies in the world already, with processes that know nothing of it.
    pub fn taken_up(world: &'a World, id: ExecutionId, owner: String, hasty: bool) -> Self {
        let [step, callback, supervisor, observer] = [true; 4].map(|behind| world.host(behind, 1));
        Self { world, id, owner, hasty, step, api: world.host(false, 1), callback, supervisor, observer }
    }

    /// Goes on until everything has ended, then inspects what is left.
    ///
    /// # Errors
    /// Says what is not as it should be.
    pub async fn finish(&mut self) -> Result<Fate, String> {
        let fate = self.until_the_end().await?;
        self.world.wire.quietly(self.inspect()).await.map(|()| fate)
    }

    /// The execution, and its owner.
    pub fn about(&self) -> (ExecutionId, String) {
        (self.id.clone(), self.owner.clone())
    }

    /// The status of the execution.
    pub async fn status(&self) -> Option<Status> {
        self.state(&self.id).await.map(|state| state.status())
    }

    /// Saves the documents that the scenario starts, without faults: they are not what is tested.
    async fn prepare(&self, scenario: &Scenario) -> Result<(), StoreError> {
        let saved = async {
            for document in scenario.case.saved.iter().chain([&scenario.case.document]) {
                self.observer.catalogue().save(&self.owner, &parsed(document), None, self.observer.now()).await?;
            }
            Ok(())
        };
        self.world.wire.quietly(saved).await
    }

    /// Starts the execution.
    async fn start(&mut self, scenario: &Scenario) {
        let workflow = parsed(&scenario.case.document);
        let now = self.observer.now();
        let mut started = Started::new(self.id.clone(), &workflow, scenario.case.input.clone(), now);
        started.owner = self.owner.clone();
        started.started_by = Some("someone@example.com".into());
        started.awaited = true;
        // A caller whose request failed or was cut off asks again.
        while self.state(&self.id).await.is_none() {
            if let Some(Err(_)) | None = self.living(self.api.outbox().keep_caller(&self.id, CALLER)).await {
                self.api = self.world.host(false, 1);
                continue;
            }
            self.ask(self.id.clone(), Command::Start(Box::new(started.clone()))).await;
        }
    }

    /// Goes on round by round until everything has ended.
    async fn until_the_end(&mut self) -> Result<Fate, String> {
        for _ in 0..ROUNDS {
            if !self.round().await? {
                return self.fate().await;
            }
        }
        Err(format!("it goes nowhere in {ROUNDS} rounds: {:#?}", self.state(&self.id).await.map(|it| it.nodes.clone())))
    }

    /// Lets one thing happen. False once everything has ended.
    ///
    /// # Errors
    /// What happened could not happen.
    pub async fn round(&mut self) -> Result<bool, String> {
        let services = self.world.services.clone();
        let deliveries = services.take(10);
        if !deliveries.is_empty() {
            let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt).collect();
            self.world.begin(&self.step);
            match self.living(engine::step::handle(&self.step, &deliveries)).await {
                Some(verdicts) => services.obey(receipts.into_iter().zip(verdicts).collect()),
                None => self.step = self.world.host(true, 1),
            }
            return Ok(true);
        }
        // No message is due: people and the wait state machine have their turn, then the clock moves on. Only where
        // nothing is on its way at all does the supervisor come.
        let any = match self.hasty {
            true => self.people().await || self.open().await,
            false => self.open().await || self.people().await,
        };
        if any {
            return Ok(true);
        }
        if let Some(next) = services.next_visible() {
            services.advance(next);
            return Ok(true);
        }
        if self.all_ended().await {
            return Ok(false);
        }
        services.advance(services.now().after_seconds(MINUTE));
        self.supervise().await;
        Ok(true)
    }

    /// Answers interactions and signals events that are awaited, two of them at most. False where there are none.
    async fn people(&mut self) -> bool {
        let mut asked = Vec::new();
        for state in self.states().await {
            let id = state.id().clone();
            for one in state.open_interactions() {
                let command =
                    Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(answer(one)) };
                asked.push((id.clone(), command));
            }
            let awaited = state.nodes.values().find_map(|node| match &node.phase {
                Phase::Waiting { event: Some(event), .. } => Some(event.clone()),
                _ => None,
            });
            asked.extend(awaited.map(|name| (id, Command::Signal { name, data: json!({ "v": 7 }).into() })));
        }
        // Where all is refused nothing moves but the clock: a request may come too late by its own clock, and the message
        // that ends the wait too early by another.
        let mut any = false;
        for (id, command) in asked.into_iter().take(2) {
            any |= !self.ask(id, command).await;
        }
        any
    }

    /// Does what the wait state machine does when a pause begins: asks the callback function to open it, and asks again
    /// after a failure. False where no pause is to be opened.
    async fn open(&mut self) -> bool {
        let Some(opening) = self.world.services.opening() else { return false };
        match self.living(self.callback.open(&opening.execution, &opening.interaction, &opening.token)).await {
            Some(Ok(())) => self.world.services.opened(&opening.interaction),
            Some(Err(_)) => {}
            None => self.callback = self.world.host(true, 1),
        }
        true
    }

    /// Submits a command through the API, once, and says whether it was refused. A process that dies over it is replaced.
    async fn ask(&mut self, id: ExecutionId, command: Command) -> bool {
        match self.living(submit(&self.api, &id, command)).await {
            Some(Ok(Some(done))) => done.replies.iter().all(Result::is_err),
            Some(_) => false,
            None => {
                self.api = self.world.host(false, 1);
                false
            }
        }
    }

    /// Lets the supervisor look after what is due. A process that dies over it is replaced.
    async fn supervise(&mut self) {
        if self.living(engine::supervise::look_after(&self.supervisor, NEVER)).await.is_none() {
            self.supervisor = self.world.host(true, 1);
        }
    }

    /// The result of a job; None where its process dies before there is one.
    async fn living<T>(&self, job: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = job => Some(done),
            () = self.world.wire.crash() => None,
        }
    }

    async fn state(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        self.world.wire.quietly(self.observer.journal().load(id)).await.expect("the observer meets no fault")
    }

    /// The states of the execution and of all that messages were ever sent to, its children among them.
    async fn states(&self) -> Vec<Arc<Execution>> {
        let mut states = Vec::new();
        let ids: BTreeSet<_> = self.world.services.receivers().into_iter().chain([self.id.clone()]).collect();
        for id in ids {
            states.extend(self.state(&id).await);
        }
        states
    }

    async fn all_ended(&self) -> bool {
        self.states().await.iter().all(|state| state.end.is_some())
    }

    /// How the execution ended.
    async fn fate(&self) -> Result<Fate, String> {
        let root = self.state(&self.id).await.ok_or("nothing was started")?;
        let output = root.output.as_ref().and_then(|output| output.value()).map(normal).unwrap_or_default();
        Ok(Fate { status: root.status(), output, code: root.error.as_ref().map(|error| error.code.clone()) })
    }

    /// Checks that once the supervisor has come by nothing is left over, and that lists, interactions, marks and tokens
    /// are as they would be without faults.
    async fn inspect(&self) -> Result<(), String> {
        let services = &self.world.services;
        let told = |error: StoreError| error.to_string();
        for _ in 0..3 {
            services.advance(services.now().after_seconds(2.0 * MINUTE));
            engine::supervise::look_after(&self.supervisor, NEVER).await.map_err(told)?;
        }
        let left = self.observer.agenda().due(services.now(), 10).await.map_err(told)?;
        if !left.is_empty() {
            return Err(format!("the supervisor does not come to an end with {left:?}"));
        }
        // Messages that are still on their way concern what is over, and must change nothing.
        while let Some(next) = services.next_visible() {
            services.advance(next);
            let late = services.take(10);
            let receipts: Vec<_> = late.iter().map(|delivery| delivery.receipt).collect();
            services.obey(receipts.into_iter().zip(engine::step::handle(&self.step, &late).await).collect());
        }
        for state in self.states().await {
            self.inspect_one(&state).await?;
        }
        let pauses = services.pauses();
        if !pauses.is_empty() {
            return Err(format!("everything ended, and these pauses were not: {pauses:?}"));
        }
        if !services.is_completed(CALLER) {
            return Err("the caller was not told of the end".into());
        }
        self.inspect_lists().await
    }

    /// Checks the journal of one execution against the invariants, and that it left no pause open.
    async fn inspect_one(&self, state: &Execution) -> Result<(), String> {
        let id = state.id();
        let turns = self.observer.journal().turns(id, 0, 100_000).await.map_err(|error| error.to_string())?;
        let ran_by = RanBy::of(&self.observer, &state.started, &turns).await;
        let ran_by = ran_by.map_err(|error| error.to_string())?;
        if let Some(broken) = invariant::check(ran_by.documents(), &turns, state).first() {
            return Err(format!("{id}: {broken}"));
        }
        let tokens = self.observer.table().pause_tokens(id).await.map_err(|error| error.to_string())?;
        // A token that was completed may be left: it opens nothing, and is removed with the execution.
        if let Some((open, _)) = tokens.iter().find(|(_, token)| !self.world.services.is_completed(token)) {
            return Err(format!("{id} ended, and this pause did not: {open}"));
        }
        Ok(())
    }

    /// Checks that the lists of executions and interactions show what the states say.
    async fn inspect_lists(&self) -> Result<(), String> {
        let told = |error: StoreError| error.to_string();
        let window = Window { limit: 200, cursor: None };
        let states = self.states().await;
        let mut shown: BTreeSet<(ExecutionId, Status)> = BTreeSet::new();
        // Children are listed under their parent only, so every execution is asked for its children.
        let parents = states.iter().map(|state| Some(state.id().clone()));
        for parent in parents.chain([None]) {
            let filter = ExecutionFilter { owner: self.owner.clone(), parent, ..ExecutionFilter::default() };
            let page = self.observer.index().executions(&filter, &window).await.map_err(told)?;
            shown.extend(page.items.into_iter().map(|head| (head.id, head.status)));
        }
        let expected = states.iter().map(|state| (state.id().clone(), state.status())).collect();
        if shown != expected {
            return Err(format!("lists show {shown:?} and not {expected:?}"));
        }
        for &status in InteractionStatus::ALL {
            let filter =
                InteractionFilter { owner: self.owner.clone(), status: Some(status), ..InteractionFilter::default() };
            let page = self.observer.index().interactions(&filter, &window).await.map_err(told)?;
            let shown: BTreeSet<_> = page.items.into_iter().map(|(_, one)| one).collect();
            let all = states.iter().flat_map(|state| &state.interactions);
            let expected = all.filter(|one| one.status == status).map(|one| one.interaction_id.clone()).collect();
            if shown != expected {
                return Err(format!("{status} questions are {shown:?} and not {expected:?}"));
            }
        }
        Ok(())
    }
}
