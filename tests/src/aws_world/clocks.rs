//! Stands in for Step Functions: does what the state machine in infra/wait.asl.json does, and keeps task tokens.

use super::ports::{Services, transient};
use ::aws::services::ports::Alarms;
use async_trait::async_trait;
use document::time::Time;
use engine::{envelope::Envelope, port::StoreError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::id::{ExecutionId, InteractionId};

/// What Step Functions knows. A clock is one execution of the wait state machine.
#[derive(Default)]
pub(super) struct Clocks {
    /// Names of all clocks that were ever started. Step Functions starts none twice under the same name.
    pub(super) started: BTreeSet<String>,
    /// Pauses that have not ended, by the interaction that each waits for.
    pub(super) pauses: BTreeMap<InteractionId, Pause>,
    /// Task tokens that were completed.
    pub(super) completed: BTreeSet<String>,
}

/// The pause of an interaction; `is_open` once the callback function has opened it.
pub(super) struct Pause {
    pub(super) execution: ExecutionId,
    pub(super) is_open: bool,
}

/// What the wait state machine asks of the callback function when a pause begins.
pub struct Opening {
    /// The execution that asks.
    pub execution: ExecutionId,
    /// The interaction for whose answer the pause waits.
    pub interaction: InteractionId,
    /// The task token that completes the pause.
    pub token: String,
}

fn text(input: &Value, name: &str) -> String {
    input[name].as_str().unwrap_or_else(|| panic!("a clock needs {name}: {input}")).to_owned()
}

/// Reads a time as Step Functions does: as text in RFC 3339.
fn moment(at: &Value) -> Time {
    let text = at.as_str().unwrap_or_default();
    Time::parse(text).unwrap_or_else(|| panic!("Step Functions reads no such time: {at}"))
}

fn token_of(interaction: &InteractionId) -> String {
    format!("token of {interaction}")
}

impl Services {
    /// A pause that the callback function has not opened yet.
    pub fn opening(&self) -> Option<Opening> {
        let kept = self.kept();
        let (interaction, pause) = kept.clocks.pauses.iter().find(|(_, pause)| !pause.is_open)?;
        let (execution, interaction) = (pause.execution.clone(), interaction.clone());
        Some(Opening { execution, token: token_of(&interaction), interaction })
    }

    /// Notes that the callback function has opened the pause of an interaction.
    pub fn opened(&self, interaction: &InteractionId) {
        if let Some(pause) = self.kept().clocks.pauses.get_mut(interaction) {
            pause.is_open = true;
        }
    }

    /// Interactions whose pauses have not ended.
    pub fn pauses(&self) -> Vec<InteractionId> {
        self.kept().clocks.pauses.keys().cloned().collect()
    }

    /// Whether the task of this token was completed, be it with success or failure.
    pub fn is_completed(&self, token: &str) -> bool {
        self.kept().clocks.completed.contains(token)
    }

    /// Starts a clock. A timer sends its message once; a pause sends one at each of its alarms, until it ends.
    fn start_now(&self, name: &str, input: &Value) {
        let mut kept = self.kept();
        if !kept.clocks.started.insert(name.to_owned()) {
            return;
        }
        let message = Envelope::from_json(&text(input, "message")).expect("a message of ours").message;
        if input["kind"] == "timer" {
            return kept.enqueue(message, moment(&input["at"]), None);
        }
        let pause = Pause { execution: text(input, "execution").into(), is_open: false };
        kept.clocks.pauses.insert(text(input, "interaction").into(), pause);
        for at in input["alarms"].as_array().expect("a pause has alarms, or an empty list") {
            kept.enqueue(message.clone(), moment(at), Some(name));
        }
    }

    /// Ends the pause of this name, and with it the alarms that it has not sent.
    fn end(&self, name: &str) {
        let mut kept = self.kept();
        kept.clocks.pauses.remove(&InteractionId::from(name.to_owned()));
        kept.silence(name);
    }
}

#[async_trait]
impl Alarms for Services {
    async fn start(&self, name: &str, input: &Value) -> Result<(), StoreError> {
        let effect = async {
            self.start_now(name, input);
            Ok(())
        };
        self.wire().pass("StartExecution", transient, effect).await
    }

    async fn stop(&self, name: &str) -> Result<(), StoreError> {
        let effect = async {
            self.end(name);
            Ok(())
        };
        self.wire().pass("StopExecution", transient, effect).await
    }

    async fn complete(&self, token: &str, _: Result<Value, (String, String)>) -> Result<(), StoreError> {
        let effect = async {
            self.kept().clocks.completed.insert(token.to_owned());
            if let Some(interaction) = token.strip_prefix("token of ") {
                self.end(interaction);
            }
            Ok(())
        };
        self.wire().pass("SendTaskSuccess", transient, effect).await
    }
}
