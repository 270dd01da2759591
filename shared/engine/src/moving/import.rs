//! Takes an execution in, piece by piece.

use super::{
    check::{Read, belongs, here, payloads, read, same, started_of},
    outcome::{Importer, Outcome, Refusal, Taken},
    piece::Piece,
};
use crate::{
    delivery::schedule,
    drive::{offload, submit, workflow_of},
    port::{Commit, Host, StoreError},
};
use document::Workflow;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use stepwell_core::{
    children::body_of,
    command::{Asked, Command},
    documents::Documents,
    effect::{ChildControl, Effect, Message, Work},
    event::{Event, Turn},
    evolve::{FoldError, fold},
    execution::Execution,
    id::ExecutionId,
    invariant::check_folded,
    payload::Payload,
    task::NodeLog,
    wanted::wish,
};

/// Takes a piece in; with `rehearse` only says what would become of it. What is there already is compared and left as it
/// is, so that the same piece may come again.
///
/// # Errors
/// What the store says. What was stored before stays, and the same piece may be sent again.
pub async fn import(
    host: &dyn Host,
    to: &Importer<'_>,
    piece: &Piece,
    rehearse: bool,
) -> Result<Result<Outcome, Refusal>, StoreError> {
    let read = match read(piece) {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = &piece.execution_id;
    let taken = {
        let _exclusive = host.journal().exclusive(id).await;
        let there = host.journal().load_lean(id).await?;
        let new = match left_to_add(host, to, piece, &read.turns, there.as_deref()).await? {
            Ok(new) => new,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if new.is_empty() {
            Taken::Unchanged
        } else {
            match add(host, to, piece, read, new, there, rehearse).await? {
                Ok(()) => Taken::Added,
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
    };
    if rehearse {
        let there = host.journal().load_lean(id).await?;
        let turns = there.as_ref().map_or(0, |state| state.seq).max(piece.to());
        return Ok(Ok(Outcome { taken, turns, state: there }));
    }
    finish(host, to, piece, taken).await
}

/// The turns of a piece that are not there yet, as a range of its own. A journal that has another past, or that goes on by
/// itself, is left alone.
async fn left_to_add(
    host: &dyn Host,
    to: &Importer<'_>,
    piece: &Piece,
    given: &[Turn],
    there: Option<&Execution>,
) -> Result<Result<std::ops::Range<usize>, Refusal>, StoreError> {
    let Some(there) = there else {
        let all = 0..given.len();
        return Ok(if piece.after == 0 && !given.is_empty() { Ok(all) } else { Err(Refusal::Gap(0)) });
    };
    let id = &piece.execution_id;
    let another = |why: &str| Ok(Err(Refusal::AnotherJournal(format!("execution {id} exists here, and {why}"))));
    if there.started.owner != to.owner {
        return another("it is not yours");
    }
    // Of an execution that is here whole only its past can be in a file.
    let came = there.started.imported.as_ref().map_or(there.seq, |imported| imported.turns);
    if there.arrives() && came != piece.of {
        return another("comes from another export: import that one, or cancel the execution and delete it");
    }
    if !there.arrives() && piece.of > came {
        return another("has gone another way: delete it first, if the one in the file is meant");
    }
    if piece.after > there.seq {
        return Ok(Err(Refusal::Gap(there.seq)));
    }
    let common = usize::try_from(there.seq - piece.after).unwrap_or(usize::MAX).min(given.len());
    let stored = host.journal().turns(id, piece.after, common).await?;
    let known = given.get(..common).unwrap_or_default();
    if stored.len() != common || !stored.iter().zip(known).all(|(stored, given)| same(stored, given)) {
        return another("has another journal: delete it first, if the one in the file is meant");
    }
    Ok(Ok(common..given.len()))
}

/// Folds turns that are new, checks what they make, and commits them without any effect.
async fn add(
    host: &dyn Host,
    to: &Importer<'_>,
    piece: &Piece,
    read: Read,
    new: std::ops::Range<usize>,
    before: Option<Arc<Execution>>,
    rehearse: bool,
) -> Result<Result<(), Refusal>, StoreError> {
    let Read { turns, mut logs, documents } = read;
    // Lines of turns that are here already are here, too.
    if let Some(known) = new.start.checked_sub(1).and_then(|last| turns.get(last)) {
        logs.retain(|log| log.line.at > known.at);
    }
    let mut turns: Vec<Turn> = turns.into_iter().skip(new.start).collect();
    let workflow = match (&before, started_of(&turns).cloned()) {
        (Some(before), _) => workflow_of(host, before).await?,
        (None, Some(started)) => {
            if let Some(parent) = &started.parent
                && !rehearse
                && let Err(refusal) = belongs(host, to, &started.execution_id, parent).await?
            {
                return Ok(Err(refusal));
            }
            let root = documents.get(&started.workflow_hash).cloned();
            let Some(body) = root.and_then(|root| body_of(root, &started.body).ok()) else {
                return Ok(Err(Refusal::Damaged("the document has no such part as the execution runs".into())));
            };
            if let Some(Event::ExecutionStarted(first)) = turns.first_mut().and_then(|turn| turn.events.first_mut()) {
                **first = here(host, to, piece.of, &started);
            }
            body
        }
        (None, None) => return Ok(Err(Refusal::Gap(0))),
    };
    let others: Vec<Arc<Workflow>> = documents.values().cloned().collect();
    let (state, others) = match folded(host, &piece.execution_id, &workflow, others, before.as_deref(), &turns).await? {
        Ok((state, others)) => (Arc::new(state), others),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let ran_by = Documents::new(&workflow, &others);
    if let Some(wrong) = amiss(ran_by, piece, &turns, &state) {
        return Ok(Err(Refusal::Damaged(wrong)));
    }
    if rehearse {
        return Ok(Ok(()));
    }
    for workflow in documents.values() {
        host.catalogue().keep_workflow(workflow).await?;
    }
    commit(host, ran_by.of(&state).unwrap_or(&workflow), before, turns, state, logs).await.map(Ok)
}

/// The state after the turns, with the documents that folding them took beside the one in force before.
async fn folded(
    host: &dyn Host,
    id: &ExecutionId,
    workflow: &Workflow,
    mut others: Vec<Arc<Workflow>>,
    before: Option<&Execution>,
    turns: &[Turn],
) -> Result<Result<(Execution, Vec<Arc<Workflow>>), Refusal>, StoreError> {
    let damaged = |why: String| Ok(Err(Refusal::Damaged(why)));
    loop {
        // No journal that a host wrote makes the fold panic. What somebody else wrote must not end the request either.
        let folded = catch_unwind(AssertUnwindSafe(|| fold(Documents::new(workflow, &others), before.cloned(), turns)));
        match folded {
            Ok(Ok(state)) => return Ok(Ok((state, others))),
            // An earlier piece brought it.
            Ok(Err(FoldError::Document(hash))) if others.iter().all(|known| known.hash != hash) => {
                match host.catalogue().workflow(&hash).await? {
                    Some(found) => others.push(found),
                    None => return damaged(format!("the workflow {hash} is not in the file")),
                }
            }
            Ok(Err(FoldError::Needs(missing))) => host.journal().fetch(id, &missing.payloads()).await?,
            Ok(Err(error)) => return damaged(format!("the journal does not fold: {error}")),
            Err(_) => return damaged("the journal does not fold".into()),
        }
    }
}

/// What is wrong with the state that the last piece leads to; none where it is one that the rules could have made.
fn amiss(documents: Documents<'_>, piece: &Piece, turns: &[Turn], state: &Execution) -> Option<String> {
    if piece.to() < piece.of {
        return None;
    }
    // The state as it will be once the execution goes on.
    let mut then = state.clone();
    Arc::make_mut(&mut then.started).imported = None;
    let Some(workflow) = documents.of(&then) else { return Some("the workflow in force is not in it".into()) };
    let broken = catch_unwind(AssertUnwindSafe(|| check_folded(workflow, turns, &then)));
    let broken = broken.unwrap_or_else(|_| vec!["its end cannot be checked".into()]);
    broken.into_iter().next().map(|broken| format!("the journal breaks a rule: {broken}"))
}

/// Writes turns that came from elsewhere. Nothing follows from them yet.
async fn commit(
    host: &dyn Host,
    workflow: &Workflow,
    before: Option<Arc<Execution>>,
    turns: Vec<Turn>,
    state: Arc<Execution>,
    logs: Vec<NodeLog>,
) -> Result<(), StoreError> {
    let mut values = payloads(&turns);
    values.extend(state.payloads().into_iter().cloned());
    let mut commit = Commit {
        before,
        turns,
        state,
        effects: Vec::new(),
        logs: logs.into(),
        blobs: Vec::new(),
        acks: Vec::new(),
        due: None,
    };
    commit.blobs = offload(&commit, host.journal().inline_bytes());
    schedule(host, workflow, &mut commit);
    host.journal().commit(commit).await?;
    values.iter().for_each(Payload::stored);
    Ok(())
}

/// Lets the execution go on where the piece is the last one, and says what there is.
async fn finish(
    host: &dyn Host,
    to: &Importer<'_>,
    piece: &Piece,
    taken: Taken,
) -> Result<Result<Outcome, Refusal>, StoreError> {
    let id = &piece.execution_id;
    let mut taken = taken;
    if piece.complete {
        let asked = Asked::by(Command::Imported, Some(to.by.to_owned()));
        if let Some(submitted) = submit(host, id, asked).await?
            && submitted.committed
        {
            taken = Taken::Added;
        }
    }
    let Some(state) = host.journal().load_lean(id).await? else { return Ok(Err(Refusal::Gap(0))) };
    if piece.complete && state.arrives() {
        return Ok(Err(Refusal::Gap(state.seq)));
    }
    if piece.complete {
        heed_parent(host, &state).await?;
    }
    Ok(Ok(Outcome { taken, turns: state.seq, state: Some(state) }))
}

/// Lets a child learn what its parent wants: a word that was on its way to it when both were exported is lost.
async fn heed_parent(host: &dyn Host, child: &Execution) -> Result<(), StoreError> {
    let Some(parent) = child.started.parent.as_ref().filter(|_| child.end.is_none()) else { return Ok(()) };
    let Some(above) = host.journal().load_lean(&parent.execution_id).await? else { return Ok(()) };
    let control = wish(&above, &parent.activation, parent.attempt);
    if control == ChildControl::Resume || above.arrives() {
        return Ok(());
    }
    let message = Message { execution: child.id().clone(), work: Work::Control { control } };
    host.outbox().deliver(child.id(), &[Effect::Send { message, at: None }]).await
}
