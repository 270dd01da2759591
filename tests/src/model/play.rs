//! Plays a script on the store of a host: one message at a time, so that the order is the same on every store.

use super::{
    check,
    driven::Driven,
    outer::Outer,
    patching::patched,
    perform::perform,
    script::{Death, Script},
    stage::{Asked, Stage},
};
use crate::sim::parsed;
use async_trait::async_trait;
use engine::{
    drive::submit,
    fork::start_fork,
    port::{Delivers, Delivery, Host},
    rollback::roll_back,
};
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{
    command::Command,
    event::{Started, Turn},
    execution::Execution,
    id::ExecutionId,
};

/// The processes of a host, one after the other, over one place that is durable.
#[async_trait(?Send)]
pub trait Process {
    /// The host of the present process.
    fn host(&self) -> &dyn Host;

    /// Ends the process without a farewell, and begins another over what it left behind.
    async fn another(&mut self);
}

/// What a play leaves behind: the same on every store, to the millisecond.
#[derive(Debug, PartialEq)]
pub struct Played {
    /// The turns of every execution.
    pub journals: BTreeMap<ExecutionId, Vec<Turn>>,
    /// How many idempotency keys came to each address of the outside world.
    pub outside: BTreeMap<String, usize>,
}

/// Plays a script to its end, and checks everything that it left behind.
///
/// # Errors
/// Says what is not as it should be.
pub async fn play(process: &mut dyn Process, script: &Script) -> Result<Played, String> {
    let mut play = Play::begin(process, script).await?;
    perform(&mut play, script).await?;
    let host = play.host();
    let journals = check::journals(&host, &play.owner).await?;
    let outside = play.outer.kept().outside.keys();
    Ok(Played { journals, outside })
}

struct Play<'a> {
    process: &'a mut dyn Process,
    outer: Outer,
    delivers: Delivers,
    owner: String,
    roots: Vec<ExecutionId>,
}

impl<'a> Play<'a> {
    /// Starts the execution that a script is about.
    async fn begin(process: &'a mut dyn Process, script: &Script) -> Result<Self, String> {
        let owner = format!("owner-{}", script.seed);
        let mut play =
            Self { process, outer: Outer::new(script.seed), delivers: script.delivers, owner, roots: Vec::new() };
        let host = play.host();
        let workflow = parsed(&script.case.document);
        let told = |error: engine::port::StoreError| error.to_string();
        for document in script.case.saved.iter().chain([&script.case.document]) {
            let workflow = parsed(document);
            host.catalogue().keep_workflow(&workflow).await.map_err(told)?;
            host.catalogue().save(&play.owner, &workflow, None, super::outer::BEGIN).await.map_err(told)?;
        }
        let id = play.outer.new_id();
        let now = super::outer::BEGIN;
        let started = Started {
            owner: play.owner.clone(),
            ..Started::new(id.clone(), &workflow, script.case.input.clone(), now)
        };
        submit(&host, &id, Command::Start(Box::new(started))).await.map_err(told)?;
        play.roots.push(id);
        Ok(play)
    }

    fn host(&self) -> Driven<'_> {
        Driven { of: self.process.host(), outer: &self.outer, delivers: self.delivers }
    }

    /// Handles one message.
    async fn handle(&self, delivery: &Delivery) -> Result<(), String> {
        let verdicts = engine::step::handle(&self.host(), std::slice::from_ref(delivery)).await;
        verdicts.iter().try_for_each(|verdict| self.outer.obey(delivery.receipt, verdict))
    }
}

#[async_trait(?Send)]
impl Stage for Play<'_> {
    fn roots(&self) -> Vec<ExecutionId> {
        self.roots.clone()
    }

    fn all(&self) -> Vec<ExecutionId> {
        self.outer.kept().known.iter().cloned().collect()
    }

    async fn state(&self, id: &ExecutionId) -> Result<Arc<Execution>, String> {
        let state = self.host().of.journal().load(id).await.map_err(|error| error.to_string())?;
        state.ok_or_else(|| format!("{id} is gone"))
    }

    async fn ask(&mut self, of: &ExecutionId, asked: Asked) -> Result<(), String> {
        let host = self.host();
        let told = |error: engine::port::StoreError| error.to_string();
        match asked {
            Asked::Command(command) => drop(submit(&host, of, *command).await.map_err(told)?),
            Asked::Back(rollback) => drop(roll_back(&host, of, *rollback, None, None).await.map_err(told)?),
            Asked::Fork(request) => {
                let forked = start_fork(&host, of, request).await.map_err(|error| format!("{error:?}"))?;
                if let Ok(state) = forked {
                    self.roots.push(state.id().clone());
                }
            }
            Asked::Patch(operations) => patched(&host, of, operations).await.map_err(told)?,
        }
        Ok(())
    }

    async fn go(&mut self, most: usize) -> Result<bool, String> {
        for _ in 0..most {
            let Some(delivery) = self.outer.next() else {
                check::nothing_is_owed(&self.host()).await?;
                return Ok(false);
            };
            self.handle(&delivery).await?;
        }
        Ok(true)
    }

    async fn crash(&mut self, death: Death) -> Result<(), String> {
        let next = self.outer.next();
        if let Some(delivery) = &next {
            self.outer.kept().death = Some((delivery.message.execution.clone(), death));
            let host = self.host();
            let handled = engine::step::handle(&host, std::slice::from_ref(delivery));
            // Whether it died or came to its end first, the message is not acknowledged.
            tokio::select! {
                biased;
                () = self.outer.died.notified() => {}
                _ = handled => {}
            }
            self.outer.kept().death = None;
        }
        self.process.another().await;
        Ok(())
    }
}
