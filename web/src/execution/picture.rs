//! The picture of an execution: what each node does, which edges it took.

use super::{
    aim::address,
    lent,
    seen::Seen,
    state,
    timeline::{Span, is_whole},
    undone::{Marks, marks},
    visits::{Visits, visits},
};
use crate::{
    picture::{Tag, folded, folds, picture},
    words::{count, sentence},
};
use document::{graph::NodeIx, id::NodeId};
use maud::{Markup, html};
use std::collections::BTreeMap;
use stepwell_core::{event::Turn, execution::EdgeState, view};

/// What stands in the way of a change, by node.
pub type Refused = BTreeMap<String, String>;

/// What the picture says of nodes that the state alone does not tell.
#[derive(Default)]
pub struct Beside {
    /// What stands in the way of a change.
    pub refused: Refused,
    /// What a rollback makes of nodes.
    pub marks: Marks,
    /// How often nodes were visited.
    pub visits: BTreeMap<NodeId, Visits>,
}

impl Beside {
    /// What turns and their spans tell.
    pub fn of(seen: &Seen, turns: &[Turn], spans: &[Span]) -> Self {
        let (refused, visits) = (Refused::new(), visits(seen, spans, is_whole(turns)));
        Self { refused, marks: marks(seen, turns), visits }
    }
}

/// The picture, with the ways to fold and open loops.
pub fn of_execution(seen: &Seen, up: &str, beside: &Beside) -> Markup {
    let drawing = document::picture::drawing(&seen.workflow, &folded(&seen.workflow, &seen.aim.flipped));
    let here = address(up, seen.then.id().as_str());
    html! {
        (picture(&seen.workflow, &drawing, |ix| tag(seen, ix, &here, beside), |ix| is_taken(seen, ix)))
        (folds(&seen.workflow, &seen.aim.flipped, |id| format!("{here}{}#picture", seen.aim.flip(id).query())))
    }
}

/// Letters of a state and of a count that have room in a box beside each other; the title has both.
const ROOM: usize = 26;

fn tag(seen: &Seen, ix: NodeIx, here: &str, beside: &Beside) -> Tag {
    let node = &seen.workflow.nodes[ix];
    let id = node.id.as_str();
    let lent = lent::of_node(seen, ix);
    let status = beside.marks.get(&node.id).copied();
    let status = status.unwrap_or_else(|| state::of(&seen.then, &node.id));
    let look = if lent.is_empty() { status } else { lent::LOOK };
    let counted = if lent.is_empty() { counted(seen, ix, &beside.visits) } else { lent };
    let line = match counted.first() {
        Some(first) if look == lent::LOOK => first.clone(),
        Some(first) if look.word.len() + first.len() <= ROOM => format!("{} {} · {first}", look.sign, look.word),
        Some(_) | None => format!("{} {}", look.sign, look.word),
    };
    let kind = node.of.name.replace('_', " ");
    let mut title = format!("{} ({kind}): {}", node.name, look.word.to_lowercase());
    for more in &counted {
        title = format!("{title}, {more}");
    }
    let why = beside.refused.get(id);
    if let Some(why) = why {
        title = format!("{title}. Problem: {}", sentence(why));
    }
    let line = if why.is_some() { "! Problem".to_owned() } else { line };
    let class = if why.is_some() { format!("{} refused", look.class) } else { look.class.to_owned() };
    let href = format!("{here}{}#node", seen.aim.on(id).query());
    Tag { class, line, title, href, is_current: seen.aim.node.as_deref() == Some(id) }
}

/// What is counted of a node, what matters most first: a loop's iterations, an agent's answers, children, visits, attempts.
/// Each step of an agent is an attempt to the engine, and each tool call that takes its time a child: its answers say more.
pub fn counted(seen: &Seen, ix: NodeIx, visits: &BTreeMap<NodeId, Visits>) -> Vec<String> {
    let node = &seen.workflow.nodes[ix];
    let mut told = Vec::new();
    if let Some(state) = seen.then.loops.get(&node.id) {
        told.push(match state.count {
            Some(items) => format!("{} of {items}", state.begun),
            None => count(state.begun, "iteration"),
        });
    }
    let talk = seen.then.node(&node.id).and_then(|state| state.talk.as_ref());
    told.extend(talk.map(|talk| count(talk.turns.len() as u64, "answer")));
    if let Some(children) = view::children(&seen.then, &seen.workflow, &node.id).filter(|_| talk.is_none()) {
        told.push(format!("{} of {}", children.completed, children.count));
        if children.failed > 0 {
            told.push(format!("{} failed", children.failed));
        }
    }
    if let Some(state) = seen.then.node(&node.id) {
        let visits = visits.get(&node.id).copied().unwrap_or_default();
        told.extend(visits.told());
        // While it goes back, all that it leaves behind is still in the state.
        let of_state = if visits.now == 0 { visits.back } else { visits.now };
        if u64::from(state.attempts) > of_state && talk.is_none() {
            told.push(count(state.attempts.into(), "attempt"));
        }
    }
    told
}

/// Whether an execution went along an edge. The state of an edge is that of the present iteration: one in the body of a
/// loop that began again was taken before where the node that it leads to was visited by it. What is lent to an agent was
/// used where its model has answered, and a tool where it was called.
fn is_taken(seen: &Seen, ix: usize) -> bool {
    let edge = &seen.workflow.edges[ix];
    if !edge.is_main() {
        return lent::is_used(seen, edge);
    }
    let live = seen.then.edges.get(ix) == Some(&EdgeState::Live);
    live || seen.then.node(&edge.to).is_some_and(|state| state.via.contains(&ix))
}
