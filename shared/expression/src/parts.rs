//! The names of the scope (workflow format §4) and their members, read in place, without building objects of them.

use super::{
    error::Fault,
    eval::{Evaluated, Machine, optional},
    node::Root,
    value::{Part, Spelled, Text, Val},
};
use std::rc::Rc;

impl<'a> Machine<'a> {
    /// The value of a name that no macro binds. Names that the scope adds come first, then its fixed names, and last
    /// bare names.
    pub(super) fn root(&mut self, root: Root, name: &str) -> Evaluated<'a> {
        let scope = self.scope;
        if let Some((_, value)) = scope.extra.iter().find(|(extra, _)| *extra == name) {
            return Ok(Val::from_json(value));
        }
        if let Some(args) = scope.args.filter(|_| name == "args") {
            return Ok(Val::from_json(args));
        }
        let found = match root {
            Root::Output => scope.output.map(Val::from_json),
            Root::Ctx => Some(Val::Part(Part::Ctx)),
            Root::Input => Some(Val::from_json(scope.input)),
            Root::Loop => scope.in_loop.map(|_| Val::Part(Part::Loop)),
            Root::Item => scope.item.map(Val::from_json),
            Root::Index => scope.index.map(|index| i64::try_from(index).map_or(Val::Uint(index), Val::Int)),
            Root::Execution => Some(Val::Part(Part::Execution)),
            Root::Secrets => return Err(Fault::Secret),
            Root::Bare => None,
        };
        // On an edge, `output` is what the node has just put out. Inputs win over it, so that a name means the same
        // there as in the node's config.
        let places = || scope.bare.iter().flatten().copied().chain(scope.output);
        let bare = || places().find_map(|value| value.get(name)).map(Val::from_json);
        found.or_else(bare).ok_or_else(|| match root {
            Root::Bare => {
                Fault::missing(format!("there is no `{name}` in the node's input, the execution's input or `output`"))
            }
            Root::Loop => Fault::missing("`loop` is known only inside a loop"),
            Root::Item | Root::Index => Fault::missing(format!("`{name}` is known only inside a map or a `for_each`")),
            _ => Fault::missing(format!("there is no `{name}` here")),
        })
    }

    /// `target.name`, for objects, parts of the scope, and optionals of these, which give an optional. Only a name that
    /// is spelled in the expression is named in messages: a computed one is a value.
    pub(super) fn select(&mut self, target: Val<'a>, name: Text<'a>, spelled: Spelled) -> Evaluated<'a> {
        let scope = self.scope;
        let found = match &target {
            Val::Part(Part::Ctx) => return Ok(Val::Part(Part::Node(name, spelled))),
            Val::Part(Part::Node(node, spelled)) => {
                let output = scope.ctx.output_of(node).ok_or_else(|| match spelled {
                    Spelled::Literally => {
                        Fault::missing(format!("node `{}` has no output here; guard it with has()", &**node))
                    }
                    Spelled::Computed => Fault::missing("this node has no output here; guard it with has()"),
                })?;
                if &*name == "output" { Some(Val::from_json(output)) } else { None }
            }
            Val::Part(part) => self.member(part, &name),
            Val::Optional(None) => return Ok(target),
            Val::Optional(Some(inner)) => {
                let inner = self.select((**inner).clone(), name, spelled);
                return optional(inner);
            }
            _ => target.field(&name),
        };
        found.ok_or_else(|| match target {
            _ if spelled == Spelled::Computed => Fault::missing("there is no such key"),
            Val::Json(serde_json::Value::Object(_)) | Val::Map(_) | Val::Part(_) => {
                Fault::missing(format!("there is no key `{}`", &*name))
            }
            other => Fault::missing(format!("{} has no key `{}`", other.described(), &*name)),
        })
    }

    fn member(&self, part: &Part<'a>, name: &str) -> Option<Val<'a>> {
        let execution = &self.scope.execution;
        let text = |text| Some(Val::Text(Text::Borrowed(text)));
        match (part, name) {
            (Part::Execution, "id") => text(execution.id),
            (Part::Execution, "workflow_id") => text(execution.workflow_id),
            (Part::Execution, "started_at") => text(execution.started_at),
            (Part::Loop, "iteration") => {
                self.scope.in_loop.map(|l| i64::try_from(l.iteration).map_or(Val::Uint(l.iteration), Val::Int))
            }
            (Part::Loop, "last") => self.scope.in_loop.map(|l| Val::from_json(l.last)),
            _ => None,
        }
    }

    /// Builds the object that a part of the scope stands for.
    pub(super) fn whole(&mut self, part: Part<'a>) -> Evaluated<'a> {
        let key = |name: &'a str| Val::Text(Text::Borrowed(name));
        let entries = match &part {
            Part::Ctx => {
                let mut entries = Vec::new();
                for node in self.scope.ctx.nodes() {
                    self.build(4 * size_of::<Val>())?;
                    entries.push((key(node), self.whole(Part::Node(Text::Borrowed(node), Spelled::Computed))?));
                }
                entries
            }
            Part::Node(..) => {
                vec![(key("output"), self.select(Val::Part(part), Text::Borrowed("output"), Spelled::Literally)?)]
            }
            Part::Loop => named(&["iteration", "last"], |name| self.member(&part, name)),
            Part::Execution => named(&["id", "workflow_id", "started_at"], |name| self.member(&part, name)),
        };
        Ok(Val::Map(Rc::new(entries)))
    }
}

/// The entries of a part that has these members.
fn named<'a>(names: &[&'static str], member: impl Fn(&str) -> Option<Val<'a>>) -> Vec<(Val<'a>, Val<'a>)> {
    names.iter().filter_map(|name| Some((Val::Text(Text::Borrowed(name)), member(name)?))).collect()
}
