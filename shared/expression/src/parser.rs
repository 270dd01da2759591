//! The parser: from tokens to a tree of nodes. Two bounds keep recursion within a worker's stack: one on the nesting of
//! the source, along which the parser recurses, and one on the height of the tree, along which all else recurses.

use super::{
    error::Syntax,
    functions::{self, Native},
    lexer::{Spanned, Token, tokens},
    node::{Node, Operator, Root},
    value::TYPES,
};
use crate::limits;

/// Parses a source, all of which must be one expression.
pub(super) fn parse(source: &str) -> Result<Node, Syntax> {
    let mut parser = Parser { source, tokens: tokens(source)?, next: 0, depth: 0, locals: Vec::new() };
    let tree = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(tree.node),
        _ => Err(parser.unexpected("the end or an operator")),
    }
}

/// A node and its height: 1 for a leaf.
pub(super) struct Tree {
    pub(super) node: Node,
    pub(super) height: usize,
}

pub(super) struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Spanned<'s>>,
    /// Index of the next token.
    pub(super) next: usize,
    /// How many calls of [`Parser::expression`] are open.
    depth: usize,
    /// The variables of the macros around the next token, the innermost last.
    pub(super) locals: Vec<&'s str>,
}

pub(super) type Parsed = Result<Tree, Syntax>;

impl<'s> Parser<'s> {
    pub(super) fn peek(&self) -> &Token<'s> {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    /// The byte offset of the next token.
    pub(super) fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.len(), |(_, at)| *at)
    }

    pub(super) fn is(&self, punct: &str) -> bool {
        matches!(self.peek(), Token::Punct(p) if *p == punct)
    }

    /// Consumes the next token if it is this mark, and tells whether it was.
    pub(super) fn eat(&mut self, punct: &str) -> bool {
        let found = self.is(punct);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, punct: &'static str) -> Result<(), Syntax> {
        if self.eat(punct) { Ok(()) } else { Err(self.unexpected(&format!("`{punct}`"))) }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Syntax {
        let hint = match self.peek() {
            Token::Name("and") => "; write && for and",
            Token::Name("or") => "; write || for or",
            Token::Name("not") => "; write ! for not",
            Token::Punct("{") => "; structures are written as {'key': value}",
            _ => "",
        };
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Punct(punct) => format!("`{punct}`"),
            Token::Name(name) => format!("`{name}`"),
            Token::Quoted(name) => format!("``{name}``"),
            Token::Text(_) => "a string".to_owned(),
            Token::Bytes(_) => "bytes".to_owned(),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
        };
        Syntax::at(self.at(), format!("expected {wanted}, found {found}{hint}"))
    }

    /// Adds a node on top of children, the tallest of which has the height `below`. Refuses a tree that becomes too
    /// tall.
    pub(super) fn tree(&self, node: Node, below: usize) -> Parsed {
        if below >= limits::EXPRESSION_DEPTH {
            return Err(self.too_deep());
        }
        Ok(Tree { node, height: below + 1 })
    }

    fn too_deep(&self) -> Syntax {
        Syntax::at(self.at(), "this nests too deeply or chains too many operators; split it over several nodes")
    }

    /// Parses a conditional, `a ? b : c`, or whatever binds tighter.
    pub(super) fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > limits::EXPRESSION_NESTING {
            return Err(self.too_deep());
        }
        let mut tree = self.logical(true)?;
        if self.eat("?") {
            let then = self.logical(true)?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            let below = tree.height.max(then.height).max(otherwise.height);
            tree = self.tree(Node::Conditional(Box::new((tree.node, then.node, otherwise.node))), below)?;
        }
        self.depth -= 1;
        Ok(tree)
    }

    /// Parses a chain of `||` or, one level below, of `&&`. All operands go into one node, so that long chains stay
    /// shallow.
    fn logical(&mut self, or: bool) -> Parsed {
        let operator = if or { "||" } else { "&&" };
        let operand = |p: &mut Self| if or { p.logical(false) } else { p.binary(0) };
        let first = operand(self)?;
        if !self.is(operator) {
            return Ok(first);
        }
        let mut below = first.height;
        let mut nodes = vec![first.node];
        while self.eat(operator) {
            let next = operand(self)?;
            below = below.max(next.height);
            nodes.push(next.node);
        }
        self.tree(if or { Node::Or(nodes) } else { Node::And(nodes) }, below)
    }

    /// Parses binary operators of at least the precedence `least`, by precedence climbing. Equal ones group to the
    /// left.
    fn binary(&mut self, least: u8) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let found = match self.peek() {
                Token::Punct(symbol) => Operator::of(symbol),
                Token::Name("in") => Operator::of("in"),
                _ => None,
            };
            let Some((operator, precedence)) = found.filter(|(_, p)| *p >= least) else { return Ok(left) };
            if operator == Operator::Subtract {
                self.check_hyphen(&left.node)?;
            }
            self.next += 1;
            let right = self.binary(precedence + 1)?;
            let below = left.height.max(right.height);
            let mut sides = (left.node, right.node);
            // In `type(x) == int` the name stands for a type, which only the finished other side tells.
            if matches!(operator, Operator::Equal | Operator::NotEqual) {
                denote_type(&mut sides.1, &sides.0);
                denote_type(&mut sides.0, &sides.1);
            }
            left = self.tree(Node::Binary(operator, Box::new(sides)), below)?;
        }
    }

    /// Refuses `ctx.my-node`. CEL reads it as a subtraction, which nobody can mean, since `ctx.my` is an object. The
    /// message shows how to name the node.
    fn check_hyphen(&self, left: &Node) -> Result<(), Syntax> {
        let Node::Select(root, _) = left else { return Ok(()) };
        let Node::Free(root @ (Root::Ctx | Root::Secrets), _) = &**root else { return Ok(()) };
        let part = |b: &char| b.is_ascii_alphanumeric() || *b == '_' || *b == '-';
        let at = self.at();
        let before: String = self.source[..at].chars().rev().take_while(part).collect();
        let name: String = before.chars().rev().chain(self.source[at..].chars().take_while(part)).collect();
        let root = if *root == Root::Ctx { "ctx" } else { "secrets" };
        let hint = format!("`{root}.{name}` reads as a subtraction; write {root}['{name}'] for a name with hyphens");
        Err(Syntax::at(at, hint))
    }

    fn unary(&mut self) -> Parsed {
        let mut signs = Vec::new();
        while self.is("!") || self.is("-") {
            signs.push(self.is("!"));
            self.next += 1;
        }
        // A minus directly before a number belongs to the number, so that the least `i64` can be written.
        let literal = if signs.last() == Some(&false) { self.negative_literal()? } else { None };
        if literal.is_some() {
            signs.pop();
        }
        let operand = literal.map_or_else(|| self.primary(), Ok)?;
        let mut tree = self.members(operand)?;
        for run in signs.chunk_by(|a, b| a == b).rev() {
            // A run of one sign becomes one operation where its length is odd, and two where it is even: they cancel
            // out (CEL spec), but the operand must still be of the right type.
            for _ in 0..2 - run.len() % 2 {
                let (node, below) = (Box::new(tree.node), tree.height);
                tree = self.tree(if run[0] { Node::Not(node) } else { Node::Negate(node) }, below)?;
            }
        }
        Ok(tree)
    }

    /// Parses the number after a minus as a negative literal; none where no signed number follows.
    fn negative_literal(&mut self) -> Result<Option<Tree>, Syntax> {
        let node = match *self.peek() {
            Token::Int(value) => match 0_i64.checked_sub_unsigned(value) {
                Some(value) => Node::Int(value),
                None => return Err(Syntax::at(self.at(), "this integer exceeds 64 bits")),
            },
            Token::Double(value) => Node::Double(-value),
            _ => return Ok(None),
        };
        self.next += 1;
        self.tree(node, 0).map(Some)
    }

    /// Parses what may follow a primary: `.a`, `.?a`, `.f(…)`, `[…]`, `[?…]`.
    fn members(&mut self, mut tree: Tree) -> Parsed {
        loop {
            if self.eat(".") {
                let optional = self.eat("?");
                let at = self.at();
                let (Token::Name(name) | Token::Quoted(name)) = *self.peek() else {
                    return Err(self.unexpected("a field's name"));
                };
                self.next += 1;
                let below = tree.height;
                if !optional && self.eat("(") {
                    tree = self.method(tree, name, at)?;
                } else {
                    let target = Box::new(tree.node);
                    let node =
                        if optional { Node::OptSelect(target, name.into()) } else { Node::Select(target, name.into()) };
                    tree = self.tree(node, below)?;
                }
            } else if self.eat("[") {
                let optional = self.eat("?");
                let index = self.expression()?;
                self.expect("]")?;
                let below = tree.height.max(index.height);
                let sides = Box::new((tree.node, index.node));
                tree = self.tree(if optional { Node::OptIndex(sides) } else { Node::Index(sides) }, below)?;
            } else {
                return Ok(tree);
            }
        }
    }

    /// Parses a literal, a name, a call of a function, a list, an object or an expression in parentheses.
    fn primary(&mut self) -> Parsed {
        let at = self.at();
        let node = match self.peek().clone() {
            Token::Int(value) => match i64::try_from(value) {
                Ok(value) => Node::Int(value),
                Err(_) => return Err(Syntax::at(at, "this integer exceeds 64 bits; write it as a double, 1e19")),
            },
            Token::Uint(value) => Node::Uint(value),
            Token::Double(value) => Node::Double(value),
            Token::Text(text) => Node::Text(text.into()),
            Token::Bytes(bytes) => Node::Bytes(bytes.into()),
            Token::Name("true") => Node::Bool(true),
            Token::Name("false") => Node::Bool(false),
            Token::Name("null") => Node::Null,
            Token::Name("in") => return Err(self.unexpected("a value")),
            Token::Name(name) => {
                self.next += 1;
                return self.name(name, at);
            }
            Token::Punct("(") => return self.parenthesis(),
            Token::Punct("[") => return self.list(),
            Token::Punct("{") => return self.braces(),
            _ => return Err(self.unexpected("a value")),
        };
        self.next += 1;
        self.tree(node, 0)
    }

    /// Parses what a name begins: a call, a variable of a macro (the innermost of that name), or a name of the scope.
    fn name(&mut self, name: &'s str, at: usize) -> Parsed {
        if self.eat("(") {
            let (mut nodes, mut below) = (Vec::new(), 0);
            self.arguments(&mut nodes, &mut below)?;
            if name == "has" {
                return self.has(nodes, below, at);
            }
            return self.call(functions::find(name, false), name, nodes, below, at);
        }
        let node = match self.locals.iter().rposition(|local| *local == name) {
            Some(slot) => Node::Local(slot),
            None => Node::Free(Root::of(name), name.into()),
        };
        self.tree(node, 0)
    }

    fn parenthesis(&mut self) -> Parsed {
        self.expect("(")?;
        let tree = self.expression()?;
        self.expect(")")?;
        Ok(tree)
    }

    fn list(&mut self) -> Parsed {
        self.expect("[")?;
        let (mut elements, mut below) = (Vec::new(), 0);
        while !self.eat("]") {
            let optional = self.eat("?");
            let element = self.expression()?;
            below = below.max(element.height);
            elements.push((element.node, optional));
            if !self.is("]") {
                self.expect(",")?;
            }
        }
        self.tree(Node::List(elements), below)
    }

    /// Parses an object, or the `{{ x }}` of templates, which means `x` here too. The two differ at their second brace:
    /// an object that begins with another would have an object as a key, which is not allowed.
    fn braces(&mut self) -> Parsed {
        let start = self.at();
        self.expect("{")?;
        if self.is("{") && self.at() == start + 1 {
            self.next += 1;
            let tree = self.expression()?;
            self.expect("}")?;
            self.expect("}")?;
            return Ok(tree);
        }
        let (mut entries, mut below) = (Vec::new(), 0);
        while !self.eat("}") {
            let optional = self.eat("?");
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            below = below.max(key.height).max(value.height);
            entries.push((key.node, value.node, optional));
            if !self.is("}") {
                self.expect(",")?;
            }
        }
        self.tree(Node::Map(entries), below)
    }
}

/// Opposite `type(x)`, the name of a type is that type.
fn denote_type(side: &mut Node, other: &Node) {
    let Node::Free(Root::Bare, name) = side else { return };
    let known = TYPES.iter().find(|known| **known == &**name);
    if let (Some(known), Node::Call(Native { name: "type", .. }, _)) = (known, other) {
        *side = Node::Type(known);
    }
}
