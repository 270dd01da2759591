//! Forms made from a JSON Schema: the schema becomes fields, the fields are shown, and what a browser sends of them
//! becomes a value again. Whether that value fits is for the schema to say; what cannot be read at all is told here.

mod faults;
mod field;
mod fill;
mod label;
mod name;
mod pairs;
mod parse;
mod pattern;
mod record;
mod render;
mod rule;
mod schema;
mod told;

pub use faults::Faults;
pub use field::{Field, Kind, plain};
pub use fill::fill;
pub use label::label_of;
pub use name::{Name, id_of};
pub use pairs::Pairs;
pub use parse::{Parsed, Reader};
pub use record::record;
pub use render::{Shown, blank, faults_of, hint_of};
pub use rule::told as told_rule;
pub use schema::field_of;
