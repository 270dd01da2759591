//! What must hold of everything that a play leaves behind.

use super::driven::Driven;
use crate::sim::{child_undone, through_json};
use engine::{
    drive::workflow_of,
    past::RanBy,
    port::{ExecutionFilter, Host, Journal, StoreError, Window},
};
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::{
    effect::{ChildControl, Effect, Message, Work},
    event::Turn,
    execution::Execution,
    id::{ExecutionId, child_id},
    invariant,
    owed::{Since, owed},
    status::Status,
};

/// Turns that are read at a time: few, so that a journal takes several reads.
const TURNS: usize = 7;

fn told(error: StoreError) -> String {
    error.to_string()
}

/// Reads every journal, checks the invariants of the execution model, and that lists show what the states say.
///
/// # Errors
/// Names the first that does not hold.
pub async fn journals(host: &Driven<'_>, owner: &str) -> Result<BTreeMap<ExecutionId, Vec<Turn>>, String> {
    let mut journals = BTreeMap::new();
    let mut expected = BTreeSet::new();
    for (id, state) in states(host).await? {
        let turns = turns(host, &id).await?;
        for turn in &turns {
            // Payloads are compared by what they are stored as, so values have to be.
            if through_json(turn)? != *turn {
                return Err(format!("{id}: turn {} is another one once it is read again", turn.seq));
            }
        }
        let ran_by = RanBy::of(host, &state.started, &turns).await.map_err(told)?;
        if let Some(broken) = invariant::check(ran_by.documents(), &turns, &state).first() {
            return Err(format!("{id}: {broken}"));
        }
        expected.insert((id.clone(), state.status()));
        journals.insert(id, turns);
    }
    let shown = listed(host, owner, &journals).await?;
    if shown != expected {
        return Err(format!("lists show {shown:?} and not {expected:?}"));
    }
    Ok(journals)
}

/// Checks, where no message is under way, that executions owe nothing to the outside that was not done.
///
/// # Errors
/// Names what was lost.
pub async fn nothing_is_owed(host: &Driven<'_>) -> Result<(), String> {
    let states = states(host).await?;
    for state in states.values() {
        // The end of a child is owed to its parent only while the parent waits for it.
        if state.end.is_some() && !parent_waits(&states, state) {
            continue;
        }
        let workflow = workflow_of(host, state).await.map_err(told)?;
        let lost: Vec<_> =
            owed(&workflow, state, Since::Ever).into_iter().filter(|effect| !is_done(host, &states, effect)).collect();
        if !lost.is_empty() {
            return Err(format!("{} is {}, and these effects were lost: {lost:?}", state.id(), state.status()));
        }
    }
    Ok(())
}

type States = BTreeMap<ExecutionId, Execution>;

async fn states(host: &Driven<'_>) -> Result<States, String> {
    let known = host.outer.kept().known.clone();
    let mut states = States::new();
    for id in known {
        let state = host.load(&id).await.map_err(told)?.ok_or_else(|| format!("{id} is gone"))?;
        states.insert(id, (*state).clone());
    }
    Ok(states)
}

async fn turns(host: &Driven<'_>, id: &ExecutionId) -> Result<Vec<Turn>, String> {
    let mut turns: Vec<Turn> = Vec::new();
    loop {
        let more = host.turns(id, turns.len() as u64, TURNS).await.map_err(told)?;
        if more.is_empty() {
            return Ok(turns);
        }
        turns.extend(more);
    }
}

/// What lists show: executions without a parent, and the children of each.
async fn listed(
    host: &Driven<'_>,
    owner: &str,
    journals: &BTreeMap<ExecutionId, Vec<Turn>>,
) -> Result<BTreeSet<(ExecutionId, Status)>, String> {
    let mut shown = BTreeSet::new();
    for parent in journals.keys().cloned().map(Some).chain([None]) {
        let filter = ExecutionFilter { owner: owner.into(), parent, ..ExecutionFilter::default() };
        let window = Window { limit: 200, cursor: None };
        let page = host.index().executions(&filter, &window).await.map_err(told)?;
        shown.extend(page.items.into_iter().map(|head| (head.id, head.status)));
    }
    Ok(shown)
}

fn parent_waits(states: &States, child: &Execution) -> bool {
    let Some(parent) = &child.started.parent else { return false };
    let Some(state) = states.get(&parent.execution_id) else { return false };
    let kids = state.children.get(&parent.activation.node);
    state.waits_for_children(&parent.activation, parent.attempt)
        && kids.is_some_and(|kids| !kids.ended.contains(parent.index))
}

/// Whether an effect is done, so that doing it again would change nothing: people know, the timer is set, or whoever is
/// told knows already or need not know.
fn is_done(host: &Driven<'_>, states: &States, effect: &Effect) -> bool {
    let kept = host.outer.kept();
    match effect {
        Effect::OpenInteraction(interaction) => kept.shown.contains(interaction),
        Effect::CloseInteraction(interaction) => !kept.shown.contains(interaction),
        Effect::SetTimer { activation, purpose, at } => kept.timer(activation, *purpose).contains(at),
        Effect::Send { message: Message { execution, work }, .. } => match (work, states.get(execution)) {
            // Children that exist are not started again.
            (Work::StartChildren { activation, from, to, .. }, Some(parent)) => {
                let kids = parent.children.get(&activation.node);
                let exists =
                    |index| kids.is_some_and(|kids| states.contains_key(&kids.id_of(execution, activation, index)));
                (*from..*to).all(exists)
            }
            // A child says when it is undone, or why not.
            (Work::Undo(_), Some(parent)) => {
                let child = child_undone(parent).and_then(|id| states.get(&id));
                child.is_some_and(|child| child.is_being_undone() && child.stuck.is_none() && !child.paused)
            }
            (Work::ChildUndone { activation, attempt, index, .. }, Some(parent)) => {
                let child = child_id(parent.id(), activation, *attempt, *index);
                parent.stuck.is_some() || child_undone(parent) != Some(child)
            }
            (Work::Control { control: ChildControl::Cancel }, child) => child.is_none_or(|child| child.end.is_some()),
            (Work::ChildAsks { .. }, None) => true,
            (Work::ChildAsks { activation, attempt, index, seq, .. }, Some(parent)) => {
                let kids = parent.children.get(&activation.node);
                !parent.waits_for_children(activation, *attempt)
                    || kids.is_none_or(|kids| kids.ended.contains(*index) || kids.told_seq(*index) >= *seq)
            }
            _ => false,
        },
        Effect::DropTimer { .. } | Effect::Admit { .. } | Effect::AnswerCaller => false,
    }
}
