//! Every test that crosses rooms, in one binary: one link, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_e2e;
mod architecture;
mod asked_below;
mod availability;
#[cfg(feature = "aws")]
mod aws;
mod batches;
mod binary;
mod commands;
mod concurrency;
mod control;
mod cut_off;
mod differential;
mod docs;
mod events;
mod examples;
mod fairness;
mod format_e2e;
mod format_schema;
mod fresh;
#[cfg(feature = "aws")]
mod functions;
mod golden;
mod guides;
mod held_back;
mod hostile;
mod hostile_code;
mod hostile_requests;
mod json_patch;
mod kill;
mod kill_once;
mod lambda;
mod large;
mod node_type;
mod owners;
mod patches;
mod reopened;
mod reopened_map;
mod retried;
mod retries;
mod schedules;
mod simulation;
mod slots;
mod store;
mod store_differential;
mod style;
mod supervision;
mod sweep;
mod templates;
mod timeouts;
mod trees;
mod undone;
mod whatif;
mod world;
