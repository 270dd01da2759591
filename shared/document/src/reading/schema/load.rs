//! What one schema asks of one value, in steps; and the dearest that any schema of a map asks.

use super::{
    cost::Costs,
    map::{Chart, Ix, Spot},
    pattern::Patterns,
    steps::take,
};
use crate::limits;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// What a schema asks of a value that it is applied to, but for what the schemas within it ask.
pub(super) struct Load {
    /// Steps for any value: the keywords, and the values that they list.
    fixed: u64,
    /// Steps for each byte of a text.
    byte: u64,
    /// Steps for each byte of a member's name.
    name_byte: u64,
    /// Steps for each member or item, for what no keyword evaluated.
    each: u64,
    /// Whether the items of a list are compared with each other.
    unique: bool,
    /// Steps for any text, such as for compiling it.
    text: u64,
    /// Whether the time for a text grows with the square of its length.
    square: bool,
    same: Vec<Ix>,
    members: HashMap<String, Ix>,
    any_member: Vec<Ix>,
    items: Vec<Ix>,
    names: Option<Ix>,
}

impl Load {
    fn of(spot: &Spot<'_>, expanded: u64, patterns: &Patterns, formats: bool) -> Self {
        let empty = Map::new();
        let schema = spot.schema.as_object().unwrap_or(&empty);
        let pattern = schema.get("pattern").and_then(Value::as_str).map_or(0, |text| patterns.byte(text));
        let names = schema.get("patternProperties").and_then(Value::as_object);
        let unevaluated = schema.contains_key("unevaluatedProperties") || schema.contains_key("unevaluatedItems");
        let format = schema.get("format").and_then(Value::as_str).filter(|_| formats).unwrap_or_default();
        let listed = ["enum", "const", "required"].into_iter().filter_map(|key| schema.get(key)).map(size).sum::<u64>();
        Self {
            fixed: 1 + schema.len() as u64 + spot.same.len() as u64 + listed / 8,
            byte: pattern,
            name_byte: names.into_iter().flatten().map(|(text, _)| patterns.byte(text)).sum(),
            each: if unevaluated { expanded } else { 0 },
            unique: schema.get("uniqueItems") == Some(&Value::Bool(true)),
            text: if format == "regex" { limits::SCHEMA_STEPS / 8 } else { 0 },
            square: format.contains("hostname") || format.contains("email"),
            same: spot.same.iter().map(|(ix, _)| *ix).collect(),
            members: spot.members.clone(),
            any_member: spot.any_member.clone(),
            items: spot.items.clone(),
            names: spot.names,
        }
    }

    /// The steps for a value.
    pub(super) fn steps(&self, value: &Value) -> u64 {
        let more = match value {
            Value::String(text) => self.of_text(text.len() as u64),
            Value::Array(items) => {
                let compared = if self.unique { size(value) } else { 0 };
                (items.len() as u64).saturating_mul(self.each) + items.len() as u64 / 4 + compared
            }
            Value::Object(members) => {
                let names: u64 =
                    if self.name_byte > 0 { members.keys().map(|name| 1 + name.len() as u64).sum() } else { 0 };
                let each = (members.len() as u64).saturating_mul(self.each);
                names.saturating_mul(self.name_byte).saturating_add(each) + members.len() as u64 / 4
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
        self.fixed.saturating_add(more)
    }

    fn of_text(&self, bytes: u64) -> u64 {
        let square = if self.square { bytes.saturating_mul(bytes) / 64 } else { 0 };
        bytes.saturating_mul(self.byte).saturating_add(square).saturating_add(self.text) + bytes / 32
    }
}

/// What all schemas of a map ask.
pub(super) fn loads(chart: &Chart<'_>, costs: &Costs, patterns: &Patterns, formats: bool) -> Vec<Load> {
    let spots = chart.spots.iter().zip(&costs.expanded);
    spots.map(|(spot, expanded)| Load::of(spot, *expanded, patterns, formats)).collect()
}

/// Whether a single keyword may take long on a value of that size, wherever it meets it.
pub(super) fn may_be_dear(loads: &[Load], size: u64) -> bool {
    let rate = loads.iter().map(|load| load.byte.saturating_add(load.name_byte).saturating_add(load.each));
    let rate = rate.fold(0, u64::saturating_add);
    // `size` counts 32 bytes of text as one.
    let square = loads.iter().any(|load| load.square) && size.saturating_mul(size) > limits::SCHEMA_STEPS / 16;
    square || rate.saturating_mul(size).saturating_mul(32) > limits::SCHEMA_STEPS
}

/// Takes the steps of every schema for every value that it may be applied to, each pair once. A validator counts a
/// schema after what the schema did, so this tells beforehand that no single one takes too long.
pub(super) fn take_once(loads: &[Load], ix: Ix, value: &Value, seen: &mut HashSet<(Ix, *const Value)>) {
    let Some(load) = loads.get(ix) else { return };
    if !seen.insert((ix, std::ptr::from_ref(value))) {
        return;
    }
    // Each pair is remembered, which takes memory too.
    take(load.steps(value).saturating_add(8));
    load.same.iter().for_each(|ix| take_once(loads, *ix, value, seen));
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                load.members.get(name).iter().for_each(|ix| take_once(loads, **ix, value, seen));
                load.any_member.iter().for_each(|ix| take_once(loads, *ix, value, seen));
                if let Some(ix) = load.names {
                    take(name_steps(loads, ix, name.len() as u64));
                }
            }
        }
        Value::Array(items) => {
            for value in items {
                load.items.iter().for_each(|ix| take_once(loads, *ix, value, seen));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The steps of a schema for the name of a member.
fn name_steps(loads: &[Load], ix: Ix, bytes: u64) -> u64 {
    let Some(load) = loads.get(ix) else { return 0 };
    let below = load.same.iter().map(|ix| name_steps(loads, *ix, bytes));
    below.fold(load.fixed.saturating_add(load.of_text(bytes)), u64::saturating_add)
}

/// The size of a value: one for each value within it and each 32 bytes of its texts.
pub(super) fn size(value: &Value) -> u64 {
    match value {
        Value::String(text) => 1 + text.len() as u64 / 32,
        Value::Array(items) => 1 + items.iter().map(size).sum::<u64>(),
        Value::Object(members) => {
            1 + members.iter().map(|(name, value)| size(value) + name.len() as u64 / 32).sum::<u64>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// How deep lists and objects lie within each other.
pub(super) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}
