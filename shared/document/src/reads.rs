//! What a flow reads: of the execution around a `map`'s body, so that a child takes along no more, and of secrets.

use crate::{
    Channels, NodeKind, Spawning, Workflow,
    node::{config::of_templates, human::groups_in},
};
use expression::Expr;
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
    /// Whether `args` may be read: what a model gave the tool in whose flow the map stands.
    pub args: bool,
}

/// The names that read no input of the execution; every other name may.
const SCOPE: [&str; 8] = ["output", "ctx", "loop", "item", "index", "execution", "secrets", "args"];

impl Workflow {
    /// Names of the secrets that nodes place, those of bodies and compensations included; each once, in order.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for node in &self.nodes {
            names.extend(node.kind.config().secrets());
            names.extend(node.put_to.iter().filter_map(|to| to.channels.as_ref()).flat_map(Channels::secrets));
            names.extend(node.kind.flows().into_iter().flat_map(|flow| flow.secrets()));
            names.extend(node.compensate.iter().flat_map(|undo| undo.kind.config().secrets()));
        }
        names
    }

    /// The names of the groups that the nodes ask, in lower case, as far as no template names them.
    pub fn groups(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for node in &self.nodes {
            let human = node.kind.human().map(|human| [human.assignees.as_ref(), human.escalate_to.as_ref()]);
            let put_to = node.put_to.as_ref().and_then(|put_to| put_to.assignees.as_ref());
            let asked = human.into_iter().flatten().flatten().chain(put_to);
            names.extend(asked.flat_map(|people| groups_in(people.source())));
            names.extend(node.kind.flows().into_iter().flat_map(|flow| flow.groups()));
        }
        names
    }

    /// Whether some question is not for whoever starts an execution to decide, in bodies and the flows of tools too. A
    /// template may say so when the question is opened.
    pub fn keeps_requesters_out(&self) -> bool {
        self.nodes.iter().any(|node| {
            let keeps_out = node.kind.human().is_some_and(|human| human.allow_requester.literal() != Some(true));
            keeps_out || node.kind.flows().iter().any(|flow| flow.keeps_requesters_out())
        })
    }

    /// The ids of the saved workflows that nodes run as children, each once, in order; those of bodies and of the flows of
    /// tools included.
    pub fn runs(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        for node in &self.nodes {
            match &node.kind {
                NodeKind::Children(Spawning::Workflow(children)) => {
                    ids.extend(children.workflow_ids.iter().map(|id| id.as_str()));
                }
                NodeKind::Children(Spawning::Map(map)) => ids.extend(map.saved_body().map(|id| id.as_str())),
                NodeKind::Agent(_)
                | NodeKind::Compute(_)
                | NodeKind::Run(_)
                | NodeKind::Wait(_)
                | NodeKind::Route(_)
                | NodeKind::Lend(_) => {}
            }
            ids.extend(node.kind.flows().into_iter().flat_map(|flow| flow.runs()));
        }
        ids
    }

    /// Whether any node declares `compensate`, in the bodies of maps too, or runs a saved workflow, which may.
    pub fn compensates(&self) -> bool {
        self.nodes.iter().any(|node| {
            let below = match &node.kind {
                NodeKind::Children(Spawning::Map(map)) => map.inline_body().is_none_or(|body| body.compensates()),
                NodeKind::Children(Spawning::Workflow(_)) => true,
                NodeKind::Agent(_) => node.kind.flows().iter().any(|flow| flow.compensates()),
                NodeKind::Compute(_)
                | NodeKind::Run(_)
                | NodeKind::Wait(_)
                | NodeKind::Route(_)
                | NodeKind::Lend(_) => false,
            };
            below || node.compensate.is_some()
        })
    }

    /// What the expressions of this body read, those of bodies inside it included.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        let mut nodes = BTreeSet::new();
        let conditions = self.edges.iter().filter_map(|edge| edge.condition.as_ref());
        let mut all: Vec<&Expr> = conditions.chain(&self.output).collect();
        for node in &self.nodes {
            let config = node.kind.config();
            config.expressions(&mut all);
            of_templates(&[node.put_to.as_ref().and_then(|people| people.assignees.as_ref())], &mut all);
            let told = node.put_to.iter().filter_map(|people| people.channels.as_ref());
            told.for_each(|channels| channels.expressions(&mut all));
            let also = config.reads();
            reads.input |= also.input;
            reads.all_nodes |= also.all_nodes;
            reads.args |= also.args;
            for flow in node.kind.flows() {
                let inner = flow.reads();
                reads.input |= inner.input;
                reads.all_nodes |= inner.all_nodes;
                reads.args |= inner.args;
                nodes.extend(inner.nodes);
            }
            if let Some(compensation) = &node.compensate {
                compensation.kind.config().expressions(&mut all);
                reads.args |= compensation.kind.config().reads().args;
            }
        }
        for expr in all {
            let found = expr.references();
            nodes.extend(found.ctx_nodes.keys().cloned());
            reads.all_nodes |= found.whole_ctx;
            reads.args |= found.names.contains("args");
            reads.input |= found.names.iter().any(|name| !SCOPE.contains(&name.as_str()));
        }
        reads.nodes = nodes.into_iter().collect();
        reads
    }
}
