//! A map of a schema: the schemas within it that a validator would compile, and how each applies others.
//!
//! References are resolved by the resolver of `jsonschema` itself, so that they lead here where they lead there. A
//! reference whose target depends on the way to it (`$dynamicRef`, `$recursiveRef`) leads to every possible one.

use super::unsound::Unsound;
use crate::reading::{at::join, cut};
use jsonschema::{Draft, Registry, Uri, uri};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// The address by which a schema without an `$id` is known.
const HOME: &str = "json-schema:///";
/// Keywords with one schema that is applied to the value itself.
const SAME_ONE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords with a list of schemas that are applied to the value itself.
const SAME_LIST: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords with schemas by name that are applied to the value itself. `dependencies` may hold lists of names too.
const SAME_NAMED: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords with one schema that is applied to the members of an object.
const MEMBER_ONE: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
/// Keywords with one schema, or in older drafts a list of them, that is applied to the items of a list.
const ITEM: [&str; 5] = ["items", "additionalItems", "unevaluatedItems", "contains", "prefixItems"];

/// The address against which the references of a schema are resolved.
type Base = Arc<Uri<String>>;
/// One schema, by its number in the map.
pub(super) type Ix = usize;

/// One schema of the map.
pub(super) struct Spot<'s> {
    /// The schema: an object or a boolean.
    pub(super) schema: &'s Value,
    /// The base address of the schema, which tells the resource that it belongs to.
    pub(super) resource: String,
    /// Schemas that are applied to the same value, each with the pointer from here to what leads there.
    pub(super) same: Vec<(Ix, String)>,
    /// Schemas of members by their name.
    pub(super) members: HashMap<String, Ix>,
    /// Schemas of members by a pattern, or of all others.
    pub(super) any_member: Vec<Ix>,
    /// Schemas of the items of a list.
    pub(super) items: Vec<Ix>,
    /// The schema of the names of members.
    pub(super) names: Option<Ix>,
}

impl Spot<'_> {
    /// Every schema that this one applies.
    pub(super) fn all(&self) -> impl Iterator<Item = Ix> + '_ {
        let same = self.same.iter().map(|(ix, _)| *ix);
        let members = self.members.values().chain(&self.any_member).chain(&self.items).chain(&self.names);
        same.chain(members.copied())
    }
}

/// The map of one schema. The first of `spots` is the whole schema.
pub(super) struct Chart<'s> {
    root: &'s Value,
    pub(super) spots: Vec<Spot<'s>>,
}

impl Chart<'_> {
    /// JSON Pointer to a schema within the whole; that of the whole where it is a part of a standard.
    pub(super) fn pointer(&self, spot: &Spot<'_>) -> String {
        pointer(self.root, spot.schema, &mut Vec::new()).unwrap_or_default()
    }
}

/// The pointer from one value to another within it.
fn pointer<'v>(from: &'v Value, to: &Value, path: &mut Vec<Cow<'v, str>>) -> Option<String> {
    if std::ptr::eq(from, to) {
        return Some(path.iter().fold(String::new(), |pointer, part| join(&pointer, part)));
    }
    let mut enter = |part: Cow<'v, str>, value: &'v Value| {
        path.push(part);
        let found = pointer(value, to, path);
        path.pop();
        found
    };
    match from {
        Value::Object(members) => members.iter().find_map(|(name, value)| enter(name.as_str().into(), value)),
        Value::Array(items) => items.iter().enumerate().find_map(|(ix, value)| enter(ix.to_string().into(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What a map is drawn with.
struct Drawing<'r> {
    registry: &'r Registry<'r>,
    root: &'r Value,
    draft: Draft,
    most: usize,
    spots: Vec<Spot<'r>>,
    /// The number of each schema by its address in memory.
    known: HashMap<*const Value, Ix>,
    /// Schemas whose own parts are still to be drawn.
    open: Vec<(Ix, Base)>,
    /// Where references that depend on the way may lead, by the name of their anchor.
    moving: HashMap<&'r str, Vec<(&'r Value, Base)>>,
}

/// Draws the map of a schema with at most `most` schemas, and hands it to `then`.
///
/// # Errors
/// Where a reference leads nowhere, an address is malformed, or there are more schemas.
pub(super) fn with_chart<T>(
    root: &Value,
    most: usize,
    then: impl FnOnce(Draft, &Chart<'_>) -> Result<T, Unsound>,
) -> Result<T, Unsound> {
    let draft = match Draft::Draft202012.detect(root) {
        Draft::Unknown => Draft::Draft202012,
        known => known,
    };
    let unsound =
        |error: &dyn std::fmt::Display| Unsound::at("", format!("no JSON Schema: {}", cut(&error.to_string())));
    let resource = draft.create_resource_ref(root);
    let base = uri::from_str(resource.id().unwrap_or(HOME)).map_err(|error| unsound(&error))?;
    let registry = Registry::new().draft(draft).add(base.as_str(), resource).and_then(|all| all.prepare());
    let registry = registry.map_err(|error| unsound(&error))?;
    let mut drawing = Drawing {
        registry: &registry,
        root,
        draft,
        most,
        spots: Vec::new(),
        known: HashMap::new(),
        open: Vec::new(),
        moving: HashMap::new(),
    };
    let base = Arc::new(base);
    drawing.find_moving(root, &base);
    drawing.spot(root, &base)?;
    while let Some((ix, base)) = drawing.open.pop() {
        drawing.draw(ix, &base)?;
    }
    then(draft, &Chart { root, spots: drawing.spots })
}

impl<'r> Drawing<'r> {
    /// The number of a schema; a new one is noted to be drawn.
    fn spot(&mut self, schema: &'r Value, base: &Base) -> Result<Ix, Unsound> {
        let address = std::ptr::from_ref(schema);
        if let Some(ix) = self.known.get(&address) {
            return Ok(*ix);
        }
        if self.spots.len() >= self.most {
            let at = pointer(self.root, schema, &mut Vec::new()).unwrap_or_default();
            return Err(Unsound::costly(&at, format!("it has more than {} schemas within it", self.most)));
        }
        let base = self.within(schema, base);
        let ix = self.spots.len();
        self.known.insert(address, ix);
        self.spots.push(Spot {
            schema,
            resource: base.as_str().to_owned(),
            same: Vec::new(),
            members: HashMap::new(),
            any_member: Vec::new(),
            items: Vec::new(),
            names: None,
        });
        self.open.push((ix, base));
        Ok(ix)
    }

    /// The address within a schema, which may have one of its own.
    fn within(&self, schema: &Value, base: &Base) -> Base {
        if schema.get("$id").is_none() && schema.get("id").is_none() {
            return base.clone();
        }
        // A malformed address is reported when the schema is compiled.
        let resolver = self.registry.resolver(Uri::clone(base));
        let inner = resolver.in_subresource(self.draft.create_resource_ref(schema));
        inner.map_or_else(|_| base.clone(), |inner| inner.base_uri())
    }

    /// Collects the schemas to which `$dynamicRef` and `$recursiveRef` may lead.
    fn find_moving(&mut self, value: &'r Value, base: &Base) {
        match value {
            Value::Object(map) => {
                let here = self.within(value, base);
                if let Some(Value::String(name)) = map.get("$dynamicAnchor") {
                    self.moving.entry(name).or_default().push((value, here.clone()));
                }
                if map.get("$recursiveAnchor") == Some(&Value::Bool(true)) {
                    self.moving.entry("").or_default().push((value, here.clone()));
                }
                map.values().for_each(|value| self.find_moving(value, &here));
            }
            Value::Array(items) => items.iter().for_each(|item| self.find_moving(item, base)),
            _ => {}
        }
    }

    /// Finds what a schema applies.
    fn draw(&mut self, ix: Ix, base: &Base) -> Result<(), Unsound> {
        let Value::Object(schema) = self.spots[ix].schema else { return Ok(()) };
        self.references(ix, schema, base)?;
        for (key, value) in schema {
            let at = join("", key);
            match key.as_str() {
                key if SAME_ONE.contains(&key) => self.same(ix, value, at, base)?,
                key if SAME_LIST.contains(&key) => {
                    for (nr, part) in value.as_array().into_iter().flatten().enumerate() {
                        self.same(ix, part, format!("{at}/{nr}"), base)?;
                    }
                }
                key if SAME_NAMED.contains(&key) => {
                    for (name, part) in value.as_object().into_iter().flatten().filter(|(_, part)| !part.is_array()) {
                        self.same(ix, part, join(&at, name), base)?;
                    }
                }
                "properties" | "patternProperties" => {
                    for (name, part) in value.as_object().into_iter().flatten() {
                        let member = self.spot(part, base)?;
                        match key == "properties" {
                            true => drop(self.spots[ix].members.insert(name.clone(), member)),
                            false => self.spots[ix].any_member.push(member),
                        }
                    }
                }
                key if MEMBER_ONE.contains(&key) => {
                    let member = self.spot(value, base)?;
                    self.spots[ix].any_member.push(member);
                }
                key if ITEM.contains(&key) => self.items(ix, value, base)?,
                "propertyNames" => self.spots[ix].names = Some(self.spot(value, base)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn same(&mut self, ix: Ix, part: &'r Value, at: String, base: &Base) -> Result<(), Unsound> {
        let to = self.spot(part, base)?;
        self.spots[ix].same.push((to, at));
        Ok(())
    }

    fn items(&mut self, ix: Ix, value: &'r Value, base: &Base) -> Result<(), Unsound> {
        for part in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            let item = self.spot(part, base)?;
            self.spots[ix].items.push(item);
        }
        Ok(())
    }

    /// Follows the references of a schema. One that leads nowhere is reported when the schema is compiled.
    fn references(&mut self, ix: Ix, schema: &'r Map<String, Value>, base: &Base) -> Result<(), Unsound> {
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(Value::String(target)) = schema.get(key) else { continue };
            let at = join("", key);
            let mut targets = Vec::new();
            if let Ok(found) = self.registry.resolver(Uri::clone(base)).lookup(target) {
                targets.push((found.contents(), found.resolver().base_uri()));
            }
            let name = target.rsplit_once('#').map_or("", |(_, name)| name);
            if key != "$ref" {
                targets.extend(self.moving.get(name).cloned().unwrap_or_default());
            }
            for (to, base) in targets {
                self.same(ix, to, at.clone(), &base)?;
            }
        }
        Ok(())
    }
}
