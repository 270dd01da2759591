//! What the effects of a commit mean here ([`plan`]), and carrying them out ([`deliver`]).

pub(crate) mod deliver;
pub(crate) mod plan;
