//! `unknown_variable` as a warning: an expression names a member that nothing declares. It may be there all the same,
//! since schemas allow more than they name; mostly it is a slip.

use super::{At, Cx, Declared, Frame, Outputs, Place, Reader, known, outputs::object_of};
use crate::{graph::NodeIx, limits, node::node_type::Role};
use expression::{Expr, Path};
use serde_json::Value;
use std::{collections::BTreeSet, sync::LazyLock};

/// What `execution` and `loop` hold.
static EXECUTION: LazyLock<Value> = LazyLock::new(|| object_of(&["id", "workflow_id", "started_at"]));
static LOOP: LazyLock<Value> = LazyLock::new(|| object_of(&["iteration", "last"]));

/// Warns of every member that an expression names and nothing declares. `refused` are the positions of the paths that
/// were reported as errors. `schema` is that of the execution's input.
pub(super) fn check(
    cx: &mut Cx<'_>,
    expr: &Expr,
    at: &At<'_>,
    place: Place<'_>,
    schema: Option<&Value>,
    refused: &[usize],
) {
    // What would be found is not noted any more, and looking for it takes long among many names.
    if cx.warnings() >= limits::ISSUES {
        return;
    }
    let references = expr.references();
    let mut told = BTreeSet::new();
    for (_, path) in references.paths.iter().enumerate().filter(|(ix, _)| !refused.contains(ix)) {
        if !told.insert(&path.segments) || beside_output(cx, path, at, place) || path.guarded {
            continue;
        }
        let Some((declared, first)) = (Scoped { place, schema }).root(&path.segments) else { continue };
        if let Some((which, known)) = declared.missing(&path.segments[first..]) {
            let (whole, name) = (path.segments.join("."), &path.segments[first + which]);
            let hint = cx.suggest(name, known.iter().copied());
            let hint = format!("{hint} If it may be there all the same, declare it, or ask with `has()` first.");
            cx.warning("unknown_variable", at, format!("nothing declares `{name}` of `{whole}`"), hint);
        }
    }
}

/// Warns of `ctx.node.field`: what a node put out is `ctx.node.output`. Also within `has()`, which is never true then.
fn beside_output(cx: &mut Cx<'_>, path: &Path, at: &At<'_>, place: Place<'_>) -> bool {
    let [root, node, field, rest @ ..] = path.segments.as_slice() else { return false };
    if root != "ctx" || field == "output" || place.frame.find(node).is_none() {
        return false;
    }
    // A slip in `output` itself, or a member of the output without it.
    let meant = match super::suggest::nearest(field, ["output"]) {
        Some(_) => format!("ctx.{node}.output{}", below(rest)),
        None => format!("ctx.{node}.output.{field}{}", below(rest)),
    };
    let message = format!("`ctx.{node}` holds `output` and nothing else, so there is no `{field}`");
    cx.warning("unknown_variable", at, message, format!("Did you mean `{meant}`?"));
    true
}

fn below(names: &[String]) -> String {
    names.iter().map(|name| format!(".{name}")).collect()
}

/// What is declared of the names that an expression uses at its place.
struct Scoped<'a> {
    place: Place<'a>,
    /// The schema of the execution's input.
    schema: Option<&'a Value>,
}

impl<'a> Scoped<'a> {
    /// What is declared of what a path begins with, and the position of the first name below that.
    fn root(&self, path: &[String]) -> Option<(Declared<'a>, usize)> {
        let first = path.first()?.as_str();
        let frame = self.place.frame;
        if self.place.extra.contains(&first) {
            return Some((self.answer().filter(|_| first == "answer")?, 1));
        }
        match first {
            "args" if frame.args => None,
            "ctx" => Some((self.output_of(path.get(1).filter(|_| path.len() > 3)?)?, 3)),
            "input" => Some((Declared::of(self.schema?), 1)),
            "output" => Some((self.output()?, 1)),
            "item" => Some((self.item()?, 1)),
            "execution" => Some((Declared::of(&EXECUTION), 1)),
            "loop" => match self.place.reader {
                Reader::Node(ix) | Reader::After(ix) => {
                    let inside = frame.graph.around[ix].is_some() || frame.has_role(ix, Role::Loop);
                    inside.then(|| (Declared::of(&LOOP), 1))
                }
                Reader::End => None,
            },
            "index" | "secrets" => None,
            _ => Some((self.bare()?, 0)),
        }
    }

    /// What is declared of a node's output, as `ctx` shows it here.
    fn output_of(&self, name: &str) -> Option<Declared<'a>> {
        let (frame, ix) = self.place.frame.find(name)?;
        if std::ptr::eq(frame, self.place.frame) {
            match self.place.reader {
                Reader::After(own) if own == ix => return self.own(ix),
                // Within its body, a loop has put out what the iteration is given.
                Reader::Node(reader) | Reader::After(reader) if frame.graph.body[ix].contains(&reader) => return None,
                Reader::Node(_) | Reader::After(_) | Reader::End => {}
            }
        }
        frame.outputs.output(ix, self.schema)
    }

    /// What is declared of the output that a node has just put out, on an edge out of it.
    fn own(&self, ix: NodeIx) -> Option<Declared<'a>> {
        let frame = self.place.frame;
        match self.place.port {
            Some("error") => Some(Outputs::failure()),
            Some("loop") | None if frame.has_role(ix, Role::Loop) => None,
            Some(_) | None => frame.outputs.output(ix, self.schema),
        }
    }

    /// What is declared of `output`.
    fn output(&self) -> Option<Declared<'a>> {
        match self.place.reader {
            Reader::Node(ix) if self.place.sees_input => self.place.frame.outputs.input(ix, self.schema),
            Reader::After(ix) => self.own(ix),
            Reader::Node(_) | Reader::End => None,
        }
    }

    /// What is declared of the values in which a bare name is looked up, where something is of each.
    fn bare(&self) -> Option<Declared<'a>> {
        let input = Declared::of(self.schema?);
        match self.place.reader {
            Reader::Node(ix) if self.place.sees_input => {
                Some(self.place.frame.outputs.input(ix, self.schema)?.or(input))
            }
            Reader::After(ix) => Some(self.place.frame.outputs.input(ix, self.schema)?.or(input).or(self.own(ix)?)),
            Reader::Node(_) => None,
            Reader::End => Some(input),
        }
    }

    /// What is declared of `item`: of the items of the list that the innermost `for_each`, or the map around, goes
    /// through, where that is one path.
    fn item(&self) -> Option<Declared<'a>> {
        let frame = self.place.frame;
        let (Reader::Node(ix) | Reader::After(ix)) = self.place.reader else { return None };
        if frame.has_role(ix, Role::Loop) && matches!(self.place.reader, Reader::After(_)) {
            return None;
        }
        let config = |frame: &Frame<'a>, ix: NodeIx| frame.nodes[ix].object?.get("config");
        let each = |ix: &NodeIx| config(frame, *ix).and_then(|config| config.get("for_each"));
        let around = frame.graph.loops_around(ix).into_iter().find_map(|ix| Some((frame, ix, each(&ix)?)));
        let (frame, node, list) = around.or_else(|| {
            let (outer, map) = frame.outer?;
            Some((outer, map, config(outer, map)?.get("items")?))
        })?;
        let list = known::path_of(list.as_str()?)?;
        let scoped = Scoped { place: Place::new(frame, Reader::Node(node)), schema: self.schema };
        let (declared, first) = scoped.root(&list)?;
        declared.at(list.get(first..)?)?.items()
    }

    /// What the schema of the question declares of its `answer`. One with templates is known when it is asked.
    fn answer(&self) -> Option<Declared<'a>> {
        let Reader::Node(ix) = self.place.reader else { return None };
        let schema = self.place.frame.nodes[ix].object?.get("config")?.get("schema")?;
        schema.is_object().then(|| Declared::of(schema))
    }
}

impl<'a> Frame<'a> {
    /// The node of that name, in this flow or in one around it.
    fn find(&'a self, name: &str) -> Option<(&'a Frame<'a>, NodeIx)> {
        match (self.graph.index.get(name), self.outer) {
            (Some(&ix), _) => Some((self, ix)),
            (None, Some((outer, _))) => outer.find(name),
            (None, None) => None,
        }
    }
}
