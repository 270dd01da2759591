//! The part of the parser that reads calls: functions, methods, macros and `has()`.

use super::{
    error::Syntax,
    functions::{self, Native},
    lexer::Token,
    node::{Comprehension, Macro, Node, Root},
    parser::{Parsed, Parser, Tree},
    pattern::Pattern,
};

impl<'s> Parser<'s> {
    /// Parses what follows `target.name(`: a macro, a method, or a function with a qualified name such as `math.abs`,
    /// of which `target` is the first part.
    pub(super) fn method(&mut self, target: Tree, name: &'s str, at: usize) -> Parsed {
        if let Some(kind) = Macro::of(name) {
            return self.comprehension(target, kind, name);
        }
        let qualified = match &target.node {
            Node::Free(Root::Bare, space) => functions::find(&format!("{space}.{name}"), false),
            _ => None,
        };
        let (mut nodes, mut below) = (Vec::new(), 0);
        if qualified.is_none() {
            below = target.height;
            nodes.push(target.node);
        }
        self.arguments(&mut nodes, &mut below)?;
        self.call(qualified.or_else(|| functions::find(name, true)), name, nodes, below, at)
    }

    /// Parses arguments up to the closing parenthesis. `below` becomes the height of the tallest so far.
    pub(super) fn arguments(&mut self, nodes: &mut Vec<Node>, below: &mut usize) -> Result<(), Syntax> {
        while !self.eat(")") {
            let argument = self.expression()?;
            *below = argument.height.max(*below);
            nodes.push(argument.node);
            if !self.is(")") {
                self.expect(",")?;
            }
        }
        Ok(())
    }

    pub(super) fn call(
        &self,
        native: Option<&'static Native>,
        name: &str,
        mut nodes: Vec<Node>,
        below: usize,
        at: usize,
    ) -> Parsed {
        let Some(native) = native else { return Err(Syntax::at(at, functions::unknown(name))) };
        if !native.arguments.contains(&nodes.len()) {
            return Err(Syntax::at(at, format!("{name}() is used as {}", native.usage)));
        }
        // A literal pattern is compiled here, so that a bad one is an error of the document and no evaluation pays for
        // it.
        if native.name == "matches" && matches!(nodes[1], Node::Text(_)) {
            let (Some(Node::Text(literal)), Some(text)) = (nodes.pop(), nodes.pop()) else {
                return Err(Syntax::at(at, "matches() takes a text and a pattern"));
            };
            let compiled = Pattern::compile(&literal).map_err(|why| Syntax::at(at, why))?;
            return self.tree(Node::Matches(Box::new(text), Box::new(compiled)), below);
        }
        self.tree(Node::Call(native, nodes), below)
    }

    /// Parses a macro after its opening parenthesis: `x, body)`, or `x, filter, body)` for `map`. The variable exists
    /// in filter and body alone.
    fn comprehension(&mut self, range: Tree, kind: Macro, name: &str) -> Parsed {
        let &Token::Name(variable) = self.peek() else {
            return Err(self.unexpected(&format!("a variable's name, as in {name}(x, …)")));
        };
        self.next += 1;
        self.expect(",")?;
        self.locals.push(variable);
        let mut body = self.expression()?;
        let mut filter = None;
        if kind == Macro::Map && self.eat(",") {
            filter = Some(std::mem::replace(&mut body, self.expression()?));
        }
        self.locals.pop();
        self.expect(")")?;
        let below = range.height.max(body.height).max(filter.as_ref().map_or(0, |f| f.height));
        let parts = Comprehension { range: range.node, filter: filter.map(|f| f.node), body: body.node };
        self.tree(Node::Macro(kind, Box::new(parts)), below)
    }

    pub(super) fn has(&self, mut nodes: Vec<Node>, below: usize, at: usize) -> Parsed {
        match (nodes.len(), nodes.pop()) {
            (1, Some(path @ (Node::Select(..) | Node::Index(..) | Node::Free(..)))) => {
                self.tree(Node::Has(Box::new(path)), below)
            }
            _ => Err(Syntax::at(at, "has() takes one path, such as has(input.amount)")),
        }
    }
}
