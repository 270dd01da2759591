//! Stepwell on AWS: state in DynamoDB, messages in SQS, large values in S3, alarm clocks in Step Functions, credentials
//! in Secrets Manager. The rules are `shared`'s; the adapters here keep and hand out.

mod alarm;
mod blobs;
pub mod clients;
pub mod config;
mod deliver;
pub mod error;
pub mod limits;
mod plan;
pub mod ports;
mod queue;
mod sdk;
mod secrets;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use alarm::StepFunctions;
pub use blobs::S3;
pub use queue::Sqs;
pub use secrets::SecretsManager;
