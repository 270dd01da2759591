//! Checks what an expression names: nodes and members of the input.

use super::{At, Cx, Place, frame::Sight, known::Known, members, secrets, shape, suggest};
use expression::{Expr, References};

/// Checks the names of an expression against those that exist at its place.
pub(crate) fn check(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    // What would be found is not noted any more, and looking for it takes long in a large flow.
    if cx.is_full() {
        return;
    }
    if expr.references().names.contains("secrets") {
        return secrets::read(cx, at);
    }
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
                let hint = cx.suggest(name, known.iter().map(String::as_str));
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
    input(cx, expr, at, place);
}

/// Checks an expression that sees a response alone, without anything of the execution.
fn alone(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    let known = place.extra.iter().copied().chain(["output"]);
    for name in &expr.references().names {
        if !known.clone().any(|one| one == name) {
            let message = format!("there is no `{name}` here: the response is all that is seen");
            cx.error("unknown_variable", at, message, suggest::hint(name, known.clone()));
        }
    }
}

/// Reports what the schema of the input rules out: unknown members and impossible comparisons. Then warns of members
/// that nothing declares, of the input or of what is known otherwise.
fn input(cx: &mut Cx<'_>, expr: &Expr, at: &At<'_>, place: Place<'_>) {
    // The schema is borrowed while problems are noted in `cx`, so it is taken out and put back at the end.
    let shape = cx.input.take();
    let references = expr.references();
    let mut refused = Vec::new();
    if let Some(shape) = &shape {
        let known = Known::at(&shape.0, place, &references.names);
        for (ix, path) in references.paths.iter().enumerate().filter(|(_, path)| !path.guarded) {
            let Some((schema, members)) = known.schema(&path.segments) else { continue };
            if let Some((name, siblings)) = shape::unknown(schema, members) {
                let message = format!("the input schema allows no `{name}`");
                let hint = cx.suggest(&name, siblings.iter().map(String::as_str));
                cx.error("unknown_variable", at, message, hint);
                refused.push(ix);
            }
        }
        mismatches(cx, references, &known, at);
    }
    members::check(cx, expr, at, place, shape.as_ref().map(|shape| &shape.0), &refused);
    cx.input = shape;
}

/// Reports comparisons that the declared types make impossible.
fn mismatches(cx: &mut Cx<'_>, references: &References, known: &Known<'_>, at: &At<'_>) {
    // `others` are the types of the other side; the message tells them as `whose`, and shows that side as `side`.
    let mut compare = |path: &[String], operator: &str, others: &[&str], whose: &str, side: &str| {
        let Some(types) = known.types(path).filter(|types| shape::apart(types, others)) else { return };
        let (path, types) = (path.join("."), types.join(" or "));
        let message =
            format!("`{path}` is declared as {types}{whose}, so `{path} {operator} {side}` never holds as meant");
        let hint = format!("Compare with a value of type {types}, or convert one side.");
        cx.error("type_mismatch", at, message, hint);
    };
    for (path, literal, operator) in &references.comparisons {
        if let Some(other) = shape::type_of(literal) {
            compare(&path.segments, operator, &[other], "", &literal.to_string());
        }
    }
    for (path, others, operator) in &references.typed {
        compare(path, operator, others, &format!(" and the other side is of type {}", others.join(" or ")), "…");
    }
    for (path, other, operator) in &references.pairs {
        if let Some(others) = known.types(other) {
            let side = other.join(".");
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            compare(path, operator, &others, &format!(" and `{side}` as {}", others.join(" or ")), &side);
        }
    }
}
