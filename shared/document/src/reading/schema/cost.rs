//! What compiling a schema costs, counted on its map before it is compiled.

use super::{
    map::{Chart, Ix},
    pattern::Patterns,
    unsound::Unsound,
};
use crate::{limits, reading::at::join};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a schema once its costs were counted.
pub(super) struct Costs {
    /// By schema, how many schemas are applied to one value with it, those of references each time they are met.
    pub(super) expanded: Vec<u64>,
    /// How many schemas lie within each other on one value, at most.
    pub(super) levels: usize,
}

/// Counts what a schema costs.
///
/// # Errors
/// Where it never ends, or costs more than [`limits::SCHEMA_COST`].
pub(super) fn count(chart: &Chart<'_>, patterns: &mut Patterns) -> Result<Costs, Unsound> {
    let costs = expand(chart)?;
    let mut all: u64 = 0;
    for (ix, spot) in chart.spots.iter().enumerate() {
        let Value::Object(schema) = spot.schema else { continue };
        all = all.saturating_add(1 + own(schema));
        // A validator compiles all that is applied to the value once more for each `unevaluated` keyword.
        if schema.contains_key("unevaluatedProperties") || schema.contains_key("unevaluatedItems") {
            all = all.saturating_add(costs.expanded[ix]);
        }
        for (pattern, at) in patterns_of(schema) {
            all = all.saturating_add(patterns.add(pattern));
            if all > limits::SCHEMA_COST {
                return Err(too_much(&format!("{}{at}", chart.pointer(spot))));
            }
        }
        if all > limits::SCHEMA_COST {
            return Err(too_much(&chart.pointer(spot)));
        }
    }
    if all.saturating_add(ways(chart)) > limits::SCHEMA_COST {
        return Err(Unsound::costly("", "its parts with an `$id` refer to each other in too many ways".to_owned()));
    }
    Ok(costs)
}

fn too_much(pointer: &str) -> Unsound {
    Unsound::costly(pointer, format!("with what stands here this schema costs more than {} steps", limits::SCHEMA_COST))
}

/// The cost of a schema's own keywords, with the values that they list.
fn own(schema: &Map<String, Value>) -> u64 {
    let listed = |value: &Value| value.as_array().map_or(0, Vec::len) as u64;
    schema.iter().map(|(key, value)| if key == "enum" || key == "required" { 1 + listed(value) / 8 } else { 1 }).sum()
}

/// The patterns of a schema's own keywords, each with the pointer from the schema to it.
fn patterns_of(schema: &Map<String, Value>) -> impl Iterator<Item = (&str, String)> {
    let one = schema.get("pattern").and_then(Value::as_str).map(|text| (text, "/pattern".to_owned()));
    let named = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    one.into_iter().chain(named.map(|(text, _)| (text.as_str(), join("/patternProperties", text))))
}

/// Counts for each schema those that are applied to one value with it. A schema that comes back to itself on one value
/// never ends, since validating descends into the schema without descending into the value.
fn expand(chart: &Chart<'_>) -> Result<Costs, Unsound> {
    let count = chart.spots.len();
    let (mut expanded, mut levels, mut on_path) = (vec![0u64; count], vec![0usize; count], vec![false; count]);
    for start in 0..count {
        if expanded[start] > 0 {
            continue;
        }
        on_path[start] = true;
        // Each schema of the path with the number of those below it that were visited.
        let mut path: Vec<(Ix, usize)> = vec![(start, 0)];
        while let Some(top) = path.last_mut() {
            let (ix, next) = *top;
            top.1 += 1;
            let spot = &chart.spots[ix];
            match spot.same.get(next) {
                Some((to, at)) if on_path[*to] => {
                    return Err(Unsound::endless(&format!("{}{at}", chart.pointer(spot))));
                }
                Some((to, _)) if expanded[*to] == 0 => {
                    on_path[*to] = true;
                    path.push((*to, 0));
                }
                Some(_) => {}
                None => {
                    let below = spot.same.iter().map(|(to, _)| *to);
                    expanded[ix] = below.clone().fold(1, |sum, to| expanded[to].saturating_add(sum));
                    levels[ix] = 1 + below.map(|to| levels[to]).max().unwrap_or(0);
                    on_path[ix] = false;
                    path.pop();
                    let why = if expanded[ix] > limits::SCHEMA_EXPANDED {
                        format!("more than {} schemas are applied to one value from here", limits::SCHEMA_EXPANDED)
                    } else if levels[ix] > limits::SCHEMA_LEVELS {
                        format!("more than {} schemas lie within each other on one value", limits::SCHEMA_LEVELS)
                    } else {
                        continue;
                    };
                    return Err(Unsound::costly(&chart.pointer(spot), why));
                }
            }
        }
    }
    Ok(Costs { expanded, levels: levels.into_iter().max().unwrap_or(0) })
}

/// The number of schemas compiled anew because they are reached through different resources: where references depend
/// on the way to them, a validator compiles a resource once for each way on which none occurs twice.
fn ways(chart: &Chart<'_>) -> u64 {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for spot in &chart.spots {
        *sizes.entry(&spot.resource).or_default() += 1;
        let others = spot.all().map(|ix| chart.spots[ix].resource.as_str()).filter(|other| *other != spot.resource);
        edges.entry(&spot.resource).or_default().extend(others);
    }
    let Some(first) = chart.spots.first().filter(|_| sizes.len() > 1) else { return 0 };
    // A walk over all ways, which ends once they cost too much.
    let mut all: u64 = 0;
    let mut path = vec![first.resource.as_str()];
    let followers = |of: &str| edges.get(of).into_iter().flatten().copied().collect::<Vec<&str>>();
    let mut open = vec![followers(&first.resource)];
    while let Some(next) = open.last_mut() {
        let Some(resource) = next.pop() else {
            open.pop();
            path.pop();
            continue;
        };
        if path.contains(&resource) {
            continue;
        }
        all += sizes.get(resource).copied().unwrap_or(0) + path.len() as u64;
        if all > limits::SCHEMA_COST {
            return all;
        }
        path.push(resource);
        open.push(followers(resource));
    }
    all
}
