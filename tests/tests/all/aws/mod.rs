//! Tests of the AWS host with emulators of AWS, which `tests/aws/with.sh` starts; without them these tests fail and say
//! so.

mod agents;
mod budget;
mod bulk;
mod chats;
mod commands;
mod examples;
mod leftovers;
mod localstack;
mod memory;
mod pages;
mod pauses;
mod people;
mod races;
mod redrive;
mod rights;
mod services;
mod stack;
mod store;
mod sweep;
mod template;
