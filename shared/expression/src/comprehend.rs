//! The macros over lists, objects and optionals: `all`, `exists`, `exists_one`, `map`, `filter`, `optMap`,
//! `optFlatMap`.

use super::{
    error::Fault,
    eval::{Evaluated, Machine, SHARED},
    node::{Comprehension, Macro, Node},
    value::Val,
};
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn comprehend(&mut self, kind: Macro, parts: &'a Comprehension) -> Evaluated<'a> {
        let range = self.eval(&parts.range)?;
        let bound = self.locals.len();
        let result = match kind {
            Macro::OptMap | Macro::OptFlatMap => self.over_optional(kind, &range, parts),
            _ => self.over(kind, range, parts),
        };
        // An error may have left variables on the stack, and `||` may ignore the error and go on.
        self.locals.truncate(bound);
        result
    }

    /// Evaluates a macro over the elements of a list or the keys of an object.
    fn over(&mut self, kind: Macro, range: Val<'a>, parts: &'a Comprehension) -> Evaluated<'a> {
        // The keys of a JSON object are listed first, since they cannot be reached by their position.
        let range = match range {
            Val::Json(serde_json::Value::Object(entries)) => {
                self.build(entries.len() * size_of::<Val>())?;
                Val::list(super::compare::entries(&range).map(|(key, _)| key).collect())
            }
            other => other,
        };
        let Some(length) = range.list_len().or(range.map_len()) else {
            return Err(Fault::error(format!("macros go over a list or an object, not {}", range.described())));
        };
        let visited = (0..length).filter_map(|i| range.visited(i));
        match kind {
            Macro::All => self.decide(visited, &parts.body, false),
            Macro::Exists => self.decide(visited, &parts.body, true),
            Macro::ExistsOne => {
                let mut count = 0_usize;
                for item in visited {
                    count += usize::from(self.holds(item, &parts.body)?);
                }
                Ok(Val::Bool(count == 1))
            }
            // `filter` keeps the items for which its body holds; `map` gives its body's value for each item it keeps.
            _ => {
                let filter = if kind == Macro::Filter { Some(&parts.body) } else { parts.filter.as_ref() };
                self.build(SHARED)?;
                let mut items = Vec::new();
                for item in visited {
                    if filter.map_or(Ok(true), |filter| self.holds(item.clone(), filter))? {
                        // A list that grows takes up to twice the places that it needs.
                        self.build(2 * size_of::<Val>())?;
                        items.push(if kind == Macro::Filter { item } else { self.with(item, &parts.body)? });
                    }
                }
                Ok(Val::list(items))
            }
        }
    }

    /// Evaluates `all` (`decisive` is false) or `exists` (true), which treat errors as `&&` and `||` over the items do.
    fn decide(&mut self, items: impl Iterator<Item = Val<'a>>, body: &'a Node, decisive: bool) -> Evaluated<'a> {
        let mut failed = None;
        for item in items {
            match self.holds(item, body) {
                Ok(value) if value == decisive => return Ok(Val::Bool(decisive)),
                Ok(_) => {}
                Err(fault @ (Fault::Limit(_) | Fault::Secret)) => return Err(fault),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        failed.map_or(Ok(Val::Bool(!decisive)), Err)
    }

    /// Whether a condition holds for an item; a value other than true or false is an error.
    fn holds(&mut self, item: Val<'a>, body: &'a Node) -> Result<bool, Fault> {
        match self.with(item, body)? {
            Val::Bool(value) => Ok(value),
            other => Err(Fault::error(format!("a condition must give true or false, not {}", other.described()))),
        }
    }

    /// Evaluates a body with an item as the value of the macro's variable.
    fn with(&mut self, item: Val<'a>, body: &'a Node) -> Evaluated<'a> {
        let bound = self.locals.len();
        self.locals.push(item);
        let result = self.eval(body);
        self.locals.truncate(bound);
        result
    }

    fn over_optional(&mut self, kind: Macro, range: &Val<'a>, parts: &'a Comprehension) -> Evaluated<'a> {
        match range {
            Val::Optional(None) => Ok(Val::Optional(None)),
            Val::Optional(Some(inner)) => {
                let value = self.with((**inner).clone(), &parts.body)?;
                match (kind, value) {
                    (Macro::OptFlatMap, value @ Val::Optional(_)) => Ok(value),
                    (Macro::OptFlatMap, other) => {
                        Err(Fault::error(format!("optFlatMap() must give an optional, not {}", other.described())))
                    }
                    (_, value) => Ok(Val::Optional(Some(Rc::new(value)))),
                }
            }
            other => Err(Fault::error(format!("optMap() takes an optional, not {}", other.described()))),
        }
    }
}
