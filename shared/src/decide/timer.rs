//! Time and events: `wait`, deadlines of interactions, the execution's own timeout, signals.

use super::{human::passed_deadline, turn::Deciding};
use crate::{
    effect::{Effect, Purpose},
    error::{Error, Rejection},
    event::Event,
    execution::Phase,
    expression::Template,
    id::Activation,
    limits,
    payload::Payload,
    sight::Sight,
    time::Time,
    workflow::{Wait, graph::NodeIx},
};
use serde_json::{Value, json};

/// A timer fired. One that came early is set again; one that is no longer needed is stale.
pub(super) fn fired(turn: &mut Deciding<'_>, activation: &Activation, purpose: Purpose) -> Result<(), Rejection> {
    let ix = turn.current(activation)?;
    match (purpose, turn.phase(ix).clone()) {
        (Purpose::Wait, Phase::Waiting { until: Some(until), event, since }) => {
            if turn.now < until {
                turn.request(Effect::SetTimer { activation: activation.clone(), purpose, at: until });
                return Ok(());
            }
            let port = if event.is_some() { "timeout" } else { "success" };
            turn.finish_with(ix, port, waited(since, turn.now));
        }
        (Purpose::Deadline, Phase::Asking { interaction_id }) => passed_deadline(turn, ix, &interaction_id),
        _ => return Err(Rejection::Stale("what the timer was for is over")),
    }
    turn.settle();
    Ok(())
}

/// The execution's own timeout passed.
pub(super) fn execution_timeout(turn: &mut Deciding<'_>) -> Result<(), Rejection> {
    if turn.now < turn.state.started.deadline {
        return Err(Rejection::Stale("the execution has time left"));
    }
    let seconds = turn.workflow.settings.timeout_seconds;
    let message = format!("the execution did not end within {seconds} seconds (`settings.timeout_seconds`)");
    turn.fail_execution(Error::new("timeout", message));
    Ok(())
}

/// An event came in: the oldest `wait` for it takes it, or it is kept.
pub(super) fn signal(turn: &mut Deciding<'_>, name: String, data: Payload) -> Result<(), Rejection> {
    let waiting = (0..turn.workflow.nodes.len())
        .filter(|&ix| matches!(turn.phase(ix), Phase::Waiting { event: Some(event), .. } if *event == name))
        .min_by_key(|&ix| turn.state.node(&turn.node(ix).id).map(|node| (node.activated_seq, ix)));
    if waiting.is_none() && turn.state.signals.len() >= limits::KEPT_SIGNALS {
        let status = turn.state.status();
        let message = format!("the execution keeps {} signals that nothing has taken: no more", limits::KEPT_SIGNALS);
        return Err(Rejection::Status { status, message });
    }
    turn.record(Event::SignalReceived { name: name.clone(), data });
    if let Some(ix) = waiting {
        take_signal(turn, ix, &name);
        turn.settle();
    }
    Ok(())
}

/// Opens a `wait`. An event that was signalled before is taken at once.
pub(super) fn open_wait(turn: &mut Deciding<'_>, ix: NodeIx, wait: &Wait) -> Result<(), Error> {
    let (until, event) = match wait {
        Wait::Seconds(seconds) => {
            let seconds = number(&render(turn, ix, seconds)?)?;
            (Some(turn.now.after_seconds(seconds)), None)
        }
        Wait::Until(until) => {
            let text = render(turn, ix, until)?;
            let until = text
                .as_str()
                .and_then(Time::parse)
                .ok_or_else(|| Error::new("invalid_time", format!("`until` is not an RFC 3339 time: {text}")))?;
            (Some(until), None)
        }
        Wait::Event { name, timeout_seconds } => {
            let name = match render(turn, ix, name)? {
                Value::String(name) => name,
                other => other.to_string(),
            };
            (timeout_seconds.map(|seconds| turn.now.after_seconds(seconds)), Some(name))
        }
    };
    let node = turn.node(ix).id.clone();
    let activation = turn.state.activation(&node);
    turn.record(Event::WaitStarted { node, visit: activation.visit, until, event: event.clone() });
    if let Some(name) = event.filter(|name| turn.state.signals.iter().any(|(kept, _)| kept == name)) {
        take_signal(turn, ix, &name);
    } else if let Some(at) = until {
        turn.request(Effect::SetTimer { activation, purpose: Purpose::Wait, at });
    }
    Ok(())
}

fn take_signal(turn: &mut Deciding<'_>, ix: NodeIx, name: &str) {
    let Some(data) = turn.state.signals.iter().find(|(kept, _)| kept == name).map(|(_, data)| data.clone()) else {
        return;
    };
    let node = turn.node(ix).id.clone();
    if matches!(turn.phase(ix), Phase::Waiting { until: Some(_), .. }) {
        turn.drop_timer(&node, Purpose::Wait);
    }
    turn.record(Event::SignalConsumed { name: name.into(), node });
    turn.finish(ix, "success", data, None);
}

fn render(turn: &Deciding<'_>, ix: NodeIx, template: &Template) -> Result<Value, Error> {
    let sight = Sight::of_config(turn.workflow, &turn.state, ix);
    template.render(&sight.scope()).map_err(|error| Error::new(error.code, error.message))
}

fn number(value: &Value) -> Result<f64, Error> {
    let seconds = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    seconds.filter(|seconds| (0.0..=limits::EXECUTION_SECONDS).contains(seconds)).ok_or_else(|| {
        let most = limits::EXECUTION_SECONDS;
        Error::new("invalid_time", format!("`seconds` must be a number from 0 to {most}, and is {value}"))
    })
}

fn waited(since: Time, now: Time) -> Value {
    json!({ "waited_seconds": now.since(since).as_millis() as f64 / 1000.0 })
}
