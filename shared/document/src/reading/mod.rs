//! What every reader of a document's parts needs: where a part stands, how its fields are read and its problems
//! reported, what its expressions may name, and whether its schemas are sound. Nothing here knows a node type.

mod at;
mod cx;
mod declared;
mod expressions;
mod fields;
mod frame;
mod issue;
mod known;
mod lasting;
mod members;
mod names;
mod outputs;
mod raw;
pub mod schema;
mod script;
mod secrets;
mod shape;
pub(crate) mod suggest;
mod told;

pub use at::At;
pub(crate) use at::join;
pub use cx::Cx;
pub(crate) use cx::is_id;
pub(crate) use declared::Declared;
pub use fields::Fields;
pub(crate) use fields::{cut, kind_of, whole};
pub use frame::{Frame, Place};
pub(crate) use frame::{Reader, SecretsIn};
pub use issue::{Issue, Severity};
pub use lasting::Lasting;
pub(crate) use outputs::{Outputs, literal, object_of};
pub(crate) use raw::{RawEdge, RawNode};
pub use script::{Script, SyntaxFault};
pub(crate) use secrets::ends_its_host;
pub(crate) use shape::Shape;
pub use told::ChannelUse;
