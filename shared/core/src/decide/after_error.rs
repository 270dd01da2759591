//! `on_error: ask_human`: the question what becomes of a node that failed, and what its answer or its deadline does.

use super::{channels::channels, human::interaction_id, named::people, turn::Deciding};
use crate::{
    error::{Error, Reason},
    event::Event,
    interaction::{AfterError, Interaction, InteractionKind, REWIND},
    rollback::{Rollback, Unreachable, to_node},
    sight::Sight,
};
use document::{HumanOption, Node, graph::NodeIx};
use serde_json::Value;

/// Whether an answer about a failed node puts something else in the place of what nodes gave or were given, or may take out
/// what a patch put into the document.
pub(super) fn replaces(turn: &Deciding<'_>, decision: &str, data: Option<&Value>) -> bool {
    let has_input = || data.is_some_and(|data| data.get("input").is_some());
    let goes_back_otherwise = || turn.state.patched.is_some() || has_input();
    AfterError::parse(decision) == Some(AfterError::Skip) || (decision == REWIND && goes_back_otherwise())
}

impl Deciding<'_> {
    /// Asks people what to do about a failed node. Where it cannot be said who they are, the failure stands: a question
    /// that was meant for some must not become one that anybody may decide.
    pub fn ask_about(&mut self, ix: NodeIx, error: &Error) {
        let node = self.node(ix);
        let put_to = node.put_to.as_deref();
        let named = {
            let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
            let scope = sight.scope();
            people("assignees", put_to.and_then(|to| to.assignees.as_ref()), &scope)
                .and_then(|people| Ok((people, channels(put_to.and_then(|to| to.channels.as_ref()), &scope)?)))
        };
        let (assignees, channels) = match named {
            Ok(named) => named,
            Err(wrong) => {
                let message = format!("nobody is asked about the failure of {}: {}", node.id, wrong.message);
                self.warn(&node.id, wrong.code, message);
                return self.fail_execution(error.clone());
            }
        };
        let seconds = put_to.and_then(|to| to.timeout_seconds);
        let (id, activation) = (interaction_id(self, ix), self.state.activation(&node.id));
        let question = format!("{} failed: {}. What now?", node.name, error.message);
        let interaction = Interaction {
            options: options(node),
            assignees,
            deadline: seconds.map(|seconds| self.now.after_seconds(seconds)),
            timeout_seconds: seconds,
            channels,
            on_error: true,
            after_error: seconds.and(put_to).map(|to| to.timeout_action),
            ..Interaction::new(id, activation, InteractionKind::Decision, question, self.now)
        };
        // The attempt is over, so the node's `timeout_seconds` does not bound the answer.
        self.open_interaction(interaction, None);
    }

    /// Whether it was decided during a pause that the failure of a node ends the execution. The node's `on_error` must
    /// not ask again then.
    pub fn is_aborted(&self, ix: NodeIx) -> bool {
        let id = &self.node(ix).id;
        let (activation, back) = (self.state.activation(id), self.state.node(id).map_or(0, |node| node.taken_back));
        let is_abort = |one: &&std::sync::Arc<Interaction>| {
            one.on_error && one.activation == activation && one.decision.as_deref() == Some(AfterError::Abort.as_str())
        };
        self.state.interactions.iter().filter(is_abort).count() > back as usize
    }
}

/// What people may decide about a node.
fn options(node: &Node) -> Vec<HumanOption> {
    let label = |id: AfterError| match id {
        AfterError::Retry => "Try again",
        AfterError::Skip => "Go on without it, with an output in its place",
        AfterError::Abort => "Fail the execution",
    };
    let offered = AfterError::ALL.iter().filter(|id| **id != AfterError::Skip || node.of.may_go_on());
    let mut all: Vec<HumanOption> =
        offered.map(|&id| HumanOption { id: id.to_string(), label: label(id).into() }).collect();
    // Only a person goes back: no deadline does.
    let label = "Go back to an earlier node, and undo what was done since".into();
    all.insert(all.len().saturating_sub(1), HumanOption { id: REWIND.into(), label });
    all
}

/// Where an answer goes back to: its data is `{node, input?}`.
///
/// # Errors
/// Why it cannot.
pub(super) fn rewinding(turn: &Deciding<'_>, data: Option<&Value>) -> Result<Rollback, Reason> {
    let wrong = |code: &str, path: &str, message: String| Err(Reason { code: code.into(), path: path.into(), message });
    let fields = data.and_then(Value::as_object);
    let Some(named) = fields.and_then(|fields| fields.get("node")?.as_str()) else {
        let message = "`rewind` needs the node to go back to: {\"node\": \"ID\"}";
        return wrong("missing_field", "/data/node", message.into());
    };
    let unknown = fields.and_then(|fields| fields.keys().find(|key| !["node", "input"].contains(&key.as_str())));
    if let Some(unknown) = unknown {
        return wrong("unexpected_field", "/data", format!("`rewind` takes no `{unknown}`"));
    }
    let input = fields.and_then(|fields| fields.get("input")).cloned();
    let found = turn.workflow.node(named).map(|node| to_node(turn.workflow, &turn.state, &node.id, input));
    match found {
        Some(Ok(rollback)) => Ok(rollback),
        Some(Err(why @ Unreachable::DecidedAtOnce(_))) => wrong("unexpected_input", "/data/input", why.to_string()),
        Some(Err(why)) => wrong("not_visited", "/data/node", why.to_string()),
        None => wrong("unknown_node", "/data/node", format!("the workflow has no node {named}")),
    }
}

/// Does what the document says about a failure that nobody has decided on in time.
pub(super) fn nobody_decided(turn: &mut Deciding<'_>, ix: NodeIx, one: &Interaction) {
    let action = one.after_error.unwrap_or(AfterError::Abort);
    turn.close_late(one, Some(action.as_str()), "nobody answered in time");
    decided(turn, ix, Some(action), None);
}

/// Does what was decided about a failed node: try it again, go on with an output in its place, or fail the execution.
pub(super) fn decided(turn: &mut Deciding<'_>, ix: NodeIx, decision: Option<AfterError>, data: Option<Value>) {
    let id = turn.node(ix).id.clone();
    let Some(node) = turn.state.node(&id).cloned() else { return };
    let Some(error) = node.error else { return };
    match decision {
        Some(AfterError::Retry) => {
            // The failure of this attempt was recorded before people were asked. The event only says that another
            // attempt follows at once; while the execution is paused, resuming enqueues it.
            let retry_at = turn.now;
            let (visit, attempt) = (node.visit, node.attempt);
            turn.record(Event::AttemptFailed { node: id, visit, attempt, error, unknown: false, retry_at });
            if !turn.state.stands_still() {
                turn.send_step(ix, None);
            }
        }
        Some(AfterError::Skip) => turn.finish_with(ix, "success", data.unwrap_or(Value::Null)),
        // No end is decided while the execution is paused: resuming it finds this answer.
        Some(AfterError::Abort) | None if turn.state.stands_still() => turn.fail_node(ix, error, false),
        Some(AfterError::Abort) | None => turn.fail_execution(error),
    }
}
