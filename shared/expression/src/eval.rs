//! The evaluator: walks the nodes over a borrowed scope, within a budget of steps and bytes.

use super::{
    Scope,
    error::Fault,
    node::{Node, Operator},
    value::{Part, Spelled, Text, Val},
};
use crate::limits;
use std::{cmp::Ordering, rc::Rc};

/// Bytes that sharing a list, an object or a text takes beside what it holds: two counters, its head, and the allocation.
pub(super) const SHARED: usize = 48;

pub(super) type Evaluated<'a> = Result<Val<'a>, Fault>;

/// The state of one evaluation.
pub(super) struct Machine<'a> {
    pub(super) scope: &'a Scope<'a>,
    /// The values of the variables of the macros around, the innermost last.
    pub(super) locals: Vec<Val<'a>>,
    /// Steps that are left of [`limits::EXPRESSION_COST`].
    cost: u64,
    /// Bytes that are left of [`limits::EXPRESSION_BUILT_BYTES`].
    room: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, locals: Vec::new(), cost: limits::EXPRESSION_COST, room: limits::EXPRESSION_BUILT_BYTES }
    }

    /// Takes steps from the budget. Once spent it stays spent, so that whatever goes on after the fault fails too.
    pub(super) fn charge(&mut self, steps: u64) -> Result<(), Fault> {
        match self.cost.checked_sub(steps) {
            Some(left) => {
                self.cost = left;
                Ok(())
            }
            None => {
                self.cost = 0;
                Err(Fault::Limit("it takes too many steps; work on smaller lists, or use a `code` node"))
            }
        }
    }

    /// Takes the steps of reading some bytes: one per 32 bytes.
    pub(super) fn charge_text(&mut self, bytes: usize) -> Result<(), Fault> {
        self.charge(bytes as u64 / 32)
    }

    /// Takes the room, and the steps, of a value of that many bytes in memory. Callers ask before they build the value.
    pub(super) fn build(&mut self, bytes: usize) -> Result<(), Fault> {
        match self.room.checked_sub(bytes) {
            Some(left) => {
                self.room = left;
                self.charge_text(bytes)
            }
            None => {
                self.room = 0;
                Err(Fault::Limit("it builds values that are too large; use a `code` node"))
            }
        }
    }

    /// Evaluates a node. A part of the scope, such as `ctx`, becomes an object.
    pub(super) fn eval(&mut self, node: &'a Node) -> Evaluated<'a> {
        match self.raw(node)? {
            Val::Part(part) => self.whole(part),
            value => Ok(value),
        }
    }

    /// Like [`Self::eval`], but a part of the scope stays a part: reading one member of `ctx` must not build all of it.
    /// What needs many locals is in functions that are not inlined here, so that this recursion takes little stack.
    pub(super) fn raw(&mut self, node: &'a Node) -> Evaluated<'a> {
        self.charge(1)?;
        match node {
            Node::Null => Ok(Val::Null),
            Node::Bool(value) => Ok(Val::Bool(*value)),
            Node::Int(value) => Ok(Val::Int(*value)),
            Node::Uint(value) => Ok(Val::Uint(*value)),
            Node::Double(value) => Ok(Val::Double(*value)),
            Node::Text(text) => Ok(Val::Text(Text::Borrowed(text))),
            Node::Bytes(bytes) => Ok(Val::Bytes((&**bytes).into())),
            Node::Type(name) => Ok(Val::Type(name)),
            Node::Local(slot) => self.locals.get(*slot).cloned().ok_or_else(|| Fault::error("a variable is unbound")),
            Node::Free(root, name) => self.root(*root, name),
            Node::Select(target, name) => {
                let target = self.raw(target)?;
                self.select(target, Text::Borrowed(name), Spelled::Literally).map_err(|fault| located(fault, node))
            }
            Node::Index(sides) => self.index(sides).map_err(|fault| located(fault, node)),
            Node::OptSelect(..) | Node::OptIndex(..) => self.optional(node),
            Node::Has(path) => self.present(path).map(|found| Val::Bool(found.is_some())),
            Node::List(elements) => self.list(elements),
            Node::Map(entries) => self.map(entries),
            Node::Not(operand) => self.bool(operand, "!").map(|value| Val::Bool(!value)),
            Node::Negate(operand) => self.negate(operand),
            Node::Binary(operator, sides) => self.binary(*operator, sides),
            Node::And(operands) => self.logical(operands, false),
            Node::Or(operands) => self.logical(operands, true),
            Node::Conditional(parts) => {
                let chosen = if self.bool(&parts.0, "?:")? { &parts.1 } else { &parts.2 };
                self.eval(chosen)
            }
            Node::Call(native, arguments) => self.call(native, arguments),
            Node::Matches(text, pattern) => {
                let text = self.eval(text)?;
                pattern.matches(self, &text).map(Val::Bool)
            }
            Node::Macro(kind, parts) => self.comprehend(*kind, parts),
        }
    }

    #[inline(never)]
    fn call(&mut self, native: &'static super::functions::Native, arguments: &'a [Node]) -> Evaluated<'a> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.eval(argument)?);
        }
        (native.call)(self, &values)
    }

    fn index(&mut self, sides: &'a (Node, Node)) -> Evaluated<'a> {
        let target = self.raw(&sides.0)?;
        let key = self.eval(&sides.1)?;
        self.at(target, key, spelled(&sides.1))
    }

    /// `target[key]`, for lists, objects, parts of the scope, and optionals of these, which give an optional.
    pub(super) fn at(&mut self, target: Val<'a>, key: Val<'a>, spelled: Spelled) -> Evaluated<'a> {
        match (&target, key) {
            (Val::Optional(None), _) => Ok(target),
            (Val::Optional(Some(inner)), key) => {
                let found = self.at((**inner).clone(), key, spelled);
                optional(found)
            }
            (Val::Part(_), Val::Text(name)) => self.select(target, name, spelled),
            (target, key) if target.list_len().is_some() => {
                let index = match key {
                    Val::Int(index) => usize::try_from(index).ok(),
                    Val::Uint(index) => usize::try_from(index).ok(),
                    Val::Double(index) if index.fract() == 0.0 && index >= 0.0 => Some(index as usize),
                    other => return Err(Fault::error(format!("{} is no index of a list", other.described()))),
                };
                let found = index.and_then(|index| target.element(index));
                found.ok_or_else(|| Fault::missing("the index is outside of the list"))
            }
            (target, key) if target.map_len().is_some() => {
                let found = self.lookup(target, &key)?;
                found.ok_or_else(|| match key {
                    Val::Text(name) if spelled == Spelled::Literally => {
                        Fault::missing(format!("there is no key `{}`", &*name))
                    }
                    _ => Fault::missing("there is no such key"),
                })
            }
            (target, _) => Err(Fault::missing(format!("{} has no elements", target.described()))),
        }
    }

    /// The value that a path leads to, unwrapped if it is an optional; none where any step of the path is missing.
    fn present(&mut self, path: &'a Node) -> Result<Option<Val<'a>>, Fault> {
        match self.raw(path) {
            Ok(Val::Part(Part::Node(node, _))) if self.scope.ctx.output_of(&node).is_none() => Ok(None),
            Ok(Val::Optional(inner)) => Ok(inner.map(|inner| (*inner).clone())),
            Ok(value) => Ok(Some(value)),
            Err(Fault::Missing(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Evaluates `a.?b` or `a[?b]` to an optional, which is empty where `a` or `b` is missing.
    #[inline(never)]
    fn optional(&mut self, node: &'a Node) -> Evaluated<'a> {
        let (target, key, spelled) = match node {
            Node::OptSelect(target, name) => (&**target, Val::Text(Text::Borrowed(name)), Spelled::Literally),
            Node::OptIndex(sides) => (&sides.0, self.eval(&sides.1)?, spelled(&sides.1)),
            _ => return Err(Fault::error("this is no optional access")),
        };
        let Some(target) = self.present(target)? else { return Ok(Val::Optional(None)) };
        match self.at(target, key, spelled) {
            // Every id is a member of `ctx`; a node without an output counts as missing.
            Ok(Val::Part(Part::Node(name, _))) if self.scope.ctx.output_of(&name).is_none() => Ok(Val::Optional(None)),
            found => optional(found),
        }
    }

    #[inline(never)]
    fn list(&mut self, elements: &'a [(Node, bool)]) -> Evaluated<'a> {
        self.build(elements.len() * size_of::<Val>() + SHARED)?;
        let mut items = Vec::with_capacity(elements.len());
        for (element, optional) in elements {
            match (self.eval(element)?, optional) {
                (value, false) => items.push(value),
                (Val::Optional(inner), true) => items.extend(inner.map(|inner| (*inner).clone())),
                (other, true) => return Err(Fault::error(format!("`?` takes an optional, not {}", other.described()))),
            }
        }
        Ok(Val::list(items))
    }

    #[inline(never)]
    fn map(&mut self, nodes: &'a [(Node, Node, bool)]) -> Evaluated<'a> {
        self.build(nodes.len() * 2 * size_of::<Val>() + SHARED)?;
        let mut map = Val::Map(Rc::new(Vec::with_capacity(nodes.len())));
        for (key, value, optional) in nodes {
            let key = self.eval(key)?;
            if self.lookup(&map, &key)?.is_some() {
                return Err(Fault::error("a key occurs twice in this object"));
            }
            let value = match (self.eval(value)?, optional) {
                (Val::Optional(None), true) => continue,
                (Val::Optional(Some(inner)), true) => (*inner).clone(),
                (other, true) => return Err(Fault::error(format!("`?` takes an optional, not {}", other.described()))),
                (value, false) => value,
            };
            if let Val::Map(entries) = &mut map {
                Rc::make_mut(entries).push((key, value));
            }
        }
        Ok(map)
    }

    fn negate(&mut self, operand: &'a Node) -> Evaluated<'a> {
        match self.eval(operand)? {
            Val::Int(value) => value.checked_neg().map(Val::Int).ok_or_else(|| Fault::error("`-` overflows 64 bits")),
            Val::Uint(value) => {
                let negated = i64::try_from(-i128::from(value)).map(Val::Int);
                negated.map_err(|_| Fault::error("`-` overflows 64 bits; use double() for larger numbers"))
            }
            Val::Double(value) => Ok(Val::Double(-value)),
            Val::Duration(value) => {
                value.checked_neg().map(Val::Duration).ok_or_else(|| Fault::error("`-` overflows the duration"))
            }
            other => Err(Fault::error(format!("`-` takes a number, not {}", other.described()))),
        }
    }

    /// Evaluates an operand that must be true or false; `user` is the operator that the error names.
    pub(super) fn bool(&mut self, node: &'a Node, user: &str) -> Result<bool, Fault> {
        match self.eval(node)? {
            Val::Bool(value) => Ok(value),
            other => Err(Fault::error(format!("`{user}` takes true or false, not {}", other.described()))),
        }
    }

    /// Evaluates `&&` (`decisive` is false) or `||` (true). One operand of the decisive value gives the result,
    /// wherever it stands and whatever errors the others end with; the first error counts only where no operand decides
    /// (CEL spec).
    fn logical(&mut self, operands: &'a [Node], decisive: bool) -> Evaluated<'a> {
        let mut failed = None;
        for operand in operands {
            match self.bool(operand, if decisive { "||" } else { "&&" }) {
                Ok(value) if value == decisive => return Ok(Val::Bool(decisive)),
                Ok(_) => {}
                Err(fault @ (Fault::Limit(_) | Fault::Secret)) => return Err(fault),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        failed.map_or(Ok(Val::Bool(!decisive)), Err)
    }

    fn binary(&mut self, operator: Operator, sides: &'a (Node, Node)) -> Evaluated<'a> {
        let (a, b) = (self.eval(&sides.0)?, self.eval(&sides.1)?);
        match operator {
            Operator::Equal => self.equal(&a, &b).map(Val::Bool),
            Operator::NotEqual => self.equal(&a, &b).map(|equal| Val::Bool(!equal)),
            Operator::In => self.contains(&a, &b).map(Val::Bool),
            Operator::Less => self.ordered(&a, &b, operator, |order| order.is_lt()),
            Operator::LessEqual => self.ordered(&a, &b, operator, |order| order.is_le()),
            Operator::Greater => self.ordered(&a, &b, operator, |order| order.is_gt()),
            Operator::GreaterEqual => self.ordered(&a, &b, operator, |order| order.is_ge()),
            _ => self.arithmetic(operator, &a, &b),
        }
    }

    fn ordered(&mut self, a: &Val<'a>, b: &Val<'a>, operator: Operator, is: fn(Ordering) -> bool) -> Evaluated<'a> {
        Ok(Val::Bool(self.order(a, b, operator.symbol())?.is_some_and(is)))
    }

    /// Evaluates `in`: whether a value is among the elements of a list or the keys of an object.
    fn contains(&mut self, wanted: &Val<'a>, holder: &Val<'a>) -> Result<bool, Fault> {
        if let Some(length) = holder.list_len() {
            for element in (0..length).filter_map(|i| holder.element(i)) {
                if self.equal(&element, wanted)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        if holder.map_len().is_some() {
            return Ok(self.lookup(holder, wanted)?.is_some());
        }
        let hint = if matches!(holder, Val::Text(_)) { "; use text.contains(part)" } else { "" };
        Err(Fault::error(format!("`in` takes a list or an object, not {}{hint}", holder.described())))
    }
}

/// Whether the expression spells the key that this node gives.
fn spelled(key: &Node) -> Spelled {
    if matches!(key, Node::Text(_)) { Spelled::Literally } else { Spelled::Computed }
}

/// Wraps the result of an optional access in an optional, unless it is one already; empty where something is missing.
pub(super) fn optional(found: Evaluated<'_>) -> Evaluated<'_> {
    match found {
        Ok(Val::Optional(inner)) => Ok(Val::Optional(inner)),
        Ok(value) => Ok(Val::Optional(Some(Rc::new(value)))),
        Err(Fault::Missing(_)) => Ok(Val::Optional(None)),
        Err(fault) => Err(fault),
    }
}

/// Adds the path in which something is missing to a message. Only the innermost access, which comes first, adds its
/// path: a message that names a path or ends with a hint stays as it is.
fn located(fault: Fault, node: &Node) -> Fault {
    let target = match node {
        Node::Select(target, _) => &**target,
        Node::Index(sides) => &sides.0,
        _ => return fault,
    };
    match (fault, super::references::written(target)) {
        (Fault::Missing(why), Some(path)) if !why.contains(" in `") && !why.contains("; ") => {
            Fault::missing(format!("{why} in `{path}`"))
        }
        (fault, _) => fault,
    }
}
