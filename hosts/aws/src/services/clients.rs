//! The clients of AWS's services, made from what Lambda puts into the environment: the region, the credentials and,
//! where tests set them, the addresses of emulators. They are built once per process and share one pool of connections.

use crate::limits;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use std::env;

/// How often the SDK tries a call of a service other than DynamoDB, the first try included.
const TRIES: u32 = 4;

/// Makes clients that share the region, the credentials and the connections.
#[derive(Clone, Debug)]
pub struct Clients {
    region: String,
    credentials: SharedCredentialsProvider,
    http: SharedHttpClient,
    timeouts: TimeoutConfig,
}

/// Reads credentials from the environment. Lambda sets them for each process, and they are valid for longer than it
/// lives, so nothing renews them.
#[derive(Debug)]
struct Environment;

impl ProvideCredentials for Environment {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let read = |name: &str| env::var(name).map_err(|_| CredentialsError::not_loaded(format!("{name} is not set")));
        let found = read("AWS_ACCESS_KEY_ID").and_then(|id| {
            let token = env::var("AWS_SESSION_TOKEN").ok().filter(|token| !token.is_empty());
            Ok(Credentials::new(id, read("AWS_SECRET_ACCESS_KEY")?, token, None, "environment"))
        });
        future::ProvideCredentials::ready(found)
    }
}

/// The address of an emulator, from `AWS_ENDPOINT_URL_<service>` or from `AWS_ENDPOINT_URL` for all services; `None`
/// for AWS itself.
fn endpoint(service: &str) -> Option<String> {
    // The template declares variables that are empty, so that tools can set them.
    let given = |name: &str| env::var(name).ok().filter(|address| !address.is_empty());
    given(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| given("AWS_ENDPOINT_URL"))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(limits::CONNECT).operation_attempt_timeout(limits::ATTEMPT).build()
}

macro_rules! client {
    ($(#[$doc:meta])* $name:ident, $sdk:ident, $service:literal, $tries:expr) => {
        $(#[$doc])*
        pub fn $name(&self) -> $sdk::Client {
            let config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new(self.region.clone()))
                .credentials_provider(self.credentials.clone())
                .http_client(self.http.clone())
                .timeout_config(self.timeouts.clone())
                .retry_config($tries);
            let config = match endpoint($service) {
                Some(address) => config.endpoint_url(address),
                None => config,
            };
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl Clients {
    /// Clients with the region and the credentials of the environment. Making them sends no request.
    pub fn from_env() -> Self {
        Self::over(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
    }

    /// Like [`Clients::from_env`], but over the connections of `http`, such as those of a test. The region is
    /// `us-east-1` where the environment names none.
    pub fn over(http: SharedHttpClient) -> Self {
        let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|_| "us-east-1".into());
        let credentials = SharedCredentialsProvider::new(Environment);
        Self { region, credentials, http, timeouts: timeouts() }
    }

    /// Replaces the credentials of the environment by an access key's id and its secret, as tests need it.
    pub fn with_credentials(self, id: &str, secret: &str) -> Self {
        let credentials = Credentials::new(id, secret, None, None, "given");
        Self { credentials: SharedCredentialsProvider::new(credentials), ..self }
    }

    /// Waits for each answer for as long as it takes, as tests need it that say themselves which calls fail: else those of
    /// an emulator on a busy machine would too.
    pub fn waiting(self) -> Self {
        Self { timeouts: TimeoutConfig::disabled(), ..self }
    }

    client!(
        /// A client of DynamoDB that tries each call once: the store repeats calls itself (see
        /// [`crate::error::Patience`]), so that their number is bounded and counted in one place.
        dynamodb, aws_sdk_dynamodb, "DYNAMODB", RetryConfig::disabled()
    );
    client!(
        /// A client of SQS.
        sqs, aws_sdk_sqs, "SQS", RetryConfig::standard().with_max_attempts(TRIES)
    );
    client!(
        /// A client of Step Functions.
        sfn, aws_sdk_sfn, "SFN", RetryConfig::standard().with_max_attempts(TRIES)
    );
    client!(
        /// A client of Secrets Manager.
        secrets, aws_sdk_secretsmanager, "SECRETS_MANAGER", RetryConfig::standard().with_max_attempts(TRIES)
    );

    client!(
        /// A client of SES that tries each call once: a mail that was taken must not be handed over again because its
        /// answer was late.
        mail, aws_sdk_sesv2, "SESV2", RetryConfig::disabled()
    );

    /// The region of the clients.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A client of S3. An emulator has one address for all buckets, so the path names the bucket there.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .timeout_config(self.timeouts.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES));
        let config = match endpoint("S3") {
            Some(address) => config.endpoint_url(address).force_path_style(true),
            None => config,
        };
        aws_sdk_s3::Client::from_conf(config.build())
    }
}
