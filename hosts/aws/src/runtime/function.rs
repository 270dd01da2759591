//! What the `main` of every function has in common: the runtime, the host made from the environment, and the deadline
//! of an invocation.

use crate::{
    S3, SecretsManager, SigningKeys, Sqs, StepFunctions,
    billing::meter::Meter,
    error::Patience,
    host::{Aws, People, Services, clock},
    limits,
    runtime::{
        config::Config,
        people::{Role, people},
    },
    services::{
        clients::Clients,
        kept_key::{KeptKey, SESSION},
    },
    store::{Parts, Table},
};
use document::time::Time;
use engine::{
    groups::ISSUER,
    port::Runner,
    prices::{Prices, VARIABLE},
};
use nodes::memory::Memory;
use std::{
    env,
    error::Error,
    future::Future,
    process::ExitCode,
    sync::{Arc, OnceLock},
};
use stepwell_core::allotment::budget_of_root;

/// Why a function could not start or stopped serving.
type Trouble = Box<dyn Error + Send + Sync>;

/// Runs a function until it fails or Lambda ends the process. It has one thread, since an invocation mostly waits for
/// AWS and computes little.
pub fn main<F: Future<Output = Result<(), Trouble>>>(serve: fn() -> F) -> ExitCode {
    crate::services::roots::name_bundle();
    crate::runtime::telemetry::init();
    // rustls panics at its first use where several cryptography providers are compiled in and none is the default.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Trouble::from).and_then(|runtime| runtime.block_on(serve()));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function could not start");
            ExitCode::FAILURE
        }
    }
}

/// Makes the host of a function that serves requests. A client may never repeat its request, so what a request commits
/// is marked until its effects are delivered, and the supervisor delivers what a crash left.
///
/// # Errors
/// The environment lacks variables, of which the error names all, or one has a wrong value.
pub fn connect() -> Result<Aws, Trouble> {
    connected(false, Role::None, None)
}

/// The same, for the function that takes people's answers: it makes and opens their links.
///
/// # Errors
/// As [`connect`].
pub fn connect_to_people() -> Result<Aws, Trouble> {
    connected(false, Role::Answers, None)
}

/// The same, for the function that checks documents: it knows which channels the stack has, and sends nothing.
///
/// # Errors
/// As [`connect`].
pub fn connect_to_check() -> Result<Aws, Trouble> {
    connected(false, Role::Checks, None)
}

/// Makes the host of a function that works for messages of the step queue or for the supervisor's ticks. These come
/// again until everything is done, so commits need no mark. `runner` runs nodes that do I/O; only the step function has
/// one, and it sends what people are told.
///
/// # Errors
/// The environment lacks variables, of which the error names all, or one has a wrong value.
pub fn connect_behind_messages(runner: Option<Arc<dyn Runner>>) -> Result<Aws, Trouble> {
    let role = if runner.is_some() { Role::Sends } else { Role::None };
    connected(true, role, runner)
}

fn connected(behind_message: bool, role: Role, runner: Option<Arc<dyn Runner>>) -> Result<Aws, Trouble> {
    let config = Config::from_env()?;
    let clients = Clients::from_env();
    let table = Table::new(Parts {
        client: clients.dynamodb(),
        name: config.table,
        blobs: Arc::new(S3::new(clients.s3(), config.bucket)),
        clock: Arc::new(clock),
        meter: Arc::new(Meter::default()),
        patience: Patience::default(),
        behind_message,
        parts: list_parts(env::var("STEPWELL_LIST_PARTS").ok())?,
    })
    .with_memory(memory());
    let kept = env::var("STEPWELL_BURIED_QUEUE_URL").ok().filter(|url| !url.is_empty());
    // Whatever answers requests shows pages too.
    let sessions = || Arc::new(KeptKey::new(clients.secrets(), &config.secrets_prefix, SESSION));
    let sessions = (!behind_message).then(sessions);
    let people = People { sessions, ..people(role, &clients, &config.secrets_prefix)? };
    let services = Services {
        queue: Arc::new(Sqs::new(clients.sqs(), config.queue_url, kept, clock)),
        alarms: Arc::new(StepFunctions::new(clients.sfn(), config.wait_machine_arn)),
        signer: Some(Arc::new(SigningKeys::new(clients.secrets(), &config.secrets_prefix, clock))),
        credentials: Arc::new(SecretsManager::new(clients.secrets(), config.secrets_prefix, clock)),
        runner,
    };
    let most = budget_of_root(&env::var("STEPWELL_MAX_DESCENDANTS").unwrap_or_default())?;
    let prices = Prices::of(env::var(VARIABLE).ok().as_deref(), |path| std::fs::read_to_string(path))?;
    let host = Aws::new(Arc::new(table), services, Arc::new(clock)).with_people(people);
    let host = host.with_going_ahead(goes_ahead(env::var("CONTINUE_INLINE").ok())?);
    let host = host.with_step_seconds(step_seconds(env::var("STEPWELL_STEP_SECONDS").ok())?);
    let has_issuer = env::var(ISSUER).is_ok_and(|issuer| !issuer.trim().is_empty());
    Ok(host.with_most_descendants(most).with_prices(prices).with_groups_of_tokens(has_issuer))
}

/// The account of this process's memory, as far as large values take it: one for whatever reads them.
pub fn memory() -> Arc<Memory> {
    static ACCOUNT: OnceLock<Arc<Memory>> = OnceLock::new();
    let made = || Arc::new(Memory::of_function(memory_bytes(env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok())));
    ACCOUNT.get_or_init(made).clone()
}

/// `STEPWELL_LIST_PARTS`: into how many parts lists are spread; the usual number where it is not set.
fn list_parts(said: Option<String>) -> Result<usize, Trouble> {
    let Some(text) = said.filter(|text| !text.is_empty()) else { return Ok(limits::LIST_PARTS) };
    let most = limits::MOST_LIST_PARTS;
    let parts = text.trim().parse::<usize>().ok().filter(|parts| (1..=most).contains(parts));
    Ok(parts.ok_or_else(|| format!("STEPWELL_LIST_PARTS is `{text}`: give a number from 1 to {most}"))?)
}

/// `STEPWELL_STEP_SECONDS`: the seconds that an invocation of the step function has; none where it is not set.
fn step_seconds(said: Option<String>) -> Result<Option<f64>, Trouble> {
    let Some(text) = said.filter(|text| !text.is_empty()) else { return Ok(None) };
    let seconds =
        text.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds > limits::MARGIN_SECONDS);
    let more = limits::MARGIN_SECONDS;
    seconds.map(Some).ok_or_else(|| format!("STEPWELL_STEP_SECONDS is `{text}`: give a number above {more}").into())
}

/// `CONTINUE_INLINE`: whether a function that has recorded a step goes on with the next one of the same execution.
fn goes_ahead(said: Option<String>) -> Result<bool, Trouble> {
    match said.as_deref().map(str::trim) {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(format!("CONTINUE_INLINE is `{other}`: it is `true` or `false`").into()),
    }
}

/// Bytes of memory that a function has, of the megabytes that Lambda says; the template's default where it says nothing.
fn memory_bytes(megabytes: Option<String>) -> usize {
    let said = megabytes.and_then(|text| text.trim().parse::<usize>().ok()).filter(|megabytes| *megabytes > 0);
    said.unwrap_or(limits::FUNCTION_MEGABYTES).saturating_mul(1024 * 1024)
}

/// `STEPWELL_OWNER`: the owner of what starts without a caller, and of JSON Web Tokens of which nothing else is said.
///
/// # Errors
/// The variable is not set.
pub fn owner() -> Result<String, Trouble> {
    let unset =
        "STEPWELL_OWNER is not set: name the owner of what starts without a caller, by events, schedules and queues";
    Ok(env::var("STEPWELL_OWNER").map_err(|_| unset)?)
}

/// The time at which an invocation is cut off. `context` is the deadline that Lambda gives, in milliseconds since 1970.
/// Where `STEPWELL_FUNCTION_SECONDS` is set, the deadline is so many seconds from now instead, for emulators that give
/// a wrong one.
pub fn deadline(context: u64) -> Time {
    let seconds = env::var("STEPWELL_FUNCTION_SECONDS").ok().and_then(|seconds| seconds.parse::<f64>().ok());
    cut_off(context, seconds.filter(|seconds| *seconds > 0.0), clock())
}

fn cut_off(context: u64, seconds: Option<f64>, now: Time) -> Time {
    match seconds {
        Some(seconds) => now.after_seconds(seconds),
        None => Time(i64::try_from(context).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_the_memory_that_lambda_says() {
        let mib = 1024 * 1024;
        assert_eq!(memory_bytes(Some("2048".into())), 2048 * mib);
        assert_eq!([None, Some("much".into()), Some("0".into())].map(memory_bytes), [512 * mib; 3]);
    }

    #[test]
    fn whether_steps_go_ahead_is_said_in_so_many_words() {
        let of = |text: &str| step_seconds(Some(text.into())).ok().flatten();
        assert_eq!((of("60"), of(""), of("5"), of("NaN"), of("much")), (Some(60.0), None, None, None, None));
        assert!(step_seconds(None).is_ok() && step_seconds(Some("5".into())).is_err());
        let said = |text: &str| goes_ahead(Some(text.into())).map_err(|error| error.to_string());
        assert!(!goes_ahead(None).unwrap_or(true), "it is off by default");
        assert_eq!([said(""), said("false"), said("true")], [Ok(false), Ok(false), Ok(true)]);
        assert_eq!(said("yes"), Err("CONTINUE_INLINE is `yes`: it is `true` or `false`".to_owned()));
    }

    #[test]
    fn an_invocation_is_cut_off_when_lambda_says_unless_the_environment_does() {
        assert_eq!(cut_off(60_000, None, Time(1_000)), Time(60_000));
        assert_eq!(cut_off(1, Some(2.5), Time(1_000)), Time(3_500));
        assert_eq!(cut_off(u64::MAX, None, Time(0)), Time(i64::MAX));
    }
}
