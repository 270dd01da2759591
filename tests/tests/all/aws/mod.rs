//! Tests of the AWS host with emulators of AWS, which `tests/aws/with.sh` starts; without them these tests fail and say
//! so.

mod agents;
mod budget;
mod bulk;
mod chats;
mod commands;
mod cost;
mod erased;
mod examples;
mod leftovers;
mod localstack;
mod memory;
mod pages;
mod parts;
mod pauses;
mod people;
mod quotas;
mod races;
mod redrive;
mod rights;
mod services;
mod stack;
mod store;
mod sweep;
mod template;
mod upgrades;
