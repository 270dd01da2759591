//! What the functions do with what Lambda hands them: batches of the step queue, ticks and dead letters, pauses that
//! begin. The mains in `functions/` choose among them.

pub mod pause;
pub mod step;
pub mod supervise;
