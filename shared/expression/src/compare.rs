//! Equality, order and lookup by key. Numbers compare by value across types. Values of other different types are
//! unequal without an error, and have no order.

use super::{error::Fault, eval::Machine, value::Val};
use serde_json::Value;
use std::cmp::Ordering;

impl<'a> Machine<'a> {
    /// Evaluates CEL's `==`, charging a step per value compared. It fails only where the budget is spent.
    pub(super) fn equal(&mut self, a: &Val<'a>, b: &Val<'a>) -> Result<bool, Fault> {
        self.charge(1)?;
        Ok(match (a, b) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Text(a), Val::Text(b)) => {
                self.charge_text(a.len().min(b.len()))?;
                **a == **b
            }
            (Val::Bytes(a), Val::Bytes(b)) => {
                self.charge_text(a.len())?;
                a == b
            }
            (Val::Timestamp(a), Val::Timestamp(b)) => a == b,
            (Val::Duration(a), Val::Duration(b)) => a == b,
            (Val::Type(a), Val::Type(b)) => a == b,
            (Val::Optional(a), Val::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => return self.equal(a, b),
                (a, b) => a.is_none() && b.is_none(),
            },
            _ => match numbers(a, b) {
                Some(order) => order == Some(Ordering::Equal),
                None => return self.equal_parts(a, b),
            },
        })
    }

    /// Whether two lists have equal elements, or two objects equal values under equal keys, in whatever order.
    fn equal_parts(&mut self, a: &Val<'a>, b: &Val<'a>) -> Result<bool, Fault> {
        if let (Some(length), Some(other)) = (a.list_len(), b.list_len()) {
            if length != other {
                return Ok(false);
            }
            for (a, b) in (0..length).filter_map(|i| a.element(i).zip(b.element(i))) {
                if !self.equal(&a, &b)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let (Some(length), Some(other)) = (a.map_len(), b.map_len()) else { return Ok(false) };
        if length != other {
            return Ok(false);
        }
        for (key, value) in entries(a) {
            match self.lookup(b, &key)? {
                Some(other) if self.equal(&value, &other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The value under a key; none where the object has no such key. A key of a type that no key can have is an error.
    pub(super) fn lookup(&mut self, map: &Val<'a>, key: &Val<'a>) -> Result<Option<Val<'a>>, Fault> {
        match (map, key) {
            (_, Val::Text(name)) => {
                // An object that the expression built is searched entry by entry; JSON has an index.
                let Val::Map(entries) = map else { return Ok(map.field(name)) };
                self.charge(entries.len() as u64)?;
                Ok(map.field(name))
            }
            (Val::Map(entries), Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::Double(_)) => {
                for (known, value) in entries.iter() {
                    if self.equal(known, key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            (Val::Json(_), Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::Double(_)) => Ok(None),
            (_, key) => Err(Fault::error(format!("{} cannot be a key of an object", key.described()))),
        }
    }

    /// The order of two values, for `<` and the like; none where one of them is NaN. For values that have no order the
    /// error names `symbol`.
    pub(super) fn order(&mut self, a: &Val<'a>, b: &Val<'a>, symbol: &str) -> Result<Option<Ordering>, Fault> {
        Ok(match (a, b) {
            (Val::Text(a), Val::Text(b)) => {
                self.charge_text(a.len().min(b.len()))?;
                Some(a.cmp(b))
            }
            (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
            (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
            (Val::Timestamp(a), Val::Timestamp(b)) => Some(a.cmp(b)),
            (Val::Duration(a), Val::Duration(b)) => Some(a.cmp(b)),
            _ => match numbers(a, b) {
                Some(order) => order,
                None => {
                    let (a, b) = (a.described(), b.described());
                    return Err(Fault::error(format!("`{symbol}` cannot compare {a} with {b}")));
                }
            },
        })
    }
}

/// The keys and values of an object; nothing for any other value.
pub(super) fn entries<'v, 'a>(map: &'v Val<'a>) -> Box<dyn Iterator<Item = (Val<'a>, Val<'a>)> + 'v> {
    match map {
        Val::Map(entries) => Box::new(entries.iter().cloned()),
        Val::Json(Value::Object(entries)) => Box::new(
            entries.iter().map(|(key, value)| (Val::Text(super::value::Text::Borrowed(key)), Val::from_json(value))),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// The order of two numbers. The outer option is none where one of them is no number, the inner one where one is NaN.
/// The comparison is exact: no integer is rounded to a double.
fn numbers(a: &Val<'_>, b: &Val<'_>) -> Option<Option<Ordering>> {
    Some(match (whole(a), whole(b), a, b) {
        (Some(a), Some(b), ..) => Some(a.cmp(&b)),
        (Some(a), None, _, Val::Double(b)) => against(a, *b),
        (None, Some(b), Val::Double(a), _) => against(b, *a).map(Ordering::reverse),
        (None, None, Val::Double(a), Val::Double(b)) => a.partial_cmp(b),
        _ => return None,
    })
}

fn whole(value: &Val<'_>) -> Option<i128> {
    match value {
        Val::Int(value) => Some(i128::from(*value)),
        Val::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// The order of an integer and a double; none for NaN.
fn against(whole: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // The cast saturates beyond 128 bits, where the double is greater in magnitude than every 64-bit integer anyway.
    let floor = double.floor();
    Some(whole.cmp(&(floor as i128)).then(if double > floor { Ordering::Less } else { Ordering::Equal }))
}
