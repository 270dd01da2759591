//! Handles a step message: runs one attempt of one node.

use crate::{
    ahead, delivery,
    drive::{Submission, submit, with_values},
    limits,
    port::{Host, StoreError, Verdict},
    prepare::{Prepared, prepare},
    step::{
        agent, agent_patch,
        collect::collect,
        handled::{Handled, failed, later, unknown},
        report::report,
        secrets::Vault,
        veil::{veil, veil_given},
    },
};
use document::{Workflow, node::agent::Head, time::Time};
use futures::future::{Either, select};
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    effect::Effect,
    execution::Execution,
    id::{Activation, ExecutionId},
    task::{NodeLog, Outcome, Report, Task},
};

/// Does what a step message asks for, up to the outcome that is to be reported. `again`: the message was handed out
/// before, and its handler may have died after it committed. Only then are all effects delivered again; a mere copy of a message
/// would otherwise make copies of all that follows.
pub async fn step(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: Activation,
    attempt: u32,
    again: bool,
) -> Handled {
    let vault = match Vault::for_node(host, state, workflow, &activation.node).await {
        Ok(vault) => vault,
        Err(error) => return Handled::Verdict(failed(&error)),
    };
    let now = host.now();
    let prepared = with_values(host, state.id(), || prepare(workflow, state, &activation, attempt, now, &vault)).await;
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Handled::Verdict(failed(&error)),
    };
    match prepared {
        Prepared::Run(task) => run(host, state.id(), activation, attempt, &task, None).await,
        Prepared::Ask(task, head) => ask(host, state, workflow, (activation, attempt), *task, *head).await,
        Prepared::OpenAgent => match agent::open(host, state, workflow, &activation, &vault).await {
            Ok(outcome) => reported(activation, attempt, outcome, None, Vec::new()),
            Err(error) => Handled::Verdict(failed(&error)),
        },
        Prepared::Intend(task, deadline) => {
            // The intent must be durable before the node runs. Where it is refused or nothing was committed, somebody
            // else was faster: the message comes again, and the new state says what is to be done.
            let intend = Command::Intend { activation: activation.clone(), attempt, deadline };
            let intend = Submission::of(vec![intend.into()], state, workflow);
            let place = host.journal().take_in_hand(state.id(), &activation);
            match submit(host, state.id(), intend).await {
                Ok(Some(intended)) if intended.replies == [Ok(())] => {
                    held(run(host, state.id(), activation, attempt, &task, None).await, place)
                }
                Ok(_) => Handled::Verdict(unknown("another handler was faster to record that the node begins")),
                Err(error) => Handled::Verdict(failed(&error)),
            }
        }
        Prepared::RunAgain(task, deadline) => {
            run_again(host, state.id(), activation, attempt, &task, deadline, again).await
        }
        Prepared::Report(outcome) => reported(activation, attempt, outcome, None, Vec::new()),
        Prepared::Open => Handled::Commands(vec![Command::Open { activation }.into()], Vec::new()),
        Prepared::Collect => match gathered(host, state, workflow, &activation, attempt, again).await {
            Ok(outcome) => reported(activation, attempt, outcome, None, Vec::new()),
            Err(error) => Handled::Verdict(failed(&error)),
        },
        Prepared::Nothing(effects) => match make_good(host, state, workflow, effects, again).await {
            Ok(()) => Handled::Verdict(Verdict::Acknowledge),
            Err(error) => Handled::Verdict(failed(&error)),
        },
        Prepared::Later(at) => later(at, host.now()),
        Prepared::Unknown => Handled::Verdict(unknown("the activation that it speaks of is not recorded yet")),
    }
}

/// Runs an attempt that was begun before, once whoever began it no longer runs it: so a pause of a moment runs nothing twice.
async fn run_again(
    host: &dyn Host,
    id: &ExecutionId,
    activation: Activation,
    attempt: u32,
    task: &Task,
    deadline: Time,
    again: bool,
) -> Handled {
    let now = host.now();
    let runs = host.journal().in_hand(id, &activation).unwrap_or(!again && now < deadline);
    if runs {
        return later(deadline.max(now.after_seconds(limits::LOOKS_AGAIN_SECONDS)), now);
    }
    let place = host.journal().take_in_hand(id, &activation);
    held(unsure(run(host, id, activation, attempt, task, None).await), place)
}

/// Keeps an attempt in hand until its outcome is recorded.
fn held(handled: Handled, place: Box<dyn Send>) -> Handled {
    match handled {
        Handled::Commands(commands, logs) => Handled::Ran(commands, logs, place),
        other @ (Handled::Ran(..) | Handled::Verdict(_)) => other,
    }
}

/// Says of an attempt that ran for the second time what is known of it.
fn unsure(handled: Handled) -> Handled {
    let Handled::Commands(mut commands, logs) = handled else { return handled };
    for one in &mut commands {
        if let Command::Report { outcome, .. } = &mut one.command {
            *outcome = outcome.clone().of_a_second_run();
        }
    }
    Handled::Commands(commands, logs)
}

/// Delivers what a message asked for when it was handled before, as far as it may have been lost.
async fn make_good(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    mut effects: Vec<Effect>,
    again: bool,
) -> Result<(), StoreError> {
    if again {
        for effect in ahead::owed_again(host, workflow, state) {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
        return delivery::repeat(host, state.id(), &effects).await;
    }
    delivery::deliver(host, state.id(), &delivery::owed_by_ended(host, state)).await
}

/// What a model is told first, and the execution and the workflow that it is told it for.
type Told<'a> = (Head, (&'a Arc<Execution>, &'a Arc<Workflow>));

/// Runs a node, and reports its outcome with the time that it took and the lines that it wrote. Where the host tells
/// that nothing waits for the outcome any more, as after a cancel, the attempt is stopped on the spot: what it holds is
/// free for others, and there is nothing to be recorded.
/// `asked` is what a model is told first in the call that the task is, which is kept beside the answer.
async fn run(
    host: &dyn Host,
    id: &ExecutionId,
    activation: Activation,
    attempt: u32,
    task: &Task,
    asked: Option<Told<'_>>,
) -> Handled {
    let begun = host.now();
    let unwanted = host.journal().unwanted(id, &activation, attempt);
    let report = match select(unwanted, host.run(task)).await {
        Either::Left(_) => return Handled::Verdict(Verdict::Acknowledge),
        Either::Right((report, _)) => report,
    };
    let Report { outcome, logs } = report;
    let outcome = match asked {
        Some((head, (state, workflow))) => {
            let asked = agent::Asked { head, state, workflow, node: &activation.node };
            agent::answered(host, asked, outcome).await
        }
        None => outcome,
    };
    let visit = activation.visit;
    let node = activation.node.to_string();
    let logs = logs.into_iter().map(|line| NodeLog { node: node.clone(), visit, attempt, line }).collect();
    reported(activation, attempt, outcome, Some(elapsed(begun, host.now())), logs)
}

fn elapsed(begun: Time, ended: Time) -> u64 {
    u64::try_from(ended.since(begun).as_millis()).unwrap_or(u64::MAX)
}

/// What is handled of an outcome: the command that reports it, and lines.
fn reported(
    activation: Activation,
    attempt: u32,
    outcome: Outcome,
    duration_ms: Option<u64>,
    logs: Vec<NodeLog>,
) -> Handled {
    Handled::Commands(vec![report(activation, attempt, outcome, duration_ms)], logs)
}

/// What the children of a node gave; of an agent's, what came of the patches that it asked for.
async fn gathered(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
    again: bool,
) -> Result<Outcome, StoreError> {
    let mut outcome = collect(host, state, workflow, activation, attempt, again).await?;
    let is_agent = workflow.node(activation.node.as_str()).is_some_and(|node| node.kind.agent().is_some());
    if let (true, Outcome::Succeeded { output, .. }) = (is_agent, &mut outcome) {
        veil_given(host, state, workflow, output).await?;
    }
    agent_patch::patched(host, state, workflow, activation, outcome).await
}

/// Asks the model of an agent, unless its budget cannot be kept here. Whoever listens to the execution hears it meanwhile.
async fn ask(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    (activation, attempt): (Activation, u32),
    mut task: Task,
    mut head: Head,
) -> Handled {
    if let Some(outcome) = agent::unpriced(host, workflow, &activation, &task) {
        return reported(activation, attempt, outcome, None, Vec::new());
    }
    if let Err(error) = veil(host, state, workflow, &mut task, &mut head).await {
        return Handled::Verdict(failed(&error));
    }
    let _heard = agent::heard(host, state, &activation, &task);
    run(host, state.id(), activation, attempt, &task, Some((head, (state, workflow)))).await
}
