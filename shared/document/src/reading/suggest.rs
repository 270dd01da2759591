//! Hints about a name that is not known: "Did you mean …?"

/// The candidate nearest to `given`, where one is near enough to be what was meant: one edit per three characters, but
/// at least one and at most three. Long names are not compared, so that a hostile document costs little.
pub(crate) fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.chars().count() > 64 {
        return None;
    }
    let lower = given.to_lowercase();
    let allowed = (lower.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 128)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest candidate or, where none is near, the first 20 of them.
pub(crate) fn hint<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(given, candidates.clone()) {
        return format!("Did you mean `{near}`?");
    }
    let mut all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() {
        return "There is none to choose from: remove it.".to_owned();
    }
    let more = all.len().saturating_sub(20);
    all.truncate(20);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Known here: `{}`{rest}.", all.join("`, `"))
}

/// The number of edits between two texts: Levenshtein's distance in characters, where a swap of neighbours is one edit.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let types = ["http_request", "human", "branch"];
        assert_eq!(nearest("htpt_request", types), Some("http_request"));
        assert_eq!(nearest("humn", types), Some("human"));
        assert_eq!(nearest("database", types), None);
    }
}
