//! A place in a document, spelled out as a JSON Pointer only when something is wrong there.

/// A place in the normalized document.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// The whole document.
    Root,
    /// A member of an object.
    Key(&'a At<'a>, &'a str),
    /// An item of a list.
    Item(&'a At<'a>, usize),
    /// A place further down, by the rest of its pointer.
    Below(&'a At<'a>, &'a str),
}

impl<'a> At<'a> {
    /// The place of a member of the object here.
    pub fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// The place of an item of the list here.
    pub fn item(&'a self, ix: usize) -> Self {
        Self::Item(self, ix)
    }

    pub(crate) fn below(&'a self, pointer: &'a str) -> Self {
        Self::Below(self, pointer)
    }

    /// The place as a JSON Pointer (RFC 6901).
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => join(&parent.pointer(), key),
            Self::Item(parent, ix) => format!("{}/{ix}", parent.pointer()),
            Self::Below(parent, rest) => format!("{}{rest}", parent.pointer()),
        }
    }
}

/// A pointer to a member of what `parent` points to.
pub(crate) fn join(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_rfc_6901_asks_for() {
        let root = At::Root;
        let nodes = root.key("a/b~c");
        assert_eq!(nodes.item(3).pointer(), "/a~1b~0c/3");
    }
}
