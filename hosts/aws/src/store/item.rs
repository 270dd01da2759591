//! Helpers for items of DynamoDB: making and reading attributes, counting an item's bytes as DynamoDB does, and the
//! expressions of conditions.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::port::StoreError;
use std::collections::HashMap;

/// The attributes of an item, by name.
pub type Item = HashMap<String, AttributeValue>;

/// An attribute of DynamoDB's type `S`.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An attribute of DynamoDB's type `N`.
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An attribute of DynamoDB's type `B`.
pub fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(value.into())
}

/// An item that has only its key: the attributes `pk` and `sk`.
pub fn keyed(partition: &str, sort: &str) -> Item {
    Item::from([("pk".into(), text(partition)), ("sk".into(), text(sort))])
}

/// The text of an attribute; `None` where the attribute is absent or of another type.
pub fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number in an attribute; `None` where the attribute is absent, or holds no such number.
pub fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The bytes of an attribute; `None` where the attribute is absent or of another type.
pub fn bytes_of<'a>(item: &'a Item, name: &str) -> Option<&'a [u8]> {
    item.get(name)?.as_b().ok().map(AsRef::as_ref)
}

/// The text of an attribute that every item of its kind has. Its absence is a permanent error.
pub fn need<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    text_of(item, name).ok_or_else(|| {
        let key = (text_of(item, "pk").unwrap_or("?"), text_of(item, "sk").unwrap_or("?"));
        StoreError::Permanent(format!("the item {} {} has no {name}: another program wrote it", key.0, key.1))
    })
}

/// The bytes of an item as DynamoDB counts them: names and values. How many bytes a number takes is not documented
/// exactly, so the most that it can take counts.
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::M(fields) => {
            3 + fields.iter().map(|(name, one)| name.len() + value_size(one) + 1).sum::<usize>()
        }
        AttributeValue::L(values) => 3 + values.iter().map(|one| value_size(one) + 1).sum::<usize>(),
        _ => 1,
    }
}

/// The write units that an item of so many bytes takes: one for each KB begun.
pub fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(1_024).max(1)
}

/// An expression of DynamoDB, such as a condition, with the names and values that stand for its placeholders.
#[derive(Clone, Debug, Default)]
pub struct Expression {
    /// The expression's text; empty for none.
    pub text: String,
    /// Attribute names by their placeholders, such as `#at`, which reserved words need.
    pub names: HashMap<String, String>,
    /// Values by their placeholders, such as `:at`.
    pub values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// An expression without placeholders so far.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Adds a value for the placeholder `name`.
    pub fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.into(), value);
        self
    }

    /// Adds the attribute name for the placeholder `short`.
    pub fn naming(mut self, short: &str, name: &str) -> Self {
        self.names.insert(short.into(), name.into());
        self
    }

    /// Adds a condition that must hold too.
    pub fn and(mut self, text: &str) -> Self {
        let glue = if self.text.is_empty() { "" } else { " AND " };
        self.text = format!("{}{glue}{text}", self.text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_counts_names_and_values() {
        let mut item = keyed("abc", "d");
        assert_eq!(size(&item), 2 + 3 + 2 + 1);
        item.insert("b".into(), bytes(vec![0; 100]));
        assert_eq!(size(&item), 8 + 101);
        assert_eq!([0, 1, 1_024, 1_025].map(write_units), [1, 1, 1, 2]);
    }
}
