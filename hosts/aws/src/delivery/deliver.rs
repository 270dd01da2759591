//! Carries out the effects of committed turns with the services beside the table. Each effect is done at least once,
//! and doing one again does no harm.

use crate::{
    delivery::plan::{Plan, needs_state, plan},
    services::ports::{Alarms, Queue, Records},
};
use document::time::Time;
use engine::port::StoreError;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    effect::{Effect, Message, Work},
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId},
    reading::Reading,
};

/// Bytes of the largest result with which a caller's task is completed: Step Functions takes 256 KiB at most.
const RESULT_BYTES: usize = 256_000;

/// Carries out effects, with the services that they need and the time as of which they are planned.
pub(crate) struct Courier<'a> {
    pub records: &'a dyn Records,
    pub queue: &'a dyn Queue,
    pub alarms: &'a dyn Alarms,
    pub now: Time,
}

impl Courier<'_> {
    /// Carries out effects of the execution `id`. After an error some may have been done; all are delivered again.
    pub async fn deliver(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        let state = if needs_state(effects) { self.records.state(id).await? } else { None };
        let Plan { messages, clocks, closed, answer, admit } = plan(id, effects, state.as_deref(), self.now);
        if !messages.is_empty() {
            self.queue.send(&messages).await?;
        }
        for (name, input) in &clocks {
            self.alarms.start(name, input).await?;
        }
        for (interaction, cancelled) in &closed {
            self.close(id, interaction, *cancelled).await?;
        }
        // Without a state there are only messages and clocks, or the execution was removed and nobody waits for it.
        let Some(state) = state else { return Ok(()) };
        if answer {
            self.answer(&state).await?;
        }
        if admit {
            self.let_in(self.records.admissible(&state).await?).await?;
        }
        Ok(())
    }

    /// Tells executions that were held back to go on.
    pub async fn let_in(&self, admitted: Vec<ExecutionId>) -> Result<(), StoreError> {
        let message = |execution| (Message { execution, work: Work::Admit }, None);
        let messages: Vec<_> = admitted.into_iter().map(message).collect();
        if messages.is_empty() { Ok(()) } else { self.queue.send(&messages).await }
    }

    /// Ends the pause of an interaction that is over by completing its task. Where the pause's token has not arrived
    /// yet, [`Courier::open`] completes the task when it does. `cancelled`: its clock is void, and is stopped.
    pub async fn close(
        &self,
        id: &ExecutionId,
        interaction: &InteractionId,
        cancelled: bool,
    ) -> Result<(), StoreError> {
        // Questions that earlier releases asked have tokens too, whatever their documents say.
        if let Some(token) = self.records.get_token(id, interaction.as_str()).await? {
            self.alarms.complete(&token, Ok(json!({ "interaction": interaction }))).await?;
            self.records.remove_token(id, interaction.as_str()).await?;
        }
        // An answered pause ends with its task. The clock of a cancelled one is stopped, whether or not it was opened,
        // because its alarms are void.
        if cancelled { self.alarms.stop(interaction.as_str()).await } else { Ok(()) }
    }

    /// Keeps the task token of a pause that has begun, and then looks whether its question is still open. Whoever
    /// closes a question commits first and then looks for the token, so whatever the order, one of the two completes
    /// the task.
    pub async fn open(&self, id: &ExecutionId, interaction: &InteractionId, token: &str) -> Result<(), StoreError> {
        self.records.put_token(id, interaction.as_str(), token).await?;
        let state = self.records.state_now(id).await?;
        match state.as_ref().and_then(|state| state.interaction(interaction.as_str())) {
            Some(one) if one.is_open() => Ok(()),
            _ => self.close(id, interaction, false).await,
        }
    }

    /// Completes the pauses of questions that are over, whose tokens a crash left behind. `state` decides for most
    /// tokens without a further load; the rest are compared with the newest state, since a question may have been asked
    /// after `state`.
    pub async fn tidy(&self, state: &Execution) -> Result<(), StoreError> {
        if state.interactions.is_empty() {
            return Ok(());
        }
        let is_open = |state: &Execution, name: &str| state.interaction(name).is_some_and(|one| one.is_open());
        let mut left = self.records.pauses(state.id()).await?;
        left.retain(|name| !is_open(state, name));
        if left.is_empty() {
            return Ok(());
        }
        // This state is loaded after the tokens' names, so that it has the question of every token among them.
        let newest = self.records.state_now(state.id()).await?;
        for name in left {
            if !newest.as_ref().is_some_and(|newest| is_open(newest, &name)) {
                self.close(state.id(), &name.into(), false).await?;
            }
        }
        Ok(())
    }

    /// Completes or fails the tasks of all callers that wait for the execution's end, and forgets each token once its
    /// task was told.
    async fn answer(&self, state: &Arc<Execution>) -> Result<(), StoreError> {
        let Some(end) = state.end else { return Ok(()) };
        let callers = self.records.callers(state.id()).await?;
        if callers.is_empty() {
            return Ok(());
        }
        let result = loop {
            match Reading::of(|reading| result(state, end, reading)) {
                Ok(result) => break result,
                Err(missing) => self.records.fetch(state.id(), &missing.payloads()).await?,
            }
        };
        for token in callers {
            match self.alarms.complete(&token, result.clone()).await {
                // This failure lasts, so it is only logged: the other callers and effects must not wait for it.
                Err(StoreError::Permanent(error)) => {
                    tracing::error!(error, execution = %state.id(), "a caller could not be told of the end");
                }
                told => {
                    told?;
                    self.records.remove_caller(state.id(), &token).await?;
                }
            }
        }
        Ok(())
    }
}

/// What a caller is told of the execution's end: the result as JSON, or the error's code and message.
fn result(state: &Execution, end: Status, reading: &Reading) -> Result<Value, (String, String)> {
    match end {
        Status::Failed => Err(state.error.as_ref().map_or_else(
            || ("failed".into(), "the execution failed".into()),
            |error| (error.code.clone(), error.message.clone()),
        )),
        Status::Cancelled => Err(("cancelled".into(), "the execution was cancelled".into())),
        _ => {
            let output = state.output.as_ref().map_or(&Value::Null, |output| reading.value(output));
            let mut result = json!({ "execution_id": state.id(), "status": end.as_str(), "output": output });
            // A task cannot take a larger output, so it is left out and the caller reads it over the API.
            if stepwell_core::payload::weight(output, RESULT_BYTES) > RESULT_BYTES
                || result.to_string().len() > RESULT_BYTES
            {
                result["output"] = Value::Null;
                result["output_omitted"] = true.into();
            }
            Ok(result)
        }
    }
}

#[cfg(test)]
mod tests;
