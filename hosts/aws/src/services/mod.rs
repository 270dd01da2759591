//! The services beside the table: SQS, S3, Step Functions, Secrets Manager, SES and Slack, behind the traits of [`ports`], and the
//! clients that reach them.

pub mod alarm;
pub mod blobs;
pub mod channels;
pub mod clients;
pub mod kept_key;
pub mod link_key;
pub mod mail;
pub mod ports;
pub mod queue;
pub(crate) mod roots;
pub(crate) mod sdk;
pub mod secrets;
pub mod signing;
pub mod slack;
pub mod webhook_key;
