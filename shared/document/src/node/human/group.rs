//! Groups among the people who are asked: `group:finance` stands for whoever is a member of `finance` when it matters.

use crate::limits;
use serde_json::Value;

/// What an assignee that is a group begins with, in any case.
pub const GROUP: &str = "group:";

/// The group's name, where an assignee is a group: empty where it names none. Names are compared without regard to ASCII
/// case.
pub fn group_of(assignee: &str) -> Option<&str> {
    let (prefix, name) = assignee.trim().split_at_checked(GROUP.len())?;
    prefix.eq_ignore_ascii_case(GROUP).then_some(name.trim())
}

/// Whether a text may name a group: 1 to 64 bytes without a comma, by which people are told apart, without control
/// characters, and without space at its ends.
pub fn is_group_name(name: &str) -> bool {
    let good = |c: char| !c.is_control() && c != ',';
    !name.is_empty() && name.len() <= limits::GROUP_NAME_BYTES && name.trim() == name && name.chars().all(good)
}

/// The names of the groups that a list of people, or a text with commas, has without templates, in lower case.
pub(crate) fn groups_in(people: &Value) -> Vec<String> {
    let texts: Vec<&str> = match people {
        Value::String(text) => text.split(',').collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let named = texts.into_iter().filter(|text| !text.contains("{{")).filter_map(group_of);
    named.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_told_by_its_prefix() {
        assert_eq!(group_of("group:finance"), Some("finance"));
        assert_eq!(group_of(" Group: Finance EU "), Some("Finance EU"));
        assert_eq!(group_of("group:"), Some(""));
        for person in ["ann@example.com", "group", "groups:finance", "", "gröup:x"] {
            assert_eq!(group_of(person), None, "{person}");
        }
    }

    #[test]
    fn the_groups_of_a_list_are_those_that_no_template_names() {
        let list = serde_json::json!(["group:Finance", "ann@x.example", "group:{{ input.team }}", 7]);
        assert_eq!(groups_in(&list), ["finance"]);
        assert_eq!(groups_in(&"group:a, ann, group:b".into()), ["a", "b"]);
    }

    #[test]
    fn a_group_has_a_name_that_a_list_of_people_can_hold() {
        for name in ["finance", "Finance EU", "/org/finance", "büro", &"x".repeat(64)] {
            assert!(is_group_name(name), "{name}");
        }
        for name in ["", " ", " finance", "a,b", "a\nb", &"x".repeat(65)] {
            assert!(!is_group_name(name), "{name}");
        }
    }
}
