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
        .filter_map(|candidate| Some((distance(&lower, &candidate.to_lowercase(), allowed)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest candidate or, where none is near, the first 20 of them.
pub(crate) fn hint<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(given, candidates.clone()) {
        return format!("Did you mean `{near}`?");
    }
    list(candidates)
}

/// A hint that names the first 20 candidates.
pub(crate) fn list<'a>(candidates: impl IntoIterator<Item = &'a str>) -> String {
    let mut candidates = candidates.into_iter();
    let all: Vec<&str> = candidates.by_ref().take(20).collect();
    if all.is_empty() {
        return "There is none to choose from: remove it.".to_owned();
    }
    let more = candidates.count();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Known here: `{}`{rest}.", all.join("`, `"))
}

/// The number of edits between two texts: Levenshtein's distance in characters, where a swap of neighbours is one edit.
/// None where there are more than `most`, which is found out early.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
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
        // What two rows lack no later one makes good: a swap of neighbours looks back over one.
        if above.iter().chain(&row).all(|edits| *edits > most) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    Some(above[b.len()]).filter(|edits| *edits <= most)
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
