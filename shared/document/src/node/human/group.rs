//! Groups among the people who are asked: `group:finance` stands for whoever is a member of `finance` when it matters.

use crate::limits;

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
    fn a_group_has_a_name_that_a_list_of_people_can_hold() {
        for name in ["finance", "Finance EU", "/org/finance", "büro", &"x".repeat(64)] {
            assert!(is_group_name(name), "{name}");
        }
        for name in ["", " ", " finance", "a,b", "a\nb", &"x".repeat(65)] {
            assert!(!is_group_name(name), "{name}");
        }
    }
}
