//! What an execution used ([`meter`]), and what that costs ([`prices`]).

pub mod meter;
pub mod prices;
