//! What the editor holds: a text, and of which saved workflow it is a new version.

use crate::form::Pairs;

/// What somebody is writing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The document, in JSON or YAML.
    pub text: String,
    /// The input of a run, as JSON.
    pub input: String,
    /// The saved workflow that is edited; none for a new one.
    pub of: Option<Base>,
    /// The version that the writer wants to be followed although the text does not come from it.
    pub over: Option<u64>,
}

/// A saved version that a text comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// The workflow.
    pub id: String,
    /// The version which is the latest, as far as the writer knows.
    pub version: u64,
}

/// What is to be done with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Show its picture and its problems.
    Check,
    /// Run it once, without saving it.
    Run,
    /// Save it.
    Save,
}

impl Draft {
    /// What was sent by the editor of a new workflow, or of the one with this id; none where that is no form of it.
    pub fn read(pairs: &Pairs, id: Option<&str>) -> Option<(Self, Wish)> {
        let known = ["text", "input", "version", "key", "do", "over"];
        if pairs.iter().any(|(name, _)| !known.contains(&name)) {
            return None;
        }
        let wish = match pairs.get("do") {
            None | Some("check") => Wish::Check,
            Some("run") => Wish::Run,
            Some("save") => Wish::Save,
            Some(_) => return None,
        };
        let number = |name: &str| pairs.get(name).map(|text| text.parse::<u64>().ok());
        let of = match (id, number("version")) {
            (None, _) => None,
            (Some(id), Some(Some(version))) => Some(Base { id: id.to_owned(), version }),
            (Some(_), _) => return None,
        };
        // The button that saves over another's version says of which version, and to save.
        let (over, wish) = match number("over") {
            None => (None, wish),
            Some(Some(over)) => (Some(over), Wish::Save),
            Some(None) => return None,
        };
        let text = |name: &str| pairs.get(name).unwrap_or_default().to_owned();
        Some((Self { text: text("text"), input: text("input"), of, over }, wish))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pairs(all: &[(&str, &str)]) -> Pairs {
        let mut pairs = Pairs::default();
        all.iter().for_each(|(name, value)| pairs.push(name, *value));
        pairs
    }

    #[test]
    fn a_form_of_the_editor_is_read_and_nothing_else() {
        let (draft, wish) = Draft::read(&pairs(&[("text", "id: a"), ("input", "{}"), ("do", "run")]), None).unwrap();
        assert_eq!((draft.text.as_str(), wish, draft.of), ("id: a", Wish::Run, None));
        let (draft, wish) = Draft::read(&pairs(&[("text", ""), ("version", "3"), ("over", "4")]), Some("a")).unwrap();
        assert_eq!((draft.of.unwrap().version, draft.over, wish), (3, Some(4), Wish::Save));
        for wrong in [&[("do", "all")][..], &[("more", "")], &[("over", "x")], &[("version", "x")], &[]] {
            assert_eq!(Draft::read(&pairs(wrong), Some("a")), None, "{wrong:?}");
        }
    }
}
