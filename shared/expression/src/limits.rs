//! Every bound of an expression, in one place, each with its reason.

/// Bytes of one expression. Longer ones are programs, and a parser's stack is finite.
pub const EXPRESSION_BYTES: usize = 2_048;
/// Height of an expression's tree, along which its evaluation recurses: fits the 2 MB stack of a worker many times.
pub const EXPRESSION_DEPTH: usize = 200;
/// Parentheses, brackets and branches within each other, along which the parser recurses.
pub const EXPRESSION_NESTING: usize = 64;
/// Steps of one evaluation: one per node of the expression evaluated, per value compared, per 32 bytes of text read.
/// A million take some 20 ms, and suffice to filter a list of 100,000 items.
pub const EXPRESSION_COST: u64 = 1_000_000;
/// Bytes of all values that one evaluation builds on its way.
pub const EXPRESSION_BUILT_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of a compiled regular expression, and the steps charged per byte of the text that it is matched with: the time
/// of a match is the product of both sizes at worst. The second is for Unicode classes such as `\p{L}`.
pub const REGEX_SIZES: [(usize, u64); 2] = [(16 * 1024, 8), (128 * 1024, 32)];
/// Bytes of a text matched with a regular expression: the worst match takes half a second.
pub const REGEX_TEXT_BYTES: usize = 16 * 1024;
/// Steps charged for compiling a pattern that is not literal.
pub const REGEX_COST: u64 = 50_000;
/// Nesting of a JSON document; serde_json stops at 128.
pub const JSON_DEPTH: usize = 100;
/// Bytes of an outcome at most: what a function can hold in memory beside its work.
pub const OUTCOME_BYTES: usize = 32 * 1024 * 1024;
