//! What a browser sends of a form: pairs of name and value.

use crate::limits;

/// The pairs of a form, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads a body of the type `application/x-www-form-urlencoded`. None where it has more pairs than
    /// [`limits::FORM_PAIRS`]. Line ends become single line feeds: browsers send two characters for each.
    pub fn read(body: &[u8]) -> Option<Self> {
        let one_line_end = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        let pairs = form_urlencoded::parse(body).take(limits::FORM_PAIRS + 1);
        let pairs: Vec<_> = pairs.map(|(name, value)| (name.into_owned(), one_line_end(&value))).collect();
        (pairs.len() <= limits::FORM_PAIRS).then_some(Self(pairs))
    }

    /// The first value under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// All values under a name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let named: Vec<_> = self.0.iter().filter(|(one, _)| one == name).collect();
        named.into_iter().map(|(_, value)| value.as_str())
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a pair.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Puts one value under a name, in place of those that are there.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Takes out whatever stands under a name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(one, _)| one != name);
    }

    /// How many rows of a list the form shows.
    pub fn rows(&self, list: &str) -> Option<usize> {
        let rows = self.get(&format!("{list}.%rows"))?.parse::<usize>().ok()?;
        Some(rows.min(limits::ROWS))
    }

    /// The form with another number of rows, where a button for that was pressed.
    pub fn other_rows(&self) -> Option<Self> {
        let (mut rows, add, remove) = (self.clone(), self.get("add"), self.get("remove"));
        if let Some(list) = add {
            rows.add_row(list);
        }
        if let Some(row) = remove {
            rows.remove_row(row);
        }
        rows.remove("add");
        rows.remove("remove");
        (add.is_some() || remove.is_some()).then_some(rows)
    }

    /// Shows one more row of a list.
    pub fn add_row(&mut self, list: &str) {
        let rows = self.rows(list).unwrap_or_default() + 1;
        self.set(&format!("{list}.%rows"), rows.min(limits::ROWS).to_string());
    }

    /// Takes a row out of a list, by the row's name: those after it move up.
    pub fn remove_row(&mut self, row: &str) {
        let Some((list, number)) = row.rsplit_once('.') else { return };
        let (Ok(number), Some(rows)) = (number.parse::<usize>(), self.rows(list)) else { return };
        if number >= rows {
            return;
        }
        let moved = |name: &str| -> Option<String> {
            let rest = name.strip_prefix(list).and_then(|rest| rest.strip_prefix('.'));
            let Some((at, below)) = rest.map(|rest| rest.split_once('.').unwrap_or((rest, ""))) else {
                return Some(name.to_owned());
            };
            match at.parse::<usize>() {
                Ok(at) if at == number => None,
                Ok(at) if at > number && below.is_empty() => Some(format!("{list}.{}", at - 1)),
                Ok(at) if at > number => Some(format!("{list}.{}.{below}", at - 1)),
                _ => Some(name.to_owned()),
            }
        };
        let pairs = std::mem::take(&mut self.0);
        self.0 = pairs.into_iter().filter_map(|(name, value)| Some((moved(&name)?, value))).collect();
        self.set(&format!("{list}.%rows"), (rows - 1).to_string());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_body_is_read_as_browsers_write_it() {
        let pairs = Pairs::read(b"a=1&a=2&text=one%0D%0Atwo&plus=a+b%2Bc&none=&bad=%ff").unwrap();
        assert_eq!(pairs.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(pairs.get("text"), Some("one\ntwo"));
        assert_eq!((pairs.get("plus"), pairs.get("none")), (Some("a b+c"), Some("")));
        assert_eq!((pairs.get("bad"), pairs.get("absent")), (Some("\u{fffd}"), None));
        assert_eq!(Pairs::read("a=&".repeat(limits::FORM_PAIRS + 1).as_bytes()), None);
    }

    #[test]
    fn rows_are_added_at_the_end_and_taken_out_of_the_middle() {
        let body = b"l.%25rows=3&l.0=a&l.1.x=b&l.1.y=c&l.2.x=d&l.10=e&lx.1=f&l=g";
        let mut pairs = Pairs::read(body).unwrap();
        pairs.remove_row("l.1");
        let left: Vec<_> = pairs.iter().collect();
        let expected = [("l.0", "a"), ("l.1.x", "d"), ("l.9", "e"), ("lx.1", "f"), ("l", "g"), ("l.%rows", "2")];
        assert_eq!(left, expected);
        pairs.add_row("l");
        assert_eq!(pairs.rows("l"), Some(3));
        for nonsense in ["l.7", "l", "none.0", "l.x", ""] {
            let before = pairs.clone();
            pairs.remove_row(nonsense);
            assert_eq!(pairs, before, "{nonsense}");
        }
        pairs.set("l.%rows", "99999999999");
        assert_eq!(pairs.rows("l"), Some(limits::ROWS));
    }
}
