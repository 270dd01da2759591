//! What the expressions of a `map`'s body read of the execution around it, so that a child takes along no more.

use super::{Body, Human, HumanKind, NodeKind, Over, Transform, Wait, Workflow};
use expression::{Expr, Template};
use std::collections::BTreeSet;

/// What the body of a map reads from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Ids of the nodes named through `ctx`, each once; those of the body itself are among them.
    pub nodes: Vec<String>,
    /// Whether `ctx` may be read as a whole, so that every node counts.
    pub all_nodes: bool,
    /// Whether the execution's input may be read: by name, by a bare name, by code, or by a trigger.
    pub input: bool,
}

/// The names that read no input of the execution; every other name may.
const SCOPE: [&str; 7] = ["output", "ctx", "loop", "item", "index", "execution", "secrets"];

impl Workflow {
    /// What the expressions of this body read, those of bodies inside it included.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        let mut nodes = BTreeSet::new();
        let conditions = self.edges.iter().filter_map(|edge| edge.condition.as_ref());
        let mut all: Vec<&Expr> = conditions.chain(&self.output).collect();
        for node in &self.nodes {
            of_kind(&node.kind, &mut all);
            match &node.kind {
                // Code may read whatever expressions can, and is taken to read `ctx` where it spells the name.
                NodeKind::Code { code } => {
                    reads.input = true;
                    reads.all_nodes |= code.contains("ctx");
                }
                NodeKind::Map(map) => {
                    if let Body::Inline(body) = &map.body {
                        let inner = body.reads();
                        reads.input |= inner.input;
                        reads.all_nodes |= inner.all_nodes;
                        nodes.extend(inner.nodes);
                    }
                }
                // A trigger puts out the execution's input.
                kind if kind.is_trigger() => reads.input = true,
                _ => {}
            }
            if let Some(compensation) = &node.compensate {
                of_kind(&compensation.kind, &mut all);
            }
        }
        for expr in all {
            let found = expr.references();
            nodes.extend(found.ctx_nodes.keys().cloned());
            reads.all_nodes |= found.whole_ctx;
            reads.input |= found.names.iter().any(|name| !SCOPE.contains(&name.as_str()));
        }
        reads.nodes = nodes.into_iter().collect();
        reads
    }
}

/// Adds all expressions of a node's config.
fn of_kind<'a>(kind: &'a NodeKind, all: &mut Vec<&'a Expr>) {
    let mut templates: Vec<Option<&'a Template>> = Vec::new();
    match kind {
        NodeKind::HttpRequest(http) => {
            templates.extend([Some(&http.method), Some(&http.url), http.headers.as_ref(), http.query.as_ref()]);
            templates.push(http.body.as_ref());
            all.extend(&http.expect);
        }
        NodeKind::Transform(Transform::Set(template)) => templates.push(Some(template)),
        NodeKind::Transform(Transform::Expression(expr)) => all.push(expr),
        NodeKind::Branch { rules, .. } => all.extend(rules.iter().map(|rule| &rule.when)),
        NodeKind::Loop(one) => match &one.over {
            Over::While(expr) | Over::ForEach(expr) => all.push(expr),
        },
        NodeKind::Map(map) => all.push(&map.items),
        NodeKind::Wait(Wait::Seconds(template) | Wait::Until(template) | Wait::Event { name: template, .. }) => {
            templates.push(Some(template));
        }
        NodeKind::Human(human) => of_human(human, &mut templates, all),
        NodeKind::Workflow(children) => templates.push(children.input.as_ref()),
        NodeKind::Break { output } | NodeKind::Succeed { output } => templates.push(output.as_ref()),
        NodeKind::Fail { code, message } => templates.extend([code.as_ref(), message.as_ref()]),
        _ => {}
    }
    let expressions = templates.into_iter().flatten().flat_map(Template::expressions);
    all.extend(expressions.map(|(_, expr)| expr));
}

fn of_human<'a>(human: &'a Human, templates: &mut Vec<Option<&'a Template>>, all: &mut Vec<&'a Expr>) {
    templates.extend([Some(&human.question), human.details.as_ref(), human.assignees.as_ref()]);
    templates.push(human.escalate_to.as_ref());
    all.extend(&human.condition);
    all.extend(human.auto_approve_below.as_ref().map(|(expr, _)| expr));
    match &human.kind {
        HumanKind::Input { schema, rules } => {
            templates.push(schema.as_ref());
            all.extend(rules);
        }
        HumanKind::Decision { options } => templates.extend(options.iter().map(|option| Some(&option.label))),
        HumanKind::Review { content } => templates.push(content.as_ref()),
        HumanKind::Authorization { tool, arguments, .. } => templates.extend([tool.as_ref(), arguments.as_ref()]),
        HumanKind::Approval | HumanKind::Ask => {}
    }
}
