//! What an answer led to, which a request that comes again under its key is told as it was told the first time.

use crate::{
    Answered, App, Caller, Problem,
    executions::{read, said::said, wait},
    limits,
    people::answer::{self, Terms},
    types::{self, Ended, ResumeAnswer, ResumeBody, Resumed, WentOn},
};
use document::time::Time;
use engine::questions::asking_children;
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    event::{Event, Turn},
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId},
    interaction::{Answer, Interaction},
    limits::{ANSWERS_AT_ONCE, CLOCKS_APART},
    meant::tell_at,
    view,
};

/// The command that a resume asks of whoever asks this question.
///
/// # Errors
/// What the body says wrong of the question, and of whom it names.
pub async fn command(app: &App, caller: &Caller, question: &Interaction, body: &ResumeBody) -> Answered<Command> {
    let said = Answer { named: body.interaction_id.is_some(), ..said(question, body.clone())? };
    let said = answer::signed(app, caller, body.answer_as.clone(), said).await?;
    Ok(Command::Answer { interaction_id: question.interaction_id.clone(), answer: Box::new(said) })
}

pub fn went_on(execution: types::Execution, resumed: Option<Ended>) -> ResumeAnswer {
    ResumeAnswer::Execution(Box::new(WentOn { resumed, execution }))
}

/// What a resume was told that was done before, by the turn of this number.
pub async fn again(
    app: &App,
    caller: &Caller,
    execution: Arc<Execution>,
    seq: u64,
    body: &ResumeBody,
) -> Answered<ResumeAnswer> {
    let turn = read::turn_at(app, &execution, seq).await?;
    if passed_on(&turn).is_some() {
        let resumed = pass_on(app, caller, execution, &turn, body).await?;
        return Ok(ResumeAnswer::Resumed(Box::new(resumed)));
    }
    match turn.events.iter().find_map(answered) {
        Some(question) => {
            let state = aftermath(app, execution.clone(), seq, wait::soon_after(turn.at), |_| true).await?;
            told_apart(app, &execution, &state).await;
            Ok(ResumeAnswer::Resumed(Box::new(told(app, &state, question).await?)))
        }
        None => {
            let then = read::state_at(app, &execution, seq).await?;
            Ok(went_on(read::execution(app, &then).await?, Some(Ended::Paused)))
        }
    }
}

/// Passes an answer on to the descendant that asks, as a turn of the execution that the caller named says, and waits up
/// to [`limits::WAIT`] for what follows there. Where the descendant has done it, nothing is done again.
///
/// # Errors
/// What the rules refuse.
pub async fn pass_on(
    app: &App,
    caller: &Caller,
    execution: Arc<Execution>,
    turn: &Turn,
    body: &ResumeBody,
) -> Answered<Resumed> {
    let (id, question) = passed_on(turn).ok_or_else(Problem::internal)?;
    let request = turn.request.as_ref().ok_or_else(Problem::internal)?;
    let mut asking = app.execution(&caller.owner, id.as_str()).await?;
    if asking.request(&request.key).is_none() {
        let question = asking.interaction(question.as_str()).ok_or_else(Problem::internal)?;
        let terms = Terms { request: Some(request.clone()), ..Terms::default() };
        asking = answer::ask(app, caller, id, command(app, caller, question, body).await?, terms).await?.state;
    }
    let did_it = asking.request(&request.key).ok_or_else(Problem::internal)?.seq;
    let did_it = read::turn_at(app, &asking, did_it).await?;
    let before = read::state_at(app, &execution, turn.seq).await?;
    // Where more votes are needed, nothing follows.
    let state = if did_it.events.iter().any(|event| matches!(event, Event::InteractionVoted { .. })) {
        before
    } else {
        let asked = asking_children(&before);
        let moved = |state: &Execution| wait::told_anew(state, &before, &asked);
        aftermath(app, execution, turn.seq, wait::soon_after(did_it.at), moved).await?
    };
    told_apart(app, &asking, &state).await;
    told(app, &state, question).await
}

/// To which descendant a turn passes an answer on, and to which question.
fn passed_on(turn: &Turn) -> Option<(&ExecutionId, &InteractionId)> {
    turn.events.iter().find_map(|event| match event {
        Event::AnswerPassedOn { execution_id, interaction_id } => Some((execution_id, interaction_id)),
        _ => None,
    })
}

/// The interaction that a person answered by this event.
fn answered(event: &Event) -> Option<&InteractionId> {
    match event {
        Event::InteractionVoted { interaction_id, .. } => Some(interaction_id),
        Event::InteractionClosed(closed) if closed.response.is_some() => Some(&closed.interaction_id),
        _ => None,
    }
}

/// Waits until a caller may be told of the execution in which and of the one for which a question was answered, so that
/// what this caller answers next is told from an answer that was sent at once with this one. Where the execution has
/// ended, nothing more is asked.
pub async fn told_apart(app: &App, asking: &Execution, state: &Execution) {
    let at = tell_at([asking, state]).filter(|_| state.end.is_none());
    // A clock that was set back makes nobody wait for longer.
    let left = at.map(|at| at.since(app.host.now())).unwrap_or_default().min(ANSWERS_AT_ONCE + CLOCKS_APART);
    if !left.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            () = app.stop.stopped() => {}
        }
    }
}

/// What an answer led to, as far as that happened by `soon`: the same whenever it is asked, since it is read from the
/// journal. Waits where that time is not over. `seq` is the turn from which on something may have followed, and `moved`
/// says of a later state whether it has.
pub async fn aftermath(
    app: &App,
    execution: Arc<Execution>,
    seq: u64,
    soon: Time,
    moved: impl Fn(&Execution) -> bool + Send + Sync,
) -> Answered<Execution> {
    let there = |state: &Execution| moved(state) && wait::settled(state, soon);
    let (then, settled) = first_by(app, &execution, seq, soon, &there).await?;
    let left = soon.since(app.host.now());
    if settled || left.is_zero() {
        return Ok(then);
    }
    let execution = wait::until(app, execution, left.min(limits::WAIT), &there).await?;
    first_by(app, &execution, seq, soon, &there).await.map(|(then, _)| then)
}

/// The first state from a turn on of which `there` holds, and whether there is one by `soon`; else the last state before
/// then.
async fn first_by(
    app: &App,
    execution: &Execution,
    seq: u64,
    soon: Time,
    there: &(impl Fn(&Execution) -> bool + Send + Sync),
) -> Answered<(Execution, bool)> {
    let mut turns = read::turns_to(app, execution, u64::MAX).await?;
    if let Some(late) = turns.iter().position(|turn| turn.seq > seq && turn.at > soon) {
        turns.truncate(late);
    }
    let mut settled = false;
    let then = read::first_state(app, execution, &turns, |turn, state| {
        settled = turn.seq >= seq && there(state);
        settled
    });
    let then = then.await?;
    Ok((then, settled))
}

/// Tells what an answer to a question led to.
pub async fn told(app: &App, state: &Execution, question: &InteractionId) -> Answered<Resumed> {
    let workflow = app.workflow(state).await?;
    let status = state.status();
    Ok(Resumed {
        execution_id: state.id().to_string(),
        resumed: Ended::Interaction,
        interaction_id: question.to_string(),
        status,
        message: view::message(state, &workflow),
        completed: status == Status::Completed,
        paused_again: matches!(status, Status::WaitingHuman | Status::Paused),
        remaining_nodes: view::remaining_nodes(state, &workflow).iter().map(ToString::to_string).collect(),
    })
}
