//! The settings of a function, from the environment variables that the template sets.

use std::env;

/// The names and addresses of a stack's resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `STEPWELL_TABLE`: the name of the DynamoDB table.
    pub table: String,
    /// `STEPWELL_BUCKET`: the name of the S3 bucket for large values.
    pub bucket: String,
    /// `STEPWELL_QUEUE_URL`: the address of the step queue.
    pub queue_url: String,
    /// `STEPWELL_WAIT_MACHINE_ARN`: the ARN of the state machine that runs pauses and long timers.
    pub wait_machine_arn: String,
    /// `STEPWELL_SECRETS_PREFIX`: the beginning of the names of all credentials, with a slash at its end.
    pub secrets_prefix: String,
    /// `STEPWELL_OWNER`: the owner of executions that events, schedules and queues start.
    pub owner: String,
}

/// The names of the variables that are missing, with commas between.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment does not set {0}: the template sets it on every function")]
pub struct Missing(String);

impl Config {
    /// Reads the settings from the environment of the process.
    ///
    /// # Errors
    /// Variables are not set or empty; all of them are named at once.
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
