//! Time and events from outside: `wait` nodes, deadlines of interactions, `timeout_seconds` of nodes that wait, the
//! execution's own timeout, and signals.

use super::{after_error::nobody_decided, failed, human::passed_deadline, people, turn::Deciding};
use crate::{
    effect::{Effect, Purpose},
    error::{Error, Rejection},
    event::Event,
    execution::Phase,
    id::Activation,
    interaction::InteractionStatus,
    limits,
    payload::Payload,
    sight::Sight,
    task::Failure,
};
use document::{Wait, graph::NodeIx, time::Time};
use expression::Template;
use serde_json::{Value, json};

/// Reacts to a timer that fired. A timer that fired early is set again; one that is no longer needed is stale.
pub(super) fn fired(turn: &mut Deciding<'_>, activation: &Activation, purpose: Purpose) -> Result<(), Rejection> {
    let ix = turn.current(activation)?;
    if purpose == Purpose::Remind {
        return reminds(turn, ix, activation);
    }
    let (own, bound) = (config_ends_at(turn, ix), turn.waiting_until(ix));
    // When the timer was meant to fire; none where what it was set for is over.
    let meant = match (purpose, turn.phase(ix)) {
        (Purpose::Wait, Phase::Waiting { .. }) | (Purpose::Deadline, Phase::Asking { .. }) => own,
        (Purpose::Attempt, _) => bound,
        _ => None,
    };
    let Some(at) = meant else { return Err(Rejection::Stale("what the timer was for is over")) };
    if turn.now < at {
        turn.request(Effect::SetTimer { activation: activation.clone(), purpose, at });
        return Ok(());
    }
    // Both the time of the config and the node's timeout may have passed. The earlier one counts, whichever timer fires
    // first; at the same moment it is the config's.
    if own.is_some_and(|own| own <= turn.now && bound.is_none_or(|bound| own <= bound)) {
        end_by_config(turn, ix);
    }
    // A question that escalated just now goes on waiting, but not beyond the node's timeout.
    if turn.waiting_until(ix).is_some_and(|bound| bound <= turn.now) {
        time_out(turn, ix);
    }
    turn.settle();
    Ok(())
}

/// Reminds the people of a question, where the time for it has come.
fn reminds(turn: &mut Deciding<'_>, ix: NodeIx, activation: &Activation) -> Result<(), Rejection> {
    let Phase::Asking { interaction_id } = turn.phase(ix).clone() else {
        return Err(Rejection::Stale("the question is over"));
    };
    let at = turn.state.interaction(interaction_id.as_str()).and_then(|one| one.remind_at);
    match at {
        None => Err(Rejection::Stale("nobody is reminded any more")),
        Some(at) if turn.now < at => {
            turn.request(Effect::SetTimer { activation: activation.clone(), purpose: Purpose::Remind, at });
            Ok(())
        }
        Some(_) => {
            people::remind(turn, &interaction_id);
            Ok(())
        }
    }
}

/// When the config of a waiting node ends its wait: the time of a `wait`, the deadline of an interaction. None for
/// other nodes, and where there is no such time.
fn config_ends_at(turn: &Deciding<'_>, ix: NodeIx) -> Option<Time> {
    match turn.phase(ix) {
        Phase::Waiting { until, .. } => *until,
        Phase::Asking { interaction_id } => turn.state.interaction(interaction_id.as_str())?.deadline,
        _ => None,
    }
}

/// Ends a wait or an interaction whose time, by the node's config, is over.
fn end_by_config(turn: &mut Deciding<'_>, ix: NodeIx) {
    match turn.phase(ix).clone() {
        Phase::Waiting { event, since, .. } => {
            let port = if event.is_some() { "timeout" } else { "success" };
            turn.finish_with(ix, port, waited(since, turn.now));
        }
        Phase::Asking { interaction_id } => {
            let Some(one) = turn.state.interaction(interaction_id.as_str()).cloned() else { return };
            if one.on_error { nobody_decided(turn, ix, &one) } else { passed_deadline(turn, ix, &interaction_id) }
        }
        _ => {}
    }
}

/// Fails the attempt of a waiting node that passed its `timeout_seconds`. The outcome is unknown: nobody knows what its
/// children did, or what a person was about to say.
fn time_out(turn: &mut Deciding<'_>, ix: NodeIx) {
    turn.close_as(ix, InteractionStatus::TimedOut);
    let seconds = turn.node(ix).timeout_seconds.unwrap_or_default();
    let message = format!("the node did not end within {seconds} seconds (its `timeout_seconds`)");
    failed::fail(turn, ix, Failure::new("timeout", message).retryable(), true);
}

impl Deciding<'_> {
    /// When an attempt that begins to wait now times out; none for a node without `timeout_seconds`.
    pub fn timeout_at(&self, ix: NodeIx) -> Option<Time> {
        self.node(ix).timeout_seconds.map(|seconds| self.now.after_seconds(seconds))
    }

    /// When the attempt of a waiting node times out; none where the node does not wait, or has no timeout.
    fn waiting_until(&self, ix: NodeIx) -> Option<Time> {
        let waits = matches!(self.phase(ix), Phase::Waiting { .. } | Phase::Asking { .. } | Phase::Children);
        self.state.node(&self.node(ix).id).filter(|_| waits).and_then(|node| node.timeout_at)
    }

    /// Sets the timer of the `timeout_seconds` of a node that began to wait.
    pub fn set_timeout(&mut self, ix: NodeIx) {
        if let Some(at) = self.waiting_until(ix) {
            let activation = self.state.activation(&self.node(ix).id);
            self.request(Effect::SetTimer { activation, purpose: Purpose::Attempt, at });
        }
    }

    /// Drops the timer of the `timeout_seconds` of a node whose attempt ends, where there is one.
    pub fn drop_timeout(&mut self, ix: NodeIx) {
        let id = self.node(ix).id.clone();
        if self.state.node(&id).is_some_and(|node| node.timeout_at.is_some()) {
            self.drop_timer(&id, Purpose::Attempt);
        }
    }
}

/// Fails an execution whose `settings.timeout_seconds` has passed.
pub(super) fn execution_timeout(turn: &mut Deciding<'_>) -> Result<(), Rejection> {
    if turn.now < turn.state.deadline() {
        return Err(Rejection::Stale("the execution has time left"));
    }
    let seconds = turn.workflow.settings.timeout_seconds;
    let message = format!("the execution did not end within {seconds} seconds (`settings.timeout_seconds`)");
    turn.fail_execution(Error::new("timeout", message));
    Ok(())
}

/// Records an event from outside. The `wait` for it that has waited longest takes it; without one the event is kept, up
/// to `limits::KEPT_SIGNALS` of them.
pub(super) fn signal(turn: &mut Deciding<'_>, name: String, data: Payload) -> Result<(), Rejection> {
    let waiting = (0..turn.workflow.nodes.len())
        .filter(|&ix| matches!(turn.phase(ix), Phase::Waiting { event: Some(event), .. } if *event == name))
        .min_by_key(|&ix| turn.state.node(&turn.node(ix).id).map(|node| (node.activated_seq, node.activated_at, ix)));
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

/// Opens a `wait`. An event that came before its `wait` is taken at once.
pub(super) fn open_wait(turn: &mut Deciding<'_>, ix: NodeIx, wait: &Wait) -> Result<(), Error> {
    // When the wait ends by itself, and the event that ends it.
    let (until, event) = match wait {
        Wait::Seconds(seconds) => {
            let seconds = number(&render(turn, ix, seconds)?)?;
            (Some(turn.now.after_seconds(seconds)), None)
        }
        Wait::Until(until) => {
            let text = render(turn, ix, until)?;
            let until = text.as_str().and_then(Time::parse).ok_or_else(|| {
                Error::new("invalid_time", "`until` is not an RFC 3339 time, such as 2027-01-31T09:00:00Z")
            })?;
            (Some(until), None)
        }
        Wait::Event { name, timeout_seconds } => {
            let name = event_name(render(turn, ix, name)?)?;
            let sight = Sight::of_config(turn.workflow, &turn.state, ix, turn.reading);
            let seconds = timeout_seconds.as_ref().map(|seconds| seconds.value(&sight.scope())).transpose();
            let seconds = seconds.map_err(|error| Error::new(error.code, error.message))?;
            (seconds.map(|seconds| turn.now.after_seconds(seconds)), Some(name))
        }
    };
    let node = turn.node(ix).id.clone();
    let activation = turn.state.activation(&node);
    let timeout_at = turn.timeout_at(ix);
    turn.record(Event::WaitStarted { node, visit: activation.visit, until, event: event.clone(), timeout_at });
    if let Some(name) = event.filter(|name| turn.state.signals.iter().any(|(kept, _)| kept == name)) {
        take_signal(turn, ix, &name);
        return Ok(());
    }
    if let Some(at) = until {
        turn.request(Effect::SetTimer { activation, purpose: Purpose::Wait, at });
    }
    turn.set_timeout(ix);
    Ok(())
}

/// Hands the oldest kept event of a name to a waiting node, which succeeds with the event's data.
pub(super) fn take_signal(turn: &mut Deciding<'_>, ix: NodeIx, name: &str) {
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
    let sight = Sight::of_config(turn.workflow, &turn.state, ix, turn.reading);
    template.render(&sight.scope()).map_err(|error| Error::new(error.code, error.message))
}

/// The seconds of a `wait`, from 0 to a year: a number, or a text that is one.
fn number(value: &Value) -> Result<f64, Error> {
    let seconds = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    seconds.filter(|seconds| (0.0..=limits::EXECUTION_SECONDS).contains(seconds)).ok_or_else(|| {
        let most = limits::EXECUTION_SECONDS;
        Error::new("invalid_time", format!("`seconds` must be a number from 0 to {most}"))
    })
}

/// The name of an awaited event: text, or a number as text. Nobody could signal an event without a name.
fn event_name(value: Value) -> Result<String, Error> {
    let (name, found) = match value {
        Value::String(name) if Wait::names_event(&name) => (Some(name), "text"),
        Value::String(name) if name.trim().is_empty() => (None, "empty"),
        Value::String(_) => (None, "too long"),
        Value::Number(number) => (Some(number.to_string()), "a number"),
        Value::Null => (None, "null"),
        Value::Bool(_) => (None, "a boolean"),
        Value::Array(_) => (None, "a list"),
        Value::Object(_) => (None, "an object"),
    };
    name.ok_or_else(|| {
        let most = limits::EVENT_NAME_BYTES;
        let message = format!("the name of the awaited event is {found}: `event` must give text of 1 to {most} bytes");
        Error::new("invalid_name", message)
    })
}

fn waited(since: Time, now: Time) -> Value {
    json!({ "waited_seconds": now.since(since).as_millis() as f64 / 1000.0 })
}
