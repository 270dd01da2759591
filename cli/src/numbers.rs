//! Numbers in arguments, whose refusals are in words for people: those of the parser name its types.

/// Reads a whole number of at most `MOST`.
///
/// # Errors
/// For people, where the text is none.
pub fn whole<const MOST: u64, T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number <= MOST);
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| match MOST {
        u64::MAX => "give a whole number".to_owned(),
        most => format!("give a whole number of at most {most}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_refused_in_words() {
        assert_eq!(whole::<200, u16>("50"), Ok(50));
        for wrong in ["x", "", "-1", "1.5", "201", "99999999999999999999"] {
            assert_eq!(whole::<200, u16>(wrong), Err("give a whole number of at most 200".into()), "{wrong}");
        }
        assert_eq!(whole::<{ u64::MAX }, u64>("-1"), Err("give a whole number".into()));
    }
}
