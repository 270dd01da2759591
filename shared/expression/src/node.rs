//! The compiled form of an expression: a tree that the parser builds and the evaluator walks. Its nodes are operations,
//! not the nodes of a workflow.

use super::{functions::Native, pattern::Pattern};

/// One node of the tree. A variable of a macro is known by its slot; every other name is looked up in the scope.
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
    /// A variable of a macro, by its index on the evaluator's stack of such variables, the outermost macro's first.
    Local(usize),
    /// A name that no macro binds, with its spelling.
    Free(Root, Box<str>),
    /// `a.b`
    Select(Box<Node>, Box<str>),
    /// `a.?b`
    OptSelect(Box<Node>, Box<str>),
    /// `a[b]`
    Index(Box<(Node, Node)>),
    /// `a[?b]`
    OptIndex(Box<(Node, Node)>),
    /// `has(path)`
    Has(Box<Node>),
    /// The elements of a list; true marks an optional one, `?x`, which is left out where it is empty.
    List(Vec<(Node, bool)>),
    /// The keys and values of an object; true marks an optional value, as in a list.
    Map(Vec<(Node, Node, bool)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Conditional(Box<(Node, Node, Node)>),
    Call(&'static Native, Vec<Node>),
    /// `matches` with a literal pattern, which is compiled once, with the expression.
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

/// The parts of a macro over a list, an object or an optional. Filter and body see its variable in the next free slot.
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
    /// The operator that a symbol stands for, with its precedence: a higher number binds tighter. `&&` and `||` bind
    /// less tightly than all of these, and the parser reads them by itself.
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

    /// The operator of the same comparison with its two sides exchanged: `>` for `<`, and `==` for `==`.
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
