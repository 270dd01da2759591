//! Regular expressions of a schema as browsers take them in `pattern`. A browser reads them in its strictest mode and
//! complains on its console about the others, so that only those are handed over that both read alike.

/// The expression as the attribute `pattern`, which must match the whole text where a schema's need match a part of it.
/// None where a browser may read it in another way, or not at all: the server checks it in any case.
pub fn html_pattern(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let mut open = 0_usize;
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(rest.next()?, false)?,
            '[' => class(&mut rest)?,
            '(' => {
                open += 1;
                if rest.next_if_eq(&'?').is_some() {
                    rest.next_if_eq(&':')?;
                }
            }
            ')' => open = open.checked_sub(1)?,
            '{' => quantifier(&mut rest)?,
            '^' | '$' | '.' | '|' | '*' | '+' | '?' => {}
            ']' | '}' => return None,
            _ if character.is_control() => return None,
            _ => {}
        }
    }
    (open == 0).then(|| format!(".*(?:{pattern}).*"))
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(character: char, in_class: bool) -> Option<()> {
    let known = "dDwWsS^$\\.*+?()[]{}|/".contains(character)
        || (in_class && character == '-')
        || (!in_class && "bB".contains(character));
    known.then_some(())
}

/// A class such as `[A-Za-z0-9_]`.
fn class(rest: &mut Rest<'_>) -> Option<()> {
    rest.next_if_eq(&'^');
    let mut empty = true;
    loop {
        match rest.next()? {
            ']' if empty => return None,
            ']' => return Some(()),
            '\\' => escape(rest.next()?, true)?,
            // A dash is plain only between two ends of a range.
            '-' if empty || rest.peek() == Some(&']') => return None,
            character if character.is_alphanumeric() || " -_.,:;@+%='\"".contains(character) => {}
            _ => return None,
        }
        empty = false;
    }
}

/// A quantifier such as `{2,4}`.
fn quantifier(rest: &mut Rest<'_>) -> Option<()> {
    let mut inside = String::new();
    loop {
        match rest.next()? {
            '}' => break,
            character => inside.push(character),
        }
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let good = match inside.split_once(',') {
        Some((least, most)) => digits(least) && (most.is_empty() || digits(most)),
        None => digits(&inside),
    };
    good.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_expressions_that_it_reads_as_the_schema_does() {
        for good in ["^[A-Z]{2}\\d+$", "a|b", "^(?:x|y)*$", "^[^0-9]+$", "\\.", "^\\+?[0-9 ]{3,}$", ""] {
            assert_eq!(html_pattern(good), Some(format!(".*(?:{good}).*")), "{good}");
        }
        for other in [
            "(?i)a",
            "(?<name>a)",
            "(?=a)",
            "[a-]",
            "[]a]",
            "[a&&b]",
            "a{",
            "a{x}",
            "]",
            "\\p{L}",
            "(",
            "a)",
            "\\",
            "[",
        ] {
            assert_eq!(html_pattern(other), None, "{other}");
        }
    }
}
