//! The AWS host against DynamoDB Local. Run by `tests/aws/with.sh`; without it these tests fail and say so.

mod budget;
mod examples;
mod leftovers;
mod localstack;
mod pauses;
mod redrive;
mod rights;
mod services;
mod stack;
mod store;
mod sweep;
mod template;
