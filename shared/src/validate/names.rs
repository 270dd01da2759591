//! What an expression names: nodes, secrets, members of the input.

use super::{At, Cx, Place, Reader, frame::Sight, schema, suggest};
use crate::expression::Expr;

/// Names that the language itself gives to every expression.
const SCOPE: [&str; 8] = ["output", "ctx", "input", "loop", "item", "index", "execution", "secrets"];

/// Checks the names of an expression at a place.
pub(crate) fn check(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    if place.alone {
        return alone(cx, expr, at, place);
    }
    let references = expr.references();
    for (name, guarded) in &references.ctx_nodes {
        let pointer = at.pointer();
        let node = cx.node.clone();
        let note = (!guarded).then_some((pointer.as_str(), node.as_deref()));
        let readable = || place.frame.readable(place.reader);
        match place.frame.sight(name, place.reader, note) {
            Sight::Seen => {}
            Sight::Absent => {
                let known = readable();
                let hint = suggest::hint(name, known.iter().map(String::as_str));
                cx.error("unknown_reference", at, format!("`ctx.{name}` names no node"), hint);
            }
            Sight::TooLate => {
                let known = readable();
                let message = format!("`ctx.{name}` can never have run before this");
                let hint = if known.is_empty() {
                    "No node runs before this one: read `input` or `output` instead.".to_owned()
                } else {
                    format!("Name a node that comes before: `{}`.", known.join("`, `"))
                };
                cx.error("unknown_reference", at, message, hint);
            }
        }
    }
    if !place.secrets && (!references.secrets.is_empty() || references.names.contains("secrets")) {
        let hint = "Use it in the config of an `http_request`, the only place where secrets are read.";
        cx.error("secret_not_allowed", at, "a secret is read where none is given", hint);
    }
    input(cx, expr, at, place);
}

/// Where a response is judged, nothing of the execution is there.
fn alone(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    let known = place.extra.iter().copied().chain(["output"]);
    for name in &expr.references().names {
        if !known.clone().any(|one| one == name) {
            let message = format!("there is no `{name}` here: the response is all that is seen");
            cx.error("unknown_variable", at, message, suggest::hint(name, known.clone()));
        }
    }
}

/// What a closed schema of the input decides.
fn input(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    let Some(shape) = cx.input.take() else { return };
    // A body's `input` is that of its own execution.
    if place.frame.outer.is_none() {
        let passes = place.sees_input && passes_input(place);
        let members = |segments: &[String]| -> Option<Vec<String>> {
            let root = segments.first()?;
            match root.as_str() {
                "input" => Some(segments[1..].to_vec()),
                "output" if passes => Some(segments[1..].to_vec()),
                name if SCOPE.contains(&name) || place.extra.contains(&name) => None,
                _ if passes => Some(segments.to_vec()),
                _ => None,
            }
        };
        let references = expr.references();
        for path in references.paths.iter().filter(|path| !path.guarded) {
            let Some(members) = members(&path.segments) else { continue };
            if let Some((name, known)) = shape.unknown(&members) {
                let message = format!("the input schema allows no `{name}`");
                let hint = suggest::hint(&name, known.iter().map(String::as_str));
                cx.error("unknown_variable", at, message, hint);
            }
        }
        for (path, literal, operator) in &references.comparisons {
            let Some(members) = members(&path.segments) else { continue };
            if let Some(types) = shape.types(&members)
                && let Some(message) = schema::impossible(&types, literal, operator, &path.segments.join("."))
            {
                cx.error("type_mismatch", at, message, format!("Compare with a value of type {}.", types.join(" or ")));
            }
        }
    }
    cx.input = Some(shape);
}

/// Whether `output` and bare names are surely the execution's input: only triggers and branches come before.
fn passes_input(place: Place<'_>) -> bool {
    let frame = place.frame;
    let (node, with_itself) = match place.reader {
        Reader::Node(node) => (node, false),
        Reader::After(node) => (node, true),
        Reader::End => return false,
    };
    let kind = |ix: usize| frame.nodes[ix].kind.unwrap_or_default();
    let plain = |ix: usize| matches!(kind(ix), "manual_trigger" | "webhook_trigger" | "event_trigger" | "branch");
    let passing = |ix: usize| if with_itself && ix == node { plain(ix) } else { true };
    passing(node)
        && !frame.graph.incoming[node].is_empty() | plain(node)
        && frame.graph.back[node].is_empty()
        && frame.graph.around[node].is_none()
        && frame.graph.ancestors[node].iter().all(|&ix| plain(ix))
        && frame.graph.order.contains(&node)
}
