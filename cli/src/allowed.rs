//! What the operator lets a host take and do: the options of `run` and `dev`, each with its variable. clap shows the
//! comments on the type that it derives from as the text of `--help`.

use super::{Failure, notifications::Notifications, output};
use engine::{
    groups::ISSUER,
    prices::{Prices, VARIABLE},
};
use local::{
    keys::ProviderKeys,
    memory::{self, Memory},
    server::Options,
};
use nodes::{AllowList, AwsRole, CEILING_VARIABLES, COMMANDS_VARIABLE, Ceilings, Commands, Config};
use stepwell_core::allotment::budget_of_root;

/// What a host may take, and what its nodes may do.
#[derive(Clone, Default, clap::Args)]
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
    /// Executions below one that a caller starts that may be alive at once [default: STEPWELL_MAX_DESCENDANTS, else 10000]
    #[arg(long, value_name = "N")]
    max_descendants: Option<String>,
    /// How much memory it may take [default: STEPWELL_MEMORY, else half of the machine]
    #[arg(long, value_name = "512MB")]
    memory: Option<String>,
    /// How it tells people of questions.
    #[command(flatten)]
    notifications: Notifications,
}

impl Allowed {
    /// What the host may take and do. A failure where an option or a variable cannot be read.
    /// `owner` is the tenant whose workflows may use the keys of the environment.
    pub fn options(&self, owner: &str) -> Result<Options, Failure> {
        let most_descendants = most_descendants(self.max_descendants.as_deref())?;
        let memory = memory(self.memory.as_deref())?;
        let nodes = self.config()?;
        let people = self.notifications.people(nodes.http_allow.clone())?;
        let (public_url, keys) = (self.notifications.public_url()?, ProviderKeys::of_environment(owner));
        let tokens_name_groups = std::env::var(ISSUER).is_ok_and(|issuer| !issuer.trim().is_empty());
        let prices = prices()?;
        Ok(Options { nodes, memory, most_descendants, people, public_url, keys, prices, tokens_name_groups })
    }

    /// What is said of `http_request` and kept with an execution: the option, else its variable. None where neither says
    /// anything.
    pub fn http_allow(&self) -> Option<String> {
        let said = self.http_allow.clone().or_else(|| std::env::var("STEPWELL_HTTP_ALLOW").ok());
        said.filter(|list| !list.trim().is_empty())
    }

    /// The options as they were given, to be added to a command that is suggested; each after a space.
    pub fn flags(&self) -> String {
        let given = self.given();
        given.map(|(name, value)| format!(" {name} {}", output::quoted(value))).collect()
    }

    /// Refuses options for a host that its own operator set up.
    pub fn refuse_for(&self, url: &str) -> Result<(), Failure> {
        let Some((name, _)) = self.given().next() else { return Ok(()) };
        let message = format!("{name} is for a host in this process, and {url} is another");
        Err(Failure::usage(message, "leave it out, or start that host with it"))
    }

    /// The options that were given, by their names.
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("--http-allow", &self.http_allow),
            ("--max-code-seconds", &self.max_code_seconds),
            ("--max-http-seconds", &self.max_http_seconds),
            ("--max-descendants", &self.max_descendants),
            ("--memory", &self.memory),
        ];
        all.into_iter().chain(self.notifications.given()).filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// How the nodes of the host behave.
    fn config(&self) -> Result<Config, Failure> {
        let http_allow = allow_list(self.http_allow.as_deref())?;
        let given = [&self.max_code_seconds, &self.max_http_seconds];
        let read = |name: &str| {
            let option = CEILING_VARIABLES.iter().zip(given).find(|(variable, _)| **variable == name);
            option.and_then(|(_, given)| given.clone()).or_else(|| std::env::var(name).ok())
        };
        let ceilings = Ceilings::read(read).map_err(|why| {
            // What was given as an option is called by it.
            let options = ["--max-code-seconds", "--max-http-seconds"].into_iter().zip(given);
            let called = CEILING_VARIABLES.into_iter().zip(options).filter(|(_, (_, given))| given.is_some());
            let why = called.fold(why, |why, (variable, (option, _))| why.replace(variable, option));
            let hint = "--max-code-seconds and --max-http-seconds, or their variables, bound one attempt in seconds";
            Failure::usage(why, hint)
        })?;
        let aws_role = AwsRole::read(|name| std::env::var(name).ok());
        Ok(Config { http_allow, ceilings, aws_role, mcp_commands: mcp_commands()?, ..Config::default() })
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

/// Reads which programs documents may start as servers of the Model Context Protocol. It is a variable and no option:
/// what it allows is set up once, and not for one run.
fn mcp_commands() -> Result<Commands, Failure> {
    let text = std::env::var(COMMANDS_VARIABLE).unwrap_or_default();
    let hint = "write it as /usr/local/bin/files-server,/opt/tools/server";
    Commands::parse(&text).map_err(|error| Failure::usage(error, hint))
}

/// Reads how many descendants of one execution may be alive at once: `--max-descendants`, else
/// `STEPWELL_MAX_DESCENDANTS`.
fn most_descendants(argument: Option<&str>) -> Result<u32, Failure> {
    let from_env = std::env::var("STEPWELL_MAX_DESCENDANTS").unwrap_or_default();
    let hint = "write it as --max-descendants 10000, or leave it out";
    budget_of_root(argument.unwrap_or(&from_env)).map_err(|error| Failure::usage(error, hint))
}

/// Reads how much memory the host may take: `--memory`, else `STEPWELL_MEMORY`, else half of the machine's.
fn memory(argument: Option<&str>) -> Result<Memory, Failure> {
    let from_env = std::env::var("STEPWELL_MEMORY").ok().filter(|text| !text.trim().is_empty());
    let Some(text) = argument.map(str::to_owned).or(from_env) else { return Ok(Memory::of_machine()) };
    let bytes = memory::parse(&text).map_err(|error| {
        Failure::usage(format!("the host's memory cannot be set: {error}"), "give --memory 512MB or more")
    })?;
    Ok(Memory::new(bytes))
}

/// What calls of language models cost, by the variable of the host.
fn prices() -> Result<Prices, Failure> {
    let said = std::env::var(VARIABLE).ok();
    let hint = "name a file with prices, or `list` for those that come with this release";
    Prices::of(said.as_deref(), |path| std::fs::read_to_string(path)).map_err(|why| Failure::usage(why, hint))
}
