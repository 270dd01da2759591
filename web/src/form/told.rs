//! What a check of a schema says of a value, in the words of people who fill in a form: what is wanted, and not what is wrong.

use crate::words::capital;

/// What the checks say between the value and the bound, and what people are told of the bound.
const BOUNDS: [(&str, &str, &str); 9] = [
    (" is less than the minimum of ", "It must be ", " or more."),
    (" is greater than the maximum of ", "It must be ", " at most."),
    (" is less than or equal to the minimum of ", "It must be more than ", "."),
    (" is greater than or equal to the maximum of ", "It must be less than ", "."),
    (" is not a multiple of ", "It must be a multiple of ", "."),
    (" is shorter than ", "It must have ", " at least."),
    (" is longer than ", "It may have ", " at most."),
    (" has less than ", "It must have ", " at least."),
    (" has more than ", "It may have ", " at most."),
];

/// How a sentence begins that stands beside what it is about.
pub const IT: &str = "It ";

/// The sentence for people. What nobody has words for stays as it is, with a capital.
pub fn told(message: &str) -> String {
    // Where it lies within a value may stand before it.
    let is_place = |place: &str| !place.is_empty() && place.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c));
    if let Some((place, rest)) = message.split_once(": ").filter(|(place, _)| is_place(place)) {
        let said = told(rest);
        return said.strip_prefix(IT).map_or_else(|| format!("{place}: {said}"), |rest| format!("{place} {rest}"));
    }
    let found = BOUNDS.iter().find_map(|(between, before, after)| {
        // The value may say anything; the bound is the document's and stands last.
        let (_, bound) = message.rsplit_once(between)?;
        Some(format!("{before}{}{after}", bound.trim_end_matches('.')))
    });
    found.unwrap_or_else(|| capital(message))
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn people_are_told_what_is_wanted() {
        for (message, sentence) in [
            ("-5 is less than or equal to the minimum of 0", "It must be more than 0."),
            ("2 is less than the minimum of 3", "It must be 3 or more."),
            ("401 is greater than the maximum of 400", "It must be 400 at most."),
            ("\"too long\" is longer than 5 characters", "It may have 5 characters at most."),
            ("[] has less than 2 items", "It must have 2 items at least."),
            ("it is over", "It is over"),
            ("amount: 901 is greater than the maximum of 900", "amount must be 900 at most."),
            ("Fill this in.", "Fill this in."),
        ] {
            assert_eq!(told(message), sentence);
        }
    }
}
