//! What every host does around the rules: load, decide, commit, deliver ([`drive`]); run the one node that a message asks
//! for ([`step`]); start executions ([`start`], [`schedules`]); and look after what time and accidents leave behind
//! ([`supervise`]). Asynchronous, over the traits of [`port`], and without a client of any service.

pub mod ahead;
pub mod asked;
pub mod bulk;
mod compensation;
pub mod delivery;
pub mod documents;
pub mod drive;
pub mod envelope;
pub mod fair;
pub mod fork;
pub mod groups;
pub mod inline;
mod journal;
pub mod left;
pub mod limits;
pub mod line;
pub mod lines;
pub mod link;
pub mod loads;
pub mod locks;
pub mod masking;
pub mod model;
pub mod moving;
pub mod past;
pub mod patch;
pub mod pieces;
pub mod port;
pub mod prepare;
pub mod prices;
pub mod proof;
pub mod questions;
pub mod remember;
pub mod requesters;
pub mod rollback;
pub mod schedules;
pub mod scope;
mod seal;
mod shown;
pub mod signing;
pub mod start;
pub mod step;
pub mod supervise;
pub mod told;
pub mod whatif;
