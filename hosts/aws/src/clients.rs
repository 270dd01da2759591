//! The clients of AWS's services, from what Lambda puts into the environment: region, credentials, and addresses of
//! emulators where tests set them. Built once per process; they share one pool of connections.

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

/// Tries of the calls that have no patience of their own.
const TRIES: u32 = 4;

/// Region, credentials, connections and times.
#[derive(Clone, Debug)]
pub struct Clients {
    region: String,
    credentials: SharedCredentialsProvider,
    http: SharedHttpClient,
}

/// Credentials in the environment: Lambda sets them anew for each process, and they outlive it.
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

/// An address in the environment, for one service or for all.
fn endpoint(service: &str) -> Option<String> {
    let one = env::var(format!("AWS_ENDPOINT_URL_{service}")).ok();
    one.or_else(|| env::var("AWS_ENDPOINT_URL").ok()).filter(|address| !address.is_empty())
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
                .timeout_config(timeouts())
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
    /// From the process's environment. Nothing is called yet.
    pub fn from_env() -> Self {
        Self::over(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
    }

    /// The same over other connections, such as a test's.
    pub fn over(http: SharedHttpClient) -> Self {
        let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|_| "us-east-1".into());
        Self { region, credentials: SharedCredentialsProvider::new(Environment), http }
    }

    /// With other credentials.
    pub fn with_credentials(self, id: &str, secret: &str) -> Self {
        let credentials = Credentials::new(id, secret, None, None, "given");
        Self { credentials: SharedCredentialsProvider::new(credentials), ..self }
    }

    client!(
        /// DynamoDB, each call tried once: the store has a patience of its own, so that a commit knows which try counted.
        dynamodb, aws_sdk_dynamodb, "DYNAMODB", RetryConfig::disabled()
    );
    client!(
        /// SQS.
        sqs, aws_sdk_sqs, "SQS", RetryConfig::standard().with_max_attempts(TRIES)
    );
    client!(
        /// Step Functions.
        sfn, aws_sdk_sfn, "SFN", RetryConfig::standard().with_max_attempts(TRIES)
    );
    client!(
        /// Secrets Manager.
        secrets, aws_sdk_secretsmanager, "SECRETS_MANAGER", RetryConfig::standard().with_max_attempts(TRIES)
    );

    /// S3. An emulator has one address for all buckets.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES));
        let config = match endpoint("S3") {
            Some(address) => config.endpoint_url(address).force_path_style(true),
            None => config,
        };
        aws_sdk_s3::Client::from_conf(config.build())
    }
}
