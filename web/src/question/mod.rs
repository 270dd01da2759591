//! A question to people: what it says, who is asked, its form, and what a browser sends of that. The page of a link and
//! the inbox show it, each in its own frame.

pub mod answer;
mod changed;
pub mod ended;
mod found;
pub mod inputs;
mod origin;
pub mod people;
pub mod shown;
pub mod words;

pub use found::Found;
pub use origin::origin;
