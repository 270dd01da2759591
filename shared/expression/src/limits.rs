//! Every bound of an expression, in one place, each with its reason.

use jiff::SignedDuration;

/// Bytes of one expression (workflow format, §4). A longer one is a program, and a parser's stack is finite.
pub const EXPRESSION_BYTES: usize = 2_048;
/// Height of an expression's tree, along which its evaluation recurses. It fits the 2 MB stack of a worker many times.
pub const EXPRESSION_DEPTH: usize = 200;
/// How deep parentheses, brackets and branches lie within each other, which is how deep the parser recurses.
pub const EXPRESSION_NESTING: usize = 64;
/// Steps of one evaluation: one for each node of the expression that is evaluated, each value compared, and each 32
/// bytes of text read. A million of them take some 20 ms, and suffice to filter a list of 100,000 items.
pub const EXPRESSION_COST: u64 = 1_000_000;
/// Bytes of memory of all values that one evaluation builds on its way: as many as an outcome may have.
pub const EXPRESSION_BUILT_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of memory of what the expressions of one result make, in contrast to what they copy: a list that names another
/// one several times is small as long as it is shared, and large in a result, so that a few names could stand for any
/// size.
pub const EXPRESSION_MADE_BYTES: usize = 64 * 1024 * 1024;
/// Sizes of regular expressions: pairs of the bytes of the compiled expression, and the steps charged for each byte of
/// the text that it is matched with, since a match takes the product of both sizes at worst. The second pair is for
/// Unicode classes such as `\p{L}`.
pub const REGEX_SIZES: [(usize, u64); 2] = [(16 * 1024, 8), (128 * 1024, 32)];
/// Unicode classes such as `\p{L}` in one regular expression. Each takes up to a millisecond to compile.
pub const REGEX_CLASSES: usize = 8;
/// Bytes of a text matched with a regular expression: the worst match takes half a second.
pub const REGEX_TEXT_BYTES: usize = 16 * 1024;
/// Steps charged for compiling a pattern that is not literal, and so is compiled at each evaluation.
pub const REGEX_COST: u64 = 50_000;
/// The longest duration, in either direction: 10,000 years, as in Protocol Buffers, which CEL follows. The time between
/// any two moments is shorter.
pub const LONGEST_DURATION: SignedDuration = SignedDuration::from_secs(315_576_000_000);
/// How deep lists and objects may lie within each other in a JSON document. serde_json itself stops at 128.
pub const JSON_DEPTH: usize = 100;
/// Bytes of an outcome at most (workflow format, §5): what a function can hold in memory beside its work.
pub const OUTCOME_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of memory of an outcome's values at most. A list of numbers takes forty times its text, so that the bytes of
/// the text say little. A text of 32 MiB fits, as do records of 15 MiB, and a host can hold several.
pub const OUTCOME_MEMORY_BYTES: usize = 128 * 1024 * 1024;
