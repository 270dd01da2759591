//! JSON Schemas in documents: what they cost is counted before they are compiled, and again with each value that they
//! are asked about, so that neither a schema nor a value can take all of a processor or of the memory.
//!
//! `map.rs` finds the schemas within a schema, `cost.rs` counts what compiling them takes, `load.rs` what each asks of a
//! value, and `meter.rs` counts `steps.rs` down while a value is validated.

mod cost;
mod load;
mod map;
mod meter;
mod pattern;
mod steps;
#[cfg(test)]
mod tests;
mod unsound;

pub use unsound::Unsound;

use super::{At, Cx, cut, kind_of};
use crate::{limits, violation::InputViolation};
use jsonschema::{
    Draft, Keyword, PatternOptions, ValidationError, ValidationOptions, Validator, error::ValidationErrorKind,
};
use load::Load;
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    sync::Arc,
};

/// A compiled schema.
pub struct Schema {
    validator: Validator,
    loads: Arc<Vec<Load>>,
    /// How many schemas lie within each other on one value, at most.
    levels: usize,
    /// Whether an error may hold the errors of several alternatives.
    alternatives: bool,
}

/// Compiles a schema (2020-12 unless its `$schema` says otherwise). A value that is no usable schema is reported under
/// `code`.
pub(crate) fn compile(cx: &mut Cx<'_>, source: &Value, at: &At<'_>, code: &str) -> Option<Schema> {
    Schema::compile(source).map_err(|wrong| cx.error(code, &at.below(&wrong.pointer), wrong.message, wrong.hint)).ok()
}

impl Schema {
    /// Compiles a schema. Nothing outside of it is fetched.
    ///
    /// # Errors
    /// Where the value is no schema, where validating would never end, and where compiling costs more than
    /// [`limits::SCHEMA_COST`].
    pub fn compile(source: &Value) -> Result<Self, Unsound> {
        Self::compiled(source, false)
    }

    /// Compiles the schema of a form, which people fill in: a format that newer drafts of JSON Schema only note, such as
    /// `date`, is asserted, whatever way an answer comes.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn of_form(source: &Value) -> Result<Self, Unsound> {
        Self::compiled(source, true)
    }

    fn compiled(source: &Value, asserts_formats: bool) -> Result<Self, Unsound> {
        if !source.is_object() && !source.is_boolean() {
            let message = format!("a schema is an object, and this is {}", kind_of(source));
            return Err(Unsound { hint: "Give a JSON Schema.", ..Unsound::at("", message) });
        }
        map::with_chart(source, limits::SCHEMA_PARTS, |draft, chart| {
            let mut patterns = pattern::Patterns::default();
            let costs = cost::count(chart, &mut patterns)?;
            let formats = asserts_formats || matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7);
            let loads = Arc::new(load::loads(chart, &costs, &patterns, formats));
            let numbers = chart.spots.iter().enumerate().map(|(ix, spot)| (std::ptr::from_ref(spot.schema), ix));
            let Some(metered) = with_meters(source, &numbers.collect()) else {
                return Err(Unsound::at("", "a reference leads into an `enum` or a `const`".into()));
            };
            let validator = build(&metered, &loads, asserts_formats).map_err(|error| {
                Unsound::at(error.instance_path().as_str(), format!("no JSON Schema: {}", cut(&told(&error))))
            })?;
            let has = |spot: &map::Spot<'_>| ["anyOf", "oneOf"].iter().any(|key| spot.schema.get(key).is_some());
            Ok(Self { validator, loads, levels: costs.levels, alternatives: chart.spots.iter().any(has) })
        })
    }

    /// Every way in which a value does not fit the schema, [`limits::ISSUES`] of them at most; empty for one that fits.
    /// A value that is too expensive to check does not fit.
    pub fn violations(&self, value: &Value) -> Vec<InputViolation> {
        match self.check(value, limits::SCHEMA_STEPS).0 {
            None => vec![whole(format!(
                "the value is too expensive to check with this schema: it takes more than {} steps. Send less at once, \
                 or simplify the schema",
                limits::SCHEMA_STEPS
            ))],
            Some(true) => Vec::new(),
            Some(false) => self.errors(value),
        }
    }

    /// Whether a value surely fits, as far as a few steps tell, which hold nobody up.
    pub fn fits_at_once(&self, value: &Value) -> bool {
        self.check(value, limits::SCHEMA_STEPS_AT_ONCE).0 == Some(true)
    }

    /// Whether a value fits, where that can be told within so many steps; and the steps that were taken.
    fn check(&self, value: &Value, most: u64) -> (Option<bool>, u64) {
        if load::depth(value).saturating_mul(self.levels) > limits::SCHEMA_NESTING {
            return (None, 0);
        }
        let mut taken = 0;
        if load::may_be_dear(&self.loads, load::size(value)) {
            let walk = || load::take_once(&self.loads, 0, value, &mut HashSet::new());
            let (walked, steps) = steps::metered(most, walk);
            taken = steps;
            if walked.is_none() {
                return (None, taken);
            }
        }
        let (fits, steps) = steps::metered(most, || self.validator.is_valid(value));
        (fits, taken + steps)
    }

    /// The errors of a value that does not fit: all of them where they are few, else the first.
    fn errors(&self, value: &Value) -> Vec<InputViolation> {
        let all = || self.validator.iter_errors(value).take(limits::ISSUES).map(violation).collect();
        if let (Some(all), _) = steps::metered(limits::SCHEMA_ERROR_STEPS, all) {
            return all;
        }
        // Every error of every alternative is kept, and each takes hundreds of bytes.
        let steps = if self.alternatives { limits::SCHEMA_ERROR_STEPS } else { limits::SCHEMA_STEPS };
        if let (Some(Err(first)), _) = steps::metered(steps, || self.validator.validate(value).map_err(violation)) {
            return vec![first];
        }
        vec![whole("the value does not fit the schema, and is too large to tell where: send less at once".into())]
    }
}

fn whole(message: String) -> InputViolation {
    InputViolation { path: String::new(), message }
}

fn violation(error: ValidationError<'_>) -> InputViolation {
    InputViolation { path: error.instance_path().as_str().to_owned(), message: told(&error) }
}

/// The text of an error, which quotes the value, cut to [`limits::SCHEMA_ERROR_BYTES`] before it is written out.
fn told(error: &ValidationError<'_>) -> String {
    struct Short(String);
    impl Write for Short {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            let room = limits::SCHEMA_ERROR_BYTES.saturating_sub(self.0.len());
            if text.len() <= room {
                self.0.push_str(text);
                return Ok(());
            }
            let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            self.0.push_str(&text[..end]);
            self.0.push('…');
            Err(std::fmt::Error)
        }
    }
    let mut short = Short(String::new());
    // It ends early where the text is long, and is told as far as it came.
    let _ = match error.kind() {
        // This one quotes a schema.
        ValidationErrorKind::Not { schema } => {
            write!(short, "{} is not allowed for {}", without_meters(schema), error.instance())
        }
        _ => write!(short, "{error}"),
    };
    short.0
}

/// The schema with the meter in each schema that has a number; none where one with a number is a constant of another,
/// which must stay as it is.
fn with_meters(value: &Value, numbers: &HashMap<*const Value, usize>) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let number = numbers.get(&std::ptr::from_ref(value));
            let mut metered = Map::with_capacity(members.len() + 1);
            metered.extend(number.map(|ix| (meter::KEYWORD.to_owned(), json!({ meter::NUMBER: ix }))));
            for (key, value) in members.iter().filter(|(key, _)| key.as_str() != meter::KEYWORD) {
                let constant = number.is_some() && (key == "const" || key == "enum");
                let inner = if constant { &HashMap::new() } else { numbers };
                if constant && numbered(value, numbers) {
                    return None;
                }
                metered.insert(key.clone(), with_meters(value, inner)?);
            }
            Some(Value::Object(metered))
        }
        Value::Array(items) => {
            items.iter().map(|item| with_meters(item, numbers)).collect::<Option<Vec<Value>>>().map(Value::Array)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
    }
}

/// A schema as it was before [`with_meters`].
fn without_meters(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let own = members.iter().filter(|(key, _)| key.as_str() != meter::KEYWORD);
            Value::Object(own.map(|(key, value)| (key.clone(), without_meters(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_meters).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whether a schema with a number stands somewhere in a value.
fn numbered(value: &Value, numbers: &HashMap<*const Value, usize>) -> bool {
    let below = match value {
        Value::Object(members) => members.values().any(|value| numbered(value, numbers)),
        Value::Array(items) => items.iter().any(|item| numbered(item, numbers)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    below || numbers.contains_key(&std::ptr::from_ref(value))
}

/// Compiles to a validator that fetches nothing, counts its steps, and gives up on patterns that take too long.
fn build(
    schema: &Value,
    loads: &Arc<Vec<Load>>,
    asserts_formats: bool,
) -> Result<Validator, Box<ValidationError<'static>>> {
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(limits::PATTERN_BACKTRACKS)
        .dfa_size_limit(limits::SCHEMA_PATTERN_CACHE_BYTES);
    let loads = loads.clone();
    let options: ValidationOptions<'_> = jsonschema::options().offline().with_pattern_options(patterns);
    // Else the draft says whether formats are asserted.
    let options = if asserts_formats { options.should_validate_formats(true) } else { options };
    let options = options.with_keyword(meter::KEYWORD, move |_, value, _| {
        let ix = value.get(meter::NUMBER).and_then(Value::as_u64).and_then(|ix| usize::try_from(ix).ok());
        let meter = meter::Meter { loads: loads.clone(), ix: ix.unwrap_or(usize::MAX) };
        Ok(Box::new(meter) as Box<dyn for<'i> Keyword<'i>>)
    });
    options.build(schema).map_err(Box::new)
}
