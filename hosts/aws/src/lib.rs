//! Stepwell on AWS: state in DynamoDB, messages in SQS, large values in S3, alarm clocks in Step Functions, credentials
//! in Secrets Manager. The rules are `shared`'s; the adapters here keep and hand out.

pub mod clients;
pub mod config;
pub mod error;
pub mod limits;
pub mod meter;
pub mod ports;
pub mod prices;
pub mod store;
