//! The rules of Stepwell. They are pure: no clock, no I/O, no randomness, no async runtime.
//!
//! | word | means |
//! |---|---|
//! | **Command** | something asked of an execution ([`command`]); it may be refused |
//! | **Event** | something that has happened, recorded for good ([`event`]) |
//! | **Effect** | something to be done outside, at least once ([`effect`]) |
//! | **Turn** | one command decided: its events and its effects ([`decide`]) |
//! | **Checkpoint** | the state after a turn; its id is the turn's number |
//! | **Activation** | one visit to one node; its attempts count from 1 ([`id::Activation`]) |
//! | **Epoch** | grows at each rollback; whatever bears an older one is stale |
//!
//! A command and a state make a turn ([`decide::decide`]); turns folded make the state ([`evolve::evolve`]). Hosts
//! load, decide, commit and deliver (`engine::drive::submit`), and nothing else changes an execution.
//!
//! ```
//! use serde_json::json;
//! use stepwell_core::{command::Command, decide::decide, event::Started, task::Outcome};
//! use document::{parse, time::Time};
//!
//! let document = json!({
//!     "id": "greet",
//!     "nodes": [
//!         { "id": "start", "type": "manual_trigger" },
//!         { "id": "hello", "type": "transform", "config": { "expression": "'Hello, ' + input.name" } }
//!     ],
//!     "edges": [{ "from": "start", "to": "hello" }]
//! });
//! let workflow = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;
//!
//! let started = Started::new("e1".into(), &workflow, json!({ "name": "Ada" }), Time(0));
//! let first = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0))?;
//! assert_eq!(first.effects.len(), 1, "one message: run the node `hello`");
//!
//! let report = Command::Report {
//!     activation: first.state.activation(&"hello".into()),
//!     attempt: 1,
//!     outcome: Outcome::Succeeded { port: "success".into(), output: json!("Hello, Ada").into() },
//!     duration_ms: None,
//! };
//! let second = decide(&workflow, Some(&first.state), report.into(), Time(1))?;
//! assert_eq!(second.state.status().as_str(), "completed");
//! assert_eq!(second.state.output.as_ref().and_then(|output| output.value()), Some(&json!("Hello, Ada")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod admission;
pub mod agent;
pub mod allotment;
pub mod below;
pub mod children;
pub mod command;
pub mod decide;
pub mod documents;
pub mod due;
pub mod effect;
pub mod error;
pub mod event;
pub mod evolve;
pub mod execution;
pub mod id;
pub mod interaction;
pub mod invariant;
pub mod limits;
pub mod meant;
pub mod owed;
pub mod patch;
pub mod payload;
pub mod reading;
pub mod replay;
pub mod retention;
pub mod rollback;
pub mod sight;
pub mod status;
pub mod task;
pub mod view;
pub mod wanted;
