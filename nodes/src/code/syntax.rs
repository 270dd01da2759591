//! Tells the parameters and the body of a JavaScript function from other text.
//!
//! QuickJS builds `Function`'s source by gluing text, so `}); (function(){ return 5` passes its constructor. Here a
//! body counts as one only if it parses both in a declaration and in a parenthesized arrow function: after the brace
//! that ends the body too early, the one goes on with a statement or a brace, the other with `,` or `)`, and no text is
//! both.

/// Whether a name can be a parameter: an identifier of ASCII characters that JavaScript reserves for nothing else.
pub(super) fn is_parameter(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') && !RESERVED.contains(&name)
}

/// Identifiers that cannot be parameters, or that would change what the code means.
const RESERVED: [&str; 50] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "async",
];

/// Lines that stand before the body in each of the sources below, to be taken off line numbers.
pub(super) const LINES_BEFORE: u32 = 1;

/// Two sources that only parse if `code` is the body of a function. Running them does nothing but throw 0.
pub(super) fn probes(code: &str) -> [String; 2] {
    [format!("throw 0;{{async function code() {{\n{code}\n}}}}"), format!("throw 0;(async () => {{\n{code}\n}})")]
}

/// An expression for a function whose parameters are the names, and which returns the code as a function of its own. So
/// the code may declare variables of the same names.
pub(super) fn wrapped(code: &str, names: &[String]) -> String {
    format!("(function({}){{return async function () {{\n{code}\n}}}})", names.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_javascript_cannot_take_are_left_out() {
        for name in ["output", "_a", "$", "a1", "camelCase"] {
            assert!(is_parameter(name), "{name}");
        }
        for name in ["", "1a", "a-b", "a b", "class", "await", "a=1", "é", "a\n", "...a", "{a}"] {
            assert!(!is_parameter(name), "{name}");
        }
    }
}
