//! What of an execution a page shows, as its address says: at which checkpoint, which node, which part of a list.

use crate::desk::{Asked, part, query};
use api::Params;
use std::collections::BTreeSet;

/// What a page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aim {
    /// The checkpoint that is looked at; none for now.
    pub at: Option<u64>,
    /// The selected node.
    pub node: Option<String>,
    /// Loops that are folded where they would be open, and open where they would be folded.
    pub flipped: BTreeSet<String>,
    /// The journal is shown up to before this turn; none for its newest part.
    pub before: Option<u64>,
    /// Where the list of children goes on; none for its beginning.
    pub children: Option<String>,
    /// Whether a browser without scripts leaves the page as it is, while the execution goes on.
    pub still: bool,
}

impl Aim {
    /// Reads a query.
    ///
    /// # Errors
    /// What a parameter cannot be, and 422 for one that is unknown.
    pub fn of(mut params: Params) -> Asked<Self> {
        let aim = Self {
            // The form of the slider sends an empty text where nobody has said a checkpoint.
            at: params.take("at")?.filter(|at| !at.is_empty()).map(|at| number("at", &at)).transpose()?,
            node: params.name("node")?.filter(|node| !node.is_empty()),
            flipped: params.take_all("fold").into_iter().collect(),
            before: params.number("before")?,
            children: params.name("children")?,
            still: params.take("still")?.is_some_and(|still| still == "yes"),
        };
        params.done()?;
        Ok(aim)
    }

    /// The query of the page that shows this; empty where it is the plain one.
    pub fn query(&self) -> String {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (at, before) = (number(self.at), number(self.before));
        let one = |text: &Option<String>| text.clone().unwrap_or_default();
        let (node, children) = (one(&self.node), one(&self.children));
        let named = [("at", at.as_str()), ("node", &node), ("before", &before), ("children", &children)];
        let still = self.still.then_some(("still", "yes"));
        let folds = self.flipped.iter().map(|id| ("fold", id.as_str()));
        query(named.into_iter().chain(still).chain(folds))
    }

    /// The same with another node selected.
    pub fn on(&self, node: &str) -> Self {
        Self { node: Some(node.to_owned()), ..self.clone() }
    }

    /// The same, loaded again by itself or not.
    pub fn still(&self, still: bool) -> Self {
        Self { still, ..self.clone() }
    }

    /// The same at another moment.
    pub fn at(&self, at: Option<u64>) -> Self {
        Self { at, ..self.clone() }
    }

    /// The same with a loop folded that was open, or the other way round.
    pub fn flip(&self, node: &str) -> Self {
        Self { flipped: crate::picture::flip(&self.flipped, node), ..self.clone() }
    }
}

fn number(name: &str, text: &str) -> Result<u64, api::Problem> {
    text.parse().map_err(|_| Params::refuse(name, "is not a number in its range", "give a plain number"))
}

/// The address of an execution's page, seen from a page with this way up.
pub fn address(up: &str, id: &str) -> String {
    format!("{up}executions/{}", part(id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_page_shows_stands_in_its_address() {
        let aim = Aim { at: Some(7), before: Some(3), ..Aim::default() }.on("a b&c").flip("each");
        assert_eq!(aim.query(), "?at=7&node=a%20b%26c&before=3&fold=each");
        let pairs = [("at", "7"), ("node", "a b&c"), ("before", "3"), ("fold", "each")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(Aim::of(Params::of(pairs)).unwrap(), aim);
        assert_eq!((aim.flip("each").flipped.len(), Aim::default().query()), (0, String::new()));
        let unknown = vec![("att".to_owned(), "1".to_owned())];
        assert_eq!(Aim::of(Params::of(unknown)).unwrap_err().problem.code, "unknown_field");
    }
}
