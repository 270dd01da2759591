//! What a browser without scripts does with a form: it finds the fields, and sends what stands in them.

/// An element's tag with its attributes, and the text between it and the next tag.
struct Element<'a> {
    name: &'a str,
    attributes: &'a str,
    text: &'a str,
}

fn elements(html: &str) -> impl Iterator<Item = Element<'_>> {
    html.split('<').skip(1).filter_map(|rest| {
        let (tag, text) = rest.split_once('>')?;
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        Some(Element { name, attributes, text })
    })
}

impl Element<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        while !rest.trim_start().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (own, after) = rest.split_at(end);
            let (value, left) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap(),
                None => ("", after),
            };
            if own == name {
                return Some(plain(value));
            }
            rest = left;
        }
        None
    }

    fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

/// The text that HTML stands for.
pub fn plain(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The text of a page without its tags, with a space where one part ends and another begins.
pub fn text(html: &str) -> String {
    let inside = ["bdi", "strong", "a", "code", "time"];
    let piece = |element: Element<'_>| {
        let space = if inside.contains(&element.name.trim_start_matches('/')) { "" } else { " " };
        format!("{space}{}", element.text)
    };
    let all: String = elements(html).map(piece).collect();
    plain(&all).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pairs that the form of a page would send.
pub fn filled(html: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut select: Option<(String, Option<String>)> = None;
    for element in elements(html) {
        let name = || element.attribute("name").unwrap();
        let value = || element.attribute("value").unwrap_or_default();
        let is_chosen = || matches!(element.attribute("type").as_deref(), Some("radio" | "checkbox"));
        match element.name {
            "input" if is_chosen() && element.has("checked") => pairs.push((name(), value())),
            "input" if is_chosen() => {}
            "input" => pairs.push((name(), value())),
            "textarea" => {
                let text = plain(element.text);
                pairs.push((name(), text.strip_prefix('\n').unwrap_or(&text).replace('\n', "\r\n")));
            }
            "select" => select = Some((name(), None)),
            "option" => {
                let (_, chosen) = select.as_mut().unwrap();
                if element.has("selected") || chosen.is_none() {
                    *chosen = Some(value());
                }
            }
            "/select" => {
                let (name, chosen) = select.take().unwrap();
                pairs.push((name, chosen.unwrap()));
            }
            _ => {}
        }
    }
    pairs
}

/// The same pairs with some of them put in their place, or added.
pub fn with(pairs: &[(String, String)], changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = pairs.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name)).cloned();
    kept.chain(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// A body as a browser encodes it.
pub fn encoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The addresses that a page leads to or loads.
pub fn addresses(html: &str) -> Vec<String> {
    elements(html).filter_map(|element| element.attribute("href").or_else(|| element.attribute("src"))).collect()
}

/// The attributes of the element that sends this name.
pub fn attribute(html: &str, field: &str, attribute: &str) -> Option<String> {
    let found = elements(html).find(|element| element.attribute("name").as_deref() == Some(field));
    found.unwrap_or_else(|| panic!("no field {field}")).attribute(attribute)
}

/// The names of all tags of a page.
pub fn tags(html: &str) -> std::collections::BTreeSet<&str> {
    elements(html).map(|element| element.name.trim_start_matches('/')).collect()
}
