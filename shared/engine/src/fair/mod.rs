//! Who comes first where work waits: what callers ask before bulk work, and owners in turn, so that nobody's work delays
//! another's by more than a turn. Everything here takes the same time however much waits.

mod gate;
mod line;
mod place;
mod ranks;
mod shares;
#[cfg(test)]
mod tests;
mod wheel;

pub use gate::{Gate, Seat};
pub use line::Line;
pub use place::{Owner, Place, Rank};
pub use ranks::Ranks;
pub use shares::Shares;
pub use wheel::Wheel;
