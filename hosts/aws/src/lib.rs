//! Stepwell on AWS: state in DynamoDB, messages in SQS, large values in S3, alarm clocks in Step Functions, credentials
//! in Secrets Manager. The rules are `shared`'s; the adapters here keep and hand out.

pub mod ports;
pub mod telemetry;
