//! What an execution is warned about, as people read it.

use super::output;
use api::types::ExecutionWarning;

/// One line for each warning, and one for what to do about it.
pub fn lines(warnings: &[ExecutionWarning]) -> Vec<String> {
    let mut lines = Vec::new();
    for warning in warnings {
        let node = warning.node.as_ref().map(|node| format!("{node}  ")).unwrap_or_default();
        let often = match warning.count {
            Some(count) if count > 1 => format!(", {count} times"),
            Some(_) | None => String::new(),
        };
        let text = output::quoted_lines(&format!("{node}{} ({}{often})", warning.message, warning.code));
        lines.push(format!("{} {text}", output::yellow("!")));
        lines.extend(warning.hint.as_ref().map(|hint| format!("  {}", output::clean(hint))));
    }
    lines
}

/// Tells the warnings on stderr, below a line that counts them.
pub fn tell(warnings: &[ExecutionWarning]) {
    if warnings.is_empty() {
        return;
    }
    eprintln!("{}", output::yellow(&format!("{}:", output::counted(warnings.len(), "warning"))));
    lines(warnings).iter().for_each(|line| eprintln!("{line}"));
}
