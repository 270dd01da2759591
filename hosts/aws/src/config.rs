//! What a function is told by its environment.

use std::env;

/// The names of what a stack has. Everything that is not set is told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `STEPWELL_TABLE`: the DynamoDB table.
    pub table: String,
    /// `STEPWELL_BUCKET`: the S3 bucket.
    pub bucket: String,
    /// `STEPWELL_QUEUE_URL`: the step queue.
    pub queue_url: String,
    /// `STEPWELL_WAIT_MACHINE_ARN`: the state machine of pauses and long timers.
    pub wait_machine_arn: String,
    /// `STEPWELL_SECRETS_PREFIX`: what the names of credentials begin with.
    pub secrets_prefix: String,
    /// `STEPWELL_OWNER`: whose executions events start.
    pub owner: String,
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment does not set {0}: the template sets it on every function")]
pub struct Missing(String);

impl Config {
    /// From the process's environment.
    ///
    /// # Errors
    /// Every variable that is not set, or is empty.
    pub fn from_env() -> Result<Self, Missing> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Missing> {
        let mut missing = Vec::new();
        let mut get = |name: &'static str| {
            let found = variable(name).filter(|value| !value.is_empty());
            found.unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let config = Self {
            table: get("STEPWELL_TABLE"),
            bucket: get("STEPWELL_BUCKET"),
            queue_url: get("STEPWELL_QUEUE_URL"),
            wait_machine_arn: get("STEPWELL_WAIT_MACHINE_ARN"),
            secrets_prefix: get("STEPWELL_SECRETS_PREFIX"),
            owner: get("STEPWELL_OWNER"),
        };
        if missing.is_empty() { Ok(config) } else { Err(Missing(missing.join(", "))) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn everything_that_is_missing_is_told_at_once() {
        let config = Config::read(|name| Some(name.to_lowercase())).unwrap();
        assert_eq!((config.table.as_str(), config.owner.as_str()), ("stepwell_table", "stepwell_owner"));
        let told = Config::read(|name| (name == "STEPWELL_TABLE").then(String::new)).unwrap_err().to_string();
        assert!(told.contains("STEPWELL_TABLE, STEPWELL_BUCKET") && told.contains("STEPWELL_OWNER"), "{told}");
    }
}
