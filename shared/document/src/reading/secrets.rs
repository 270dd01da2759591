//! Checks where a document places secrets: only where a node's reader lets them stand, and never in an expression.

use super::{At, Cx, Place, frame::SecretsIn};
use expression::{ExprError, Hole, Template};

/// Reports an expression that reads a secret, whatever it makes of it and wherever it stands.
pub(super) fn read(cx: &mut Cx<'_>, at: &At<'_>) {
    let hint = format!(
        "Write `{{{{ secrets.NAME }}}}` and nothing else between the braces, in {}.",
        places(cx).unwrap_or_else(|| "a node that takes secrets".into())
    );
    cx.error("secret_not_allowed", at, ExprError::SECRET, hint);
}

/// Reports the secrets of a template that stand where none may.
pub(super) fn check(cx: &mut Cx<'_>, template: &Template, at: &At<'_>, place: Place<'_>) {
    for hole in template.secrets() {
        let good = match place.secrets {
            SecretsIn::Nothing => false,
            SecretsIn::Strings => true,
            SecretsIn::Members => !hole.pointer.is_empty(),
            // What a value at the start of the URL holds is known, and checked, when it is rendered.
            SecretsIn::UrlPath => hole.before.trim_start().starts_with(Hole::VALUE) || ends_its_host(&hole.before),
        };
        if good {
            continue;
        }
        let (message, hint) = match place.secrets {
            SecretsIn::UrlPath => (
                "a secret is placed where the URL's host may still go on".to_owned(),
                "Place it in the path or the query, behind the host and a `/` or `?`.".to_owned(),
            ),
            SecretsIn::Members => (
                "a secret is placed where an object is needed".to_owned(),
                "Place it in the value of a member.".to_owned(),
            ),
            SecretsIn::Nothing | SecretsIn::Strings => (
                format!("the secret `{}` is placed where none may stand", hole.name),
                places(cx).map_or_else(|| "No node takes secrets.".into(), |places| format!("Place it in {places}.")),
            ),
        };
        cx.error("secret_not_allowed", &at.below(&hole.pointer), message, hint);
    }
}

/// Where secrets may stand, for hints; none where no type takes any.
fn places(cx: &Cx<'_>) -> Option<String> {
    let all: Vec<String> =
        cx.types.iter().filter_map(|of| Some(format!("{} of an `{}`", of.secrets_in?, of.name))).collect();
    (!all.is_empty()).then(|| all.join(", or "))
}

/// Whether the host of a URL that begins like this is complete, so that nothing behind can change or lengthen it. A
/// strict reading of what the URL standard allows: two slashes, then a host, then what ends it.
pub(crate) fn ends_its_host(before: &str) -> bool {
    let text = before.trim_start().to_ascii_lowercase();
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    // Parsers of URLs take `\\` for `/`, and drop tabs and line breaks.
    if rest.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    rest.find(['/', '?', '#']).is_some_and(|end| end > 0)
}

#[cfg(test)]
mod tests {
    use super::ends_its_host;

    #[test]
    fn a_host_ends_where_a_path_or_a_query_begins() {
        for closed in
            ["https://a.example/", "HTTP://a.example:80/x/", " https://a.example?", "https://u@a/", "http://[::1]/"]
        {
            assert!(ends_its_host(closed), "{closed}");
        }
        for open in [
            "",
            "https://",
            "https://a.example",
            "https://a.example:80",
            "https:///",
            "https:/a/",
            "https://\t/",
            "https://a\\",
            "https://a.example\n/",
            "ftp://a/",
            "//a/",
            "https://u:p",
        ] {
            assert!(!ends_its_host(open), "{open}");
        }
    }
}
