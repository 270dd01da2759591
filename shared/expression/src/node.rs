//! The compiled form of an expression.

use super::{functions::Native, pattern::Pattern};

/// One node. Names bound by a macro are slots; all others are looked up in the scope.
#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    /// A type denotation, such as `int` in `type(x) == int`.
    Type(&'static str),
    /// A variable of a macro: its place on the stack of locals.
    Local(usize),
    Free(Root, Box<str>),
    Select(Box<Node>, Box<str>),
    /// `a.?b`
    OptSelect(Box<Node>, Box<str>),
    Index(Box<(Node, Node)>),
    /// `a[?b]`
    OptIndex(Box<(Node, Node)>),
    Has(Box<Node>),
    /// Elements; true marks an optional one, `?x`.
    List(Vec<(Node, bool)>),
    Map(Vec<(Node, Node, bool)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Conditional(Box<(Node, Node, Node)>),
    Call(&'static Native, Vec<Node>),
    /// `matches` with a literal pattern, compiled once.
    Matches(Box<Node>, Box<Pattern>),
    Macro(Macro, Box<Comprehension>),
}

/// The names of the scope (workflow format §4); anything else is a bare name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Output,
    Ctx,
    Input,
    Loop,
    Item,
    Index,
    Execution,
    Secrets,
    Bare,
}

impl Root {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "output" => Root::Output,
            "ctx" => Root::Ctx,
            "input" => Root::Input,
            "loop" => Root::Loop,
            "item" => Root::Item,
            "index" => Root::Index,
            "execution" => Root::Execution,
            "secrets" => Root::Secrets,
            _ => Root::Bare,
        }
    }
}

/// A macro over a range, with its variable in the next slot.
#[derive(Debug)]
pub(super) struct Comprehension {
    pub(super) range: Node,
    /// The filter of `map(x, filter, body)`.
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Macro {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    OptMap,
    OptFlatMap,
}

impl Macro {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Macro::All,
            "exists" => Macro::Exists,
            "exists_one" | "existsOne" => Macro::ExistsOne,
            "map" => Macro::Map,
            "filter" => Macro::Filter,
            "optMap" => Macro::OptMap,
            "optFlatMap" => Macro::OptFlatMap,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl Operator {
    /// The operator and how tightly it binds; `&&` and `||` are the parser's own.
    pub(super) fn of(symbol: &str) -> Option<(Self, u8)> {
        Some(match symbol {
            "==" => (Operator::Equal, 3),
            "!=" => (Operator::NotEqual, 3),
            "<" => (Operator::Less, 3),
            "<=" => (Operator::LessEqual, 3),
            ">" => (Operator::Greater, 3),
            ">=" => (Operator::GreaterEqual, 3),
            "in" => (Operator::In, 3),
            "+" => (Operator::Add, 4),
            "-" => (Operator::Subtract, 4),
            "*" => (Operator::Multiply, 5),
            "/" => (Operator::Divide, 5),
            "%" => (Operator::Modulo, 5),
            _ => return None,
        })
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Modulo => "%",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::In => "in",
        }
    }

    /// The comparison that says the same with its sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessEqual => Operator::GreaterEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterEqual => Operator::LessEqual,
            other => other,
        }
    }
}
