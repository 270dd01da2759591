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

/// A hint about a node type that is not known, of those that are: each with the names that it has elsewhere.
pub(crate) fn kind(given: &str, types: &[(&str, &[&str])]) -> String {
    let lower = given.to_lowercase().replace('-', "_");
    match types.iter().find(|(_, also)| also.contains(&lower.as_str())) {
        Some((kind, _)) => format!("Did you mean `{kind}`?"),
        None => hint(given, types.iter().map(|(kind, _)| *kind)),
    }
}

/// What people call keys elsewhere: the key here, what else to know of it, and the other names. A name may stand for
/// several keys, of which the first that is known where it was written counts.
const KEYS: [(&str, &str, &[&str]); 24] = [
    ("timeout_seconds", ", a number of seconds", &["timeout", "timeout_ms", "timeoutMs", "ttl", "deadline"]),
    (
        "retry",
        ", such as {\"max_attempts\": 3}",
        &["retries", "max_retries", "retryOnFail", "maxTries", "attempts", "max_attempts"],
    ),
    ("max_attempts", ", which counts the first try", &["attempts", "retries", "max_retries", "limit", "count", "max"]),
    ("initial_seconds", "", &["delay", "delay_seconds", "interval", "wait", "waitBetweenTries"]),
    (
        "on_error",
        ": `fail`, `continue` or `ask_human`",
        &["onError", "continueOnFail", "catch", "ignore_errors", "on_failure"],
    ),
    ("config", "", &["params", "with", "args", "inputs", "options", "settings", "properties", "input"]),
    ("condition", ", in CEL", &["if", "when", "where", "expression", "expr"]),
    ("port", "", &["on", "output", "output_port", "outcome", "case", "then", "label", "handle"]),
    ("from", "", &["source_id", "start", "begin", "src"]),
    ("to", "", &["target_id", "next", "end", "dst", "goto"]),
    ("nodes", "", &["steps", "tasks", "states", "jobs", "actions", "activities"]),
    ("edges", "", &["links", "transitions", "flows", "arrows"]),
    ("input_schema", "", &["inputs", "input", "parameters", "params", "schema"]),
    ("when", ", in CEL", &["if", "condition", "case", "expression"]),
    (
        "rules",
        ", a list of {\"when\": CEL, \"port\": name}",
        &["if", "conditions", "cases", "branches", "condition", "when", "choices"],
    ),
    ("default", "", &["else", "otherwise", "fallback", "default_port"]),
    ("url", "", &["uri", "endpoint", "href", "address"]),
    ("query", "", &["params", "parameters", "query_params", "qs"]),
    ("body", "", &["json", "data", "payload", "content"]),
    ("code", "", &["script", "source", "js", "jsCode", "function"]),
    ("seconds", "", &["delay", "duration", "time", "sleep", "delay_seconds", "duration_seconds", "ms"]),
    ("for_each", ", a list in CEL", &["items", "list", "foreach", "over"]),
    ("items", ", a list in CEL", &["list", "for_each", "foreach", "over", "collection"]),
    ("question", "", &["prompt", "text", "title", "ask"]),
];

/// What is said by edges here, and by nodes elsewhere.
const NEXT: [&str; 9] =
    ["next", "depends_on", "dependsOn", "needs", "after", "then", "goto", "transitions", "runAfter"];

/// What stands beside a node's config, and is looked for in it.
const BESIDE_CONFIG: [&str; 5] = ["timeout_seconds", "retry", "on_error", "join", "delivery"];

/// A hint about a key that is not known, of the keys that are. `in_config`: the key was written in a node's config.
pub(crate) fn key(given: &str, known: &[&str], in_config: bool) -> String {
    let meant = |known: &[&str], given: &str| {
        let found = KEYS.iter().find(|(key, _, others)| known.contains(key) && others.contains(&given));
        found.map(|(key, more, _)| (*key, *more))
    };
    if let Some((key, more)) = meant(known, given) {
        return format!("Write `{key}`{more}.");
    }
    if in_config {
        let itself = BESIDE_CONFIG.into_iter().find(|key| *key == given).map(|key| (key, ""));
        if let Some((key, more)) = itself.or_else(|| meant(&BESIDE_CONFIG, given)) {
            return format!("Write `{key}`{more}, beside `config` and not in it.");
        }
    }
    if known.is_empty() {
        return "Remove it: nothing is set here.".into();
    }
    if known.contains(&"compensate") && NEXT.contains(&given) {
        return "What comes next is said by `edges`: {\"from\": \"this\", \"to\": \"next\"}.".into();
    }
    hint(given, known.iter().copied())
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
