//! Items: what an attribute holds, and how many bytes an item has as DynamoDB counts them.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::port::StoreError;
use std::collections::HashMap;

/// The attributes of an item, by name.
pub type Item = HashMap<String, AttributeValue>;

/// Text.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number.
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Bytes.
pub fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(value.into())
}

/// An item of a partition.
pub fn keyed(partition: &str, sort: &str) -> Item {
    Item::from([("pk".into(), text(partition)), ("sk".into(), text(sort))])
}

/// The text of an attribute.
pub fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number of an attribute.
pub fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The bytes of an attribute.
pub fn bytes_of<'a>(item: &'a Item, name: &str) -> Option<&'a [u8]> {
    item.get(name)?.as_b().ok().map(AsRef::as_ref)
}

/// The text of an attribute that must be there.
pub fn need<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    text_of(item, name).ok_or_else(|| {
        let key = (text_of(item, "pk").unwrap_or("?"), text_of(item, "sk").unwrap_or("?"));
        StoreError::Permanent(format!("the item {} {} has no {name}: another program wrote it", key.0, key.1))
    })
}

/// Bytes of an item: names and values. A number counts as much as it can at most.
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

/// Write units of so many bytes: one per KB begun.
pub fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(1_024).max(1)
}

/// A condition or update with what it names.
#[derive(Clone, Debug, Default)]
pub struct Expression {
    /// The text.
    pub text: String,
    /// Names that are not written out, such as `#at`.
    pub names: HashMap<String, String>,
    /// Values, such as `:at`.
    pub values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// An expression without values.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// With a value.
    pub fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.into(), value);
        self
    }

    /// With a name that is not written out.
    pub fn naming(mut self, short: &str, name: &str) -> Self {
        self.names.insert(short.into(), name.into());
        self
    }

    /// One more condition.
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
