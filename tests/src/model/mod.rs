//! Any command at any moment, on any store: scripts are drawn from seeds, played, and made short where they fail.
//!
//! A [`Script`] is plain data. It is played on the store of a host ([`play`]), with everything around the store replaced by
//! what is the same everywhere ([`outer`]): so one seed has the same journals on every store, and a difference is a
//! mistake of a store. The simulated host plays scripts too ([`Simulated`]), with faults at every call of a port and
//! several handlers at once, so that there only how everything ends can be compared.

mod agree;
mod check;
mod driven;
mod hold;
mod outer;
pub(crate) mod patching;
mod perform;
mod play;
mod process;
mod script;
mod shrink;
mod simulated;
mod stage;
#[cfg(feature = "aws")]
mod table;

pub use agree::agrees;
pub use hold::hold;
pub use outer::BEGIN;
pub use play::{Played, Process, play};
pub use process::{InMemory, OnDisk};
pub use script::{Death, Script, Step, What};
pub use shrink::{replay, shrink};
pub use simulated::simulate;
#[cfg(feature = "aws")]
pub use table::OnTable;
