//! `human` nodes: opening an interaction, going on without one, and what an interaction's deadline does.

use super::{
    channels::channels,
    named::{each_once, people},
    people::next_reminder,
    turn::Deciding,
};
use crate::{
    effect::{Effect, Purpose},
    error::Error,
    event::Event,
    id::{InteractionId, derive},
    interaction::{Authorization, Interaction, InteractionKind, Response, SecurityLevel, telling, votes::out_of_reach},
    limits,
    payload::weight,
    sight::Sight,
    view::{also_kept_out, keeps_out, kept_out},
};
use document::{
    Human, HumanKind, HumanOption, InWords, Level, TimeoutAction, graph::NodeIx, time::Time, validate::schema::Schema,
};
use expression::{ExprError, Scope, Template};
use serde_json::{Value, json};

/// Opens the interaction of a `human` node, or takes the node's first port where nobody needs to be asked.
pub(super) fn open_human(turn: &mut Deciding<'_>, ix: NodeIx, human: &Human) {
    let sight = Sight::of_config(turn.workflow, &turn.state, ix, turn.reading);
    let (reason, warnings) = unasked(human, &sight.scope());
    let rendered = question(turn, ix, human, &sight.scope());
    drop(sight);
    let id = turn.node(ix).id.clone();
    for warning in warnings {
        turn.warn(&id, "condition_error", warning);
    }
    match (reason, rendered) {
        (Some(reason), _) => automatic(turn, ix, first_port(human), &reason),
        (None, Ok(interaction)) => {
            turn.open_interaction(interaction, turn.timeout_at(ix));
            turn.set_timeout(ix);
        }
        (None, Err(error)) => turn.fail_node(ix, Error::new(error.code, error.message), false),
    }
}

/// Why nobody needs to be asked, if there is such a reason, and warnings. A condition that cannot be evaluated is no
/// reason: a person is asked.
fn unasked(human: &Human, scope: &Scope<'_>) -> (Option<String>, Vec<String>) {
    let mut warnings = Vec::new();
    if let Some(condition) = &human.condition {
        match condition.eval_bool(scope) {
            Ok(true) => {}
            Ok(false) => return (Some(format!("the condition is false: {}", condition.source())), warnings),
            Err(error) => warnings.push(format!("a person is asked, since the condition failed: {error}")),
        }
    }
    if let Some((value, below)) = &human.auto_approve_below {
        match value.eval(scope).and_then(|value| Ok((value.as_f64(), below.value(scope)?))) {
            Ok((Some(number), below)) if number < below => {
                return (Some(format!("{} is below {below}", value.source())), warnings);
            }
            Ok((Some(_), _)) => {}
            Ok((None, _)) => warnings.push(format!("a person is asked, since {} is no number", value.source())),
            Err(error) => warnings.push(format!("a person is asked, since auto_approve_below failed: {error}")),
        }
    }
    (None, warnings)
}

/// Renders the interaction of a `human` node, with what its kind adds to it.
fn question(turn: &Deciding<'_>, ix: NodeIx, human: &Human, scope: &Scope<'_>) -> Result<Interaction, ExprError> {
    let activation = turn.state.activation(&turn.node(ix).id);
    let text = |template: &Template| template.render(scope).map(as_text);
    let value = |template: &Option<Template>| template.as_ref().map(|t| t.render(scope)).transpose();
    let seconds = human.timeout_seconds.as_ref().map(|seconds| seconds.value(scope)).transpose()?;
    let kind = InteractionKind::of(&human.kind);
    let mut interaction = Interaction {
        details: human.details.as_ref().map(text).transpose()?,
        assignees: people("assignees", human.assignees.as_ref(), scope)?,
        approval_threshold: human.approval_threshold.rendered(scope)?,
        rejection_threshold: human.rejection_threshold.rendered(scope)?,
        allow_requester: human.allow_requester.value(scope)?,
        deadline: seconds.map(|seconds| turn.now.after_seconds(seconds)),
        timeout_seconds: seconds,
        timeout_action: human.timeout_action,
        escalate_to: people("escalate_to", human.escalate_to.as_ref(), scope)?,
        channels: channels(human.channels.as_ref(), scope)?,
        wait_by: human.wait_by,
        remind_every_seconds: human.remind_every_seconds.as_ref().map(|it| it.value(scope)).transpose()?,
        ..Interaction::new(interaction_id(turn, ix), activation, kind, text(&human.question)?, turn.now)
    };
    match &human.kind {
        HumanKind::Approval | HumanKind::Ask(None) => {}
        HumanKind::Ask(Some(said)) => in_words(said, scope, &mut interaction)?,
        HumanKind::Input { schema, .. } => {
            interaction.schema = schema.as_ref().map(|schema| form(schema, scope)).transpose()?;
        }
        HumanKind::Decision { options } => {
            for option in options {
                interaction.options.push(HumanOption { id: option.id.clone(), label: text(&option.label)? });
            }
        }
        HumanKind::Review { content } => interaction.content = value(content)?,
        HumanKind::Authorization { tool, arguments, schema, level } => {
            interaction.schema = schema.as_ref().map(|schema| form(schema, scope)).transpose()?;
            interaction.authorization = Some(Authorization {
                tool: value(tool)?.unwrap_or_default(),
                arguments: value(arguments)?.unwrap_or_default(),
                security_level: security(level.value(scope)?),
            });
            // An authorization expires even where the document sets no time.
            let seconds = seconds.unwrap_or(limits::AUTHORIZATION_SECONDS);
            interaction.timeout_seconds = Some(seconds);
            interaction.deadline = Some(turn.now.after_seconds(seconds));
        }
    }
    tellable(&interaction)?;
    reachable(turn, human, &interaction)?;
    Ok(interaction)
}

/// What a model says of its own question: what there is to choose from, and who may answer. Both were judged as its
/// arguments, before the call was run.
fn in_words(said: &InWords, scope: &Scope<'_>, interaction: &mut Interaction) -> Result<(), ExprError> {
    if !said.assignees.render(scope)?.is_null() {
        interaction.assignees = people("assignees", Some(&said.assignees), scope)?;
    }
    if let Value::Array(options) = said.options.render(scope)? {
        interaction.kind = InteractionKind::Decision;
        let texts = options.into_iter().map(as_text);
        interaction.options = texts.map(|text| HumanOption { id: text.clone(), label: text }).collect();
    }
    Ok(())
}

fn security(level: Level) -> SecurityLevel {
    match level {
        Level::High => SecurityLevel::High,
        Level::Medium => SecurityLevel::Medium,
    }
}

/// Refuses a question that is told to more receivers than can be kept.
pub(super) fn tellable(one: &Interaction) -> Result<(), ExprError> {
    match telling::count(one) {
        count if count <= limits::DELIVERIES => Ok(()),
        count => {
            let message =
                format!("{count} messages are too many: a question is told to {} receivers", limits::DELIVERIES);
            Err(ExprError { code: "too_many_people", message })
        }
    }
}

/// Refuses thresholds that the people asked can never reach. The static checks see only people who are named without
/// templates, and nothing of whoever starts an execution.
fn reachable(turn: &Deciding<'_>, human: &Human, one: &Interaction) -> Result<(), ExprError> {
    let short = out_of_reach(one, human, &turn.state.started);
    short.map_or(Ok(()), |message| Err(ExprError { code: "too_few_people", message }))
}

/// Renders the JSON Schema of an `input`. A schema without templates was checked with its document; one with templates
/// is checked here, before answers are validated against it.
fn form(template: &Template, scope: &Scope<'_>) -> Result<Value, ExprError> {
    let rendered = template.render(scope)?;
    if template.is_constant() {
        return Ok(rendered);
    }
    let refused = |at: &str, why: &str| ExprError {
        code: "template_error",
        message: format!("`schema{at}` is refused as its templates render it: {why}"),
    };
    if weight(&rendered, limits::INLINE_BYTES) > limits::INLINE_BYTES {
        return Err(refused("", &format!("a form has at most {} bytes", limits::INLINE_BYTES)));
    }
    Schema::compile(&rendered).map_err(|wrong| refused(&wrong.pointer, &wrong.message))?;
    Ok(rendered)
}

/// The id of a node's next interaction. It is derived from how many there are, so that deciding again gives the same
/// id.
pub(super) fn interaction_id(turn: &Deciding<'_>, ix: NodeIx) -> InteractionId {
    let activation = turn.state.activation(&turn.node(ix).id).to_string();
    let asked = turn.state.interactions.len().to_string();
    derive(&["interaction", turn.state.id().as_str(), &activation, &asked]).into()
}

/// Finishes a node without asking a person; its output says that and why.
fn automatic(turn: &mut Deciding<'_>, ix: NodeIx, port: &str, reason: &str) {
    let answer = undisputed(turn, ix, port);
    let output = json!({
        "decision": port, "answer": answer, "comment": null, "responses": [], "automatic": true, "reason": reason,
    });
    turn.finish_with(ix, port, output);
}

/// The answer that a port stands for by itself: that of an approval, as a person would have given it. Other answers are
/// more than a port tells, so there is none.
fn undisputed(turn: &Deciding<'_>, ix: NodeIx, port: &str) -> Value {
    let approves = matches!(turn.node(ix).kind.human().map(|human| &human.kind), Some(HumanKind::Approval));
    match port {
        "approved" if approves => json!(true),
        "rejected" if approves => json!(false),
        _ => Value::Null,
    }
}

/// Does what `timeout_action` says about an interaction whose deadline has passed.
pub(super) fn passed_deadline(turn: &mut Deciding<'_>, ix: NodeIx, id: &InteractionId) {
    let Some(one) = turn.state.interaction(id.as_str()).cloned() else { return };
    let node = turn.node(ix);
    let Some(human) = node.kind.human() else { return };
    let late = if one.responses.is_empty() { "nobody answered in time" } else { "too few answered in time" };
    // The port to take; none where the node fails, as it also does where no edge leaves its port `timeout`.
    let (port, reason) = match one.timeout_action {
        TimeoutAction::Escalate if !one.escalated && !one.escalate_to.is_empty() => return escalate(turn, &one),
        TimeoutAction::AutoApprove => (Some(first_port(human)), format!("{late}: auto_approve")),
        TimeoutAction::AutoReject if node.ports.iter().any(|port| port == "rejected") => {
            (Some("rejected"), format!("{late}: auto_reject"))
        }
        TimeoutAction::Fail => (None, String::new()),
        _ if turn.edges_along(ix, "timeout").is_empty() => (None, String::new()),
        _ => (Some("timeout"), late.to_owned()),
    };
    turn.close_late(&one, port, if reason.is_empty() { late } else { &reason });
    match port {
        Some(port) => unanswered(turn, ix, port, &reason, &one),
        None => {
            let message = format!("{late}: {}", one.question);
            turn.fail_node(ix, Error::new("interaction_timeout", message), false);
        }
    }
}

/// Finishes a node because nobody decided in time. Votes that were given are kept. `automatic` is true where the port
/// is a decision, and false for `timeout`.
fn unanswered(turn: &mut Deciding<'_>, ix: NodeIx, port: &str, reason: &str, one: &Interaction) {
    let responses: Vec<Value> = one.responses.iter().map(Response::as_output).collect();
    let answer = undisputed(turn, ix, port);
    let output = json!({
        "decision": port, "answer": answer, "comment": null, "responses": responses,
        "automatic": port != "timeout", "reason": reason, "receipt": turn.receipt_of(&one.interaction_id),
    });
    turn.finish_with(ix, port, output);
}

/// Asks the people of `escalate_to` as well, with the same time again. Those who were asked first may still answer.
fn escalate(turn: &mut Deciding<'_>, one: &Interaction) {
    let mut assignees = one.assignees.clone();
    if !assignees.is_empty() {
        assignees.extend(one.escalate_to.iter().cloned());
        assignees = each_once(assignees);
    }
    let deadline = one.timeout_seconds.map(|seconds| turn.now.after_seconds(seconds));
    let interaction_id = one.interaction_id.clone();
    let escalated = Event::InteractionEscalated { interaction_id: interaction_id.clone(), assignees, deadline };
    turn.record_telling(&interaction_id, escalated);
    turn.set_deadline(&one.activation.node, deadline);
    turn.request(Effect::OpenInteraction(interaction_id));
}

impl Deciding<'_> {
    pub fn open_interaction(&mut self, mut interaction: Interaction, timeout_at: Option<Time>) {
        let (id, deadline) = (interaction.interaction_id.clone(), interaction.deadline);
        let node = interaction.activation.node.clone();
        // A question that is asked anew is told anew.
        (interaction.deliveries, interaction.reminded) = (Vec::new(), 0);
        interaction.kept_out = kept_out(&interaction, &self.state).map(str::to_owned);
        interaction.also_kept_out = also_kept_out(&interaction, &self.state).to_vec();
        // Whoever forks what they have voted in has started what comes of it.
        let counts = |one: &Interaction, vote: &Response| {
            ![vote.by.as_str(), vote.sender()].iter().any(|who| keeps_out(one, &self.state, who))
        };
        let votes = std::mem::take(&mut interaction.responses);
        interaction.responses = votes.into_iter().filter(|vote| counts(&interaction, vote)).collect();
        interaction.remind_at = next_reminder(&interaction, 0, self.now);
        let asked = interaction.clone();
        self.record_telling(&id, Event::InteractionOpened { interaction: Box::new(interaction), timeout_at });
        self.set_deadline(&node, deadline);
        self.set_reminder(&asked, asked.remind_at);
        self.request(Effect::OpenInteraction(id));
    }

    fn set_deadline(&mut self, node: &document::id::NodeId, deadline: Option<Time>) {
        if let Some(at) = deadline {
            let activation = self.state.activation(node);
            self.request(Effect::SetTimer { activation, purpose: Purpose::Deadline, at });
        }
    }
}

/// The port that stands for yes: `approved`, or the first port of a kind without it.
fn first_port(human: &Human) -> &str {
    match &human.kind {
        HumanKind::Approval | HumanKind::Review { .. } | HumanKind::Authorization { .. } => "approved",
        HumanKind::Input { .. } | HumanKind::Ask(_) => "answered",
        HumanKind::Decision { options } => options.first().map_or("timeout", |option| option.id.as_str()),
    }
}

fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
