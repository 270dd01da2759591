//! Texts of others keep their direction to themselves. An element isolates what stands in it, and yet a text can break out:
//! one that closes more isolates than it opens ends that of its element, and one that opens more takes the end of its element
//! for itself. Either way the words after it would be turned around. So each run of text in a page closes what it opens, and
//! nothing else.

/// What opens an isolate: LRI, RLI and FSI.
const OPENS: [char; 3] = ['\u{2066}', '\u{2067}', '\u{2068}'];
/// What closes the latest one: PDI.
const CLOSES: char = '\u{2069}';
/// Elements whose text is shown as it is, by itself, and may be sent back by a form.
const RAW: [&str; 2] = ["textarea", "title"];

/// A page whose texts are closed in themselves.
pub fn isolated(page: String) -> String {
    if !page.contains(OPENS) && !page.contains(CLOSES) {
        return page;
    }
    let mut whole = String::with_capacity(page.len() + 64);
    let mut rest = page.as_str();
    while let Some(begins) = rest.find('<') {
        whole.push_str(&closed(&rest[..begins]));
        // An attribute has no bracket in it: those of texts are written as references.
        let ends = rest[begins..].find('>').map_or(rest.len(), |ends| begins + ends + 1);
        let tag = &rest[begins..ends];
        let raw = RAW
            .iter()
            .find(|name| tag[1..].starts_with(*name))
            .and_then(|name| rest[ends..].find(&format!("</{name}")));
        let after = raw.map_or(ends, |raw| ends + raw);
        whole.push_str(&rest[begins..after]);
        rest = &rest[after..];
    }
    whole.push_str(&closed(rest));
    whole
}

/// A text that closes all isolates that it opens, and no other.
fn closed(text: &str) -> String {
    let mut open = 0_usize;
    let mut kept: String = text
        .chars()
        .filter(|one| {
            open += usize::from(OPENS.contains(one));
            let is_stray = *one == CLOSES && open == 0;
            open -= usize::from(*one == CLOSES && !is_stray);
            !is_stray
        })
        .collect();
    kept.extend(std::iter::repeat_n(CLOSES, open));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_closes_what_it_opens_and_nothing_else() {
        let page = |text: &str| isolated(format!("<p title=\"{text}\"><bdi>{text}</bdi> after</p>"));
        for (text, shown) in [
            ("plain \u{202e}evil", "plain \u{202e}evil"),
            ("a\u{2066}b", "a\u{2066}b\u{2069}"),
            ("a\u{2069}b", "ab"),
            ("a\u{2069}\u{2067}\u{2068}b\u{2069}", "a\u{2067}\u{2068}b\u{2069}\u{2069}"),
            ("\u{2066}a\u{2069}", "\u{2066}a\u{2069}"),
        ] {
            assert_eq!(page(text), format!("<p title=\"{text}\"><bdi>{shown}</bdi> after</p>"));
        }
    }

    #[test]
    fn what_a_form_sends_back_stays_as_it_is() {
        let page = "<title>\u{2066}</title><textarea name=\"a\">\u{2066}x\u{2069}\u{2069}</textarea><b>\u{2069}</b>";
        assert_eq!(isolated(page.to_owned()), page.replace("<b>\u{2069}</b>", "<b></b>"));
    }
}
