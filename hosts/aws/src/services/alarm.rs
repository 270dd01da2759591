//! Step Functions: starts and stops clocks, which are executions of the wait machine, and completes the tasks of pauses
//! and of callers by their task tokens.

use crate::services::{
    ports::Alarms,
    sdk::{failed, failed_quietly},
};
use async_trait::async_trait;
use aws_sdk_sfn::{Client, error::ProvideErrorMetadata};
use engine::port::StoreError;
use serde_json::Value;

/// Bytes of a task error's name and of its cause: the bounds of Step Functions' `SendTaskFailure`.
const ERROR_BYTES: (usize, usize) = (256, 32_768);
/// Error codes of Step Functions for a token whose task is over, was stopped, or never was.
const GONE: [&str; 3] = ["TaskTimedOut", "InvalidToken", "TaskDoesNotExist"];

/// A client of Step Functions and the wait machine, whose executions are the clocks.
pub struct StepFunctions {
    client: Client,
    machine: String,
}

impl StepFunctions {
    /// `machine` is the ARN of the wait machine.
    pub fn new(client: Client, machine: String) -> Self {
        Self { client, machine }
    }

    /// The ARN of the machine's execution of that name, which AWS derives from the machine's ARN.
    fn execution(&self, name: &str) -> String {
        format!("{}:{name}", self.machine.replacen(":stateMachine:", ":execution:", 1))
    }
}

#[async_trait]
impl Alarms for StepFunctions {
    async fn start(&self, name: &str, input: &Value) -> Result<(), StoreError> {
        let call = self.client.start_execution().state_machine_arn(&self.machine).name(name).input(input.to_string());
        match call.send().await {
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            other => other.map(drop).map_err(|error| failed("Step Functions StartExecution", &error)),
        }
    }

    async fn stop(&self, name: &str) -> Result<(), StoreError> {
        match self.client.stop_execution().execution_arn(self.execution(name)).send().await {
            Err(error) if error.code() == Some("ExecutionDoesNotExist") || is_over(&error) => Ok(()),
            other => other.map(drop).map_err(|error| failed("Step Functions StopExecution", &error)),
        }
    }

    async fn complete(&self, token: &str, outcome: Result<Value, (String, String)>) -> Result<(), StoreError> {
        let told = match outcome {
            Ok(value) => {
                let sent = self.client.send_task_success().task_token(token).output(value.to_string()).send().await;
                sent.map(drop)
                    .map_err(|error| (error.code().map(str::to_owned), failed_quietly("SendTaskSuccess", &error)))
            }
            Err((code, message)) => {
                let call = self.client.send_task_failure().task_token(token);
                let call = call.error(short(&code, ERROR_BYTES.0)).cause(short(&message, ERROR_BYTES.1));
                let sent = call.send().await;
                sent.map(drop)
                    .map_err(|error| (error.code().map(str::to_owned), failed_quietly("SendTaskFailure", &error)))
            }
        };
        match told {
            Err((Some(code), _)) if GONE.contains(&code.as_str()) => Ok(()),
            other => other.map_err(|(_, error)| error),
        }
    }
}

/// Whether a clock could not be stopped because it is over. Only emulators refuse this; Step Functions does not.
fn is_over(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("ValidationException") && error.message().is_some_and(|told| told.contains("not running"))
}

/// The beginning of a text, of at most so many bytes and without half a character.
fn short(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests;
