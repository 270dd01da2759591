//! What the operator allows the nodes of a host: the options of `run` and `dev`, each with its variable. clap shows the
//! comments on the type that it derives from as the text of `--help`.

use super::Failure;
use nodes::{AllowList, CEILING_VARIABLES, Ceilings, Config};

/// What nodes may do on this host.
#[derive(clap::Args)]
pub struct Allowed {
    /// What http_request may reach although it is not public [default: STEPWELL_HTTP_ALLOW]
    #[arg(long, value_name = "HOST[:PORT],NET,…")]
    http_allow: Option<String>,
    /// Seconds of one attempt of code at most [default: STEPWELL_MAX_CODE_SECONDS, else 900]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    max_code_seconds: Option<String>,
    /// Seconds of one attempt of http_request at most [default: STEPWELL_MAX_HTTP_SECONDS, else 900]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    max_http_seconds: Option<String>,
}

impl Allowed {
    /// How the nodes of the host behave. A failure where an option or a variable cannot be read.
    pub fn config(&self) -> Result<Config, Failure> {
        let http_allow = allow_list(self.http_allow.as_deref())?;
        let given = [&self.max_code_seconds, &self.max_http_seconds];
        let read = |name: &str| {
            let option = CEILING_VARIABLES.iter().zip(given).find(|(variable, _)| **variable == name);
            option.and_then(|(_, given)| given.clone()).or_else(|| std::env::var(name).ok())
        };
        let ceilings = Ceilings::read(read).map_err(|why| {
            let hint = "--max-code-seconds and --max-http-seconds, or their variables, bound one attempt in seconds";
            Failure::usage(why, hint)
        })?;
        Ok(Config { http_allow, ceilings, ..Config::default() })
    }
}

/// Reads what `http_request` may reach although it is not public: `--http-allow`, else `STEPWELL_HTTP_ALLOW`.
pub fn allow_list(argument: Option<&str>) -> Result<AllowList, Failure> {
    let from_env = std::env::var("STEPWELL_HTTP_ALLOW").unwrap_or_default();
    let text = argument.unwrap_or(&from_env);
    AllowList::parse(text).map_err(|error| {
        let hint = "write it as 127.0.0.1:9000,10.0.0.0/8,name.internal";
        Failure::usage(format!("the allow list cannot be read: {error}"), hint)
    })
}
