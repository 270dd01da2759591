//! What a function does on Lambda: its start ([`function`], [`config`]), its logs, metrics and traces ([`telemetry`]), and
//! what it does with what Lambda hands it: batches of the step queue, ticks and dead letters, pauses that begin, mails that came
//! back. The mains
//! in `functions/` choose among them.

pub mod bounce;
pub mod config;
pub mod function;
pub mod pause;
pub mod people;
pub mod step;
pub mod supervise;
pub mod telemetry;
