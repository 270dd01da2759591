//! The names of a form's fields: `data.address.street`, `data.tags.0`.

/// Where a field stands: the name under which a browser sends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name of the whole value.
    pub fn root(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A member of an object. What would end the segment, or cannot stand in a name, is written as `%` and two digits.
    pub fn member(&self, key: &str) -> Self {
        let mut name = format!("{}.", self.0);
        for character in key.chars() {
            if matches!(character, '.' | '%') || character.is_whitespace() || character.is_control() {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    name.push_str(&format!("%{byte:02X}"));
                }
            } else {
                name.push(character);
            }
        }
        Self(name)
    }

    /// A row of a list, from 0.
    pub fn row(&self, number: usize) -> Self {
        Self(format!("{}.{number}", self.0))
    }

    /// The hidden field that says how many rows a list shows.
    pub fn rows(&self) -> Self {
        Self(format!("{}.%rows", self.0))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the field's element: letters, digits, `-` and `_` alone, so that it can stand in a link as it is.
    pub fn id(&self) -> String {
        id_of(&self.0)
    }
}

/// The id of the element of a field with this name.
pub fn id_of(name: &str) -> String {
    let mut id = String::from("field-");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => id.push(char::from(byte)),
            _ => id.push_str(&format!("_{byte:02x}")),
        }
    }
    id
}

/// A member of the value at a JSON Pointer (RFC 6901).
pub fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_name_and_an_id_of_its_own() {
        let root = Name::root("data");
        assert_eq!(root.member("address").member("street").as_str(), "data.address.street");
        assert_eq!(root.member("tags").row(0).as_str(), "data.tags.0");
        let keys = ["a.b", "a%2Eb", "a b", "a\u{2003}b", "a-b", "a_b", "a/b", "ä", "", "rows"];
        let mut seen = std::collections::BTreeSet::new();
        for key in keys {
            let name = root.member(key);
            assert!(seen.insert(name.id()), "{key}");
            assert!(!name.as_str().contains(char::is_whitespace));
        }
        assert_eq!(below("/data", "a/b~c"), "/data/a~1b~0c");
    }
}
