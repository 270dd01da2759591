//! Starts the children of `map` and `workflow` nodes, and tells them what their parent wants: to pause, resume or
//! cancel.

use crate::{
    drive::{submit, workflow_of},
    limits,
    port::{Host, StoreError},
};
use document::{
    Body, Children, Map as MapNode, NodeKind, Reads, Spawning, Workflow,
    id::{NodeId, WorkflowId},
};
use expression::Context as _;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use std::{ops::Range, sync::Arc};
use stepwell_core::{
    command::{Asked, Command},
    decide::child_id,
    effect::{Control, Effect, Message, Work},
    event::Started,
    execution::{Children as Kids, Execution, Parent},
    id::{Activation, ExecutionId},
    owed::{Since, owed},
    payload::Payload,
    sight::Sight,
};

/// Starts the children of an activation whose indexes are in `range`, each at most once. Where time runs out, a further
/// message asks for the rest. Returns the commands that tell the parent which children could not start.
///
/// # Errors
/// Where the store fails. The message then comes again, and children that were started already are left alone.
pub async fn start_children(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Result<Vec<Asked>, StoreError> {
    if !state.waits_for_children(activation, attempt) {
        // The parent no longer wants these children. Some may have been started by a handler that died before it could
        // tell them so, so each is told here.
        tell(host, range.map(|index| child_id(state.id(), activation, attempt, index)), Control::Cancel).await?;
        return Ok(Vec::new());
    }
    if state.paused {
        return Ok(Vec::new());
    }
    let Some(&ix) = workflow.graph.index.get(&activation.node) else { return Ok(Vec::new()) };
    let ended = state.children.get(&activation.node).map(|kids| kids.ended.clone()).unwrap_or_default();
    let plan = Plan { host, state, workflow, activation, attempt, ix };
    let items = plan.items();
    if items.missing().is_some() {
        host.fetch(state.id(), &[&items]).await?;
    }
    // Children that have ended are not started again. The others are, since a start that is repeated does no harm.
    let missing: Vec<u32> = range.clone().filter(|index| !ended.contains(*index)).collect();
    let in_time = || host.time_left().is_none_or(|left| !left.is_zero());
    let mut ends = Vec::new();
    // An error with one child does not stop the others, so that less is left for the next time.
    let starts = missing.clone().into_iter().map_while(|index| in_time().then(|| plan.start(index)));
    let started: Vec<_> = stream::iter(starts).buffered(at_once(host)).collect().await;
    let rest = missing.get(started.len()).map(|&from| from..range.end);
    for started in started {
        ends.extend(started?.map(|(index, error)| (index, Some(error))));
    }
    // Time ran out before all were begun: the message is replaced by one about the rest.
    if let Some(rest) = &rest {
        let work = Work::StartChildren { activation: activation.clone(), attempt, from: rest.start, to: rest.end };
        let message = Message { execution: state.id().clone(), work };
        host.deliver(state.id(), &[Effect::Send { message, at: None }]).await?;
    }
    catch_up(host, state, activation, attempt, range.start..rest.map_or(range.end, |rest| rest.start)).await?;
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Command::ChildrenEnded { activation: activation.clone(), attempt, ends }.into()])
}

/// How many children are started, told or read at the same time: more on a host whose commits share one sync of the
/// disk.
pub fn at_once(host: &dyn Host) -> usize {
    if host.delivers_in_commit() { limits::CHILDREN_IN_ONE_SYNC } else { limits::CHILDREN_AT_ONCE }
}

/// Tells children that were just started what their parent wants, where it was cancelled or paused meanwhile: they did
/// not exist when it told its children.
async fn catch_up(
    host: &dyn Host,
    before: &Execution,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Result<(), StoreError> {
    let Some(after) = host.load_lean(before.id()).await? else { return Ok(()) };
    let control = wish(&after, activation, attempt);
    if control == Control::Resume {
        return Ok(());
    }
    let same = |kids: &&Arc<Kids>| kids.visit == activation.visit && kids.attempt == attempt;
    let kids = after.children.get(&activation.node).filter(same);
    let running = range.filter(|index| !kids.is_some_and(|kids| kids.ended.contains(*index)));
    tell(host, running.map(|index| child_id(before.id(), activation, attempt, index)), control).await
}

/// Tells children what their parent wants, several at the same time.
async fn tell(
    host: &dyn Host,
    children: impl Iterator<Item = ExecutionId> + Send,
    control: Control,
) -> Result<(), StoreError> {
    let told = children.map(|id| async move { obey(host, &id, control).await });
    stream::iter(told).buffer_unordered(at_once(host)).try_collect().await
}

/// What a parent in this state wants of the children that an attempt has started.
fn wish(parent: &Execution, activation: &Activation, attempt: u32) -> Control {
    match () {
        () if !parent.waits_for_children(activation, attempt) => Control::Cancel,
        () if parent.paused => Control::Pause,
        () => Control::Resume,
    }
}

/// Makes a child do what its parent wants. `control` is what the message asks for, but the parent's present state
/// counts: messages overtake each other, and one that pauses may come after the one that resumes. After each command
/// both are loaded again, until the child is as the parent wants it.
///
/// # Errors
/// Where the store fails. The message then comes again.
pub async fn obey(host: &dyn Host, id: &ExecutionId, control: Control) -> Result<(), StoreError> {
    let mut asked = Some(control);
    while let Some(child) = host.load_lean(id).await? {
        let Some(parent) = &child.started.parent else { return Ok(()) };
        let wish = |it: Arc<Execution>| wish(&it, &parent.activation, parent.attempt);
        let wish = host.load_lean(&parent.execution_id).await?.map_or(Control::Cancel, wish);
        // The child has ended, and its effects may have been lost: they are delivered again.
        if child.end.is_some() {
            if host.delivers_in_commit() {
                return Ok(());
            }
            let workflow = workflow_of(host, &child.started).await?;
            let again = owed(&workflow, &child, Since::Ever);
            let upwards = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if message.execution == parent.execution_id);
            // A parent that wants its children cancelled does not wait for their ends.
            let again: Vec<Effect> =
                again.into_iter().filter(|effect| wish != Control::Cancel || !upwards(effect)).collect();
            return if again.is_empty() { Ok(()) } else { host.deliver(id, &again).await };
        }
        let done = match wish {
            Control::Cancel => false,
            Control::Pause => child.paused,
            Control::Resume => !child.paused,
        };
        // What the message asks for is submitted even where the child is so already: the rules then pass it on to the
        // child's own children, which may not have been told.
        if asked.take() != Some(wish) && done {
            return Ok(());
        }
        let command = Command::Control { control: wish, reason: Some(reason(wish).into()) };
        submit(host, id, command).await?;
    }
    Ok(())
}

/// The reason that is recorded in the child's journal.
fn reason(control: Control) -> &'static str {
    match control {
        Control::Pause => "its parent was paused",
        Control::Resume => "its parent was resumed",
        Control::Cancel => "its parent no longer needs it",
    }
}

/// What the start of any child of one activation needs; `ix` is the position of its node in the workflow.
struct Plan<'a> {
    host: &'a dyn Host,
    state: &'a Arc<Execution>,
    workflow: &'a Arc<Workflow>,
    activation: &'a Activation,
    attempt: u32,
    ix: usize,
}

impl Plan<'_> {
    /// Starts the child with this index. Where it cannot be started, returns the index and the reason, for the parent.
    async fn start(&self, index: u32) -> Result<Option<(u32, String)>, StoreError> {
        let id = child_id(self.state.id(), self.activation, self.attempt, index);
        if let Some(child) = self.host.load_lean(&id).await? {
            self.begin_again(&child).await?;
            return Ok(None);
        }
        let started = match &self.workflow.nodes[self.ix].kind {
            NodeKind::Children(Spawning::Map(map)) => self.item(map, id.clone(), index).await?,
            NodeKind::Children(Spawning::Workflow(children)) => self.child(children, id.clone(), index).await?,
            NodeKind::Route(_) | NodeKind::Compute(_) | NodeKind::Run(_) | NodeKind::Wait(_) => return Ok(None),
        };
        match started {
            Ok(started) => {
                submit(self.host, &id, Command::Start(Box::new(started))).await?;
                Ok(None)
            }
            Err(error) => Ok(Some((index, error))),
        }
    }

    /// Delivers the effects of a child's first turn again. Whoever started the child may have died before it could
    /// deliver them; a later turn shows that they arrived.
    async fn begin_again(&self, child: &Execution) -> Result<(), StoreError> {
        if child.seq > 1 || self.host.delivers_in_commit() {
            return Ok(());
        }
        let workflow = workflow_of(self.host, &child.started).await?;
        let effects = owed(&workflow, child, Since::Ever);
        if effects.is_empty() { Ok(()) } else { self.host.deliver(child.id(), &effects).await }
    }

    /// What the child of one item of a `map` starts with, or why it cannot start.
    async fn item(&self, map: &MapNode, id: ExecutionId, index: u32) -> Result<Result<Started, String>, StoreError> {
        let items = self.items();
        let item = items.value().get(index as usize).cloned().unwrap_or_default();
        let body = match &map.body {
            Body::Inline(body) => body,
            Body::Saved(saved) => {
                let started = self.saved(saved, id, index, item.clone()).await?;
                return Ok(started.map(|started| Started { item: Some(Payload::new(item)), ..started }));
            }
        };
        // An inline body is a part of the parent's document: its child names that document, and the way to the body in
        // it. It gets only the values that the body reads, which keeps its journal small.
        let reads = body.reads();
        let mut started = self.started(id, index, body);
        started.workflow_id = self.state.started.workflow_id.clone();
        started.workflow_version = self.state.started.workflow_version;
        started.workflow_hash.clone_from(&self.state.started.workflow_hash);
        started.body = self.state.started.body.iter().cloned().chain([self.activation.node.clone()]).collect();
        started.item = Some(Payload::new(item));
        started.input = if reads.input { self.state.started.input.clone() } else { Payload::default() };
        started.inherited = self.inherited(reads, body);
        Ok(Ok(started))
    }

    /// Outputs that the body reads of nodes outside of it: those of the parent's nodes as they are now, and those that
    /// the parent itself was handed down.
    fn inherited(&self, reads: Reads, body: &Workflow) -> Vec<(NodeId, Payload)> {
        let handed_down = self.state.started.inherited.iter();
        let sight = Sight::of_config(self.workflow, self.state, self.ix);
        let own = sight.nodes().into_iter().filter_map(|id| {
            let (id, node) = self.state.nodes.get_key_value(id)?;
            Some((id.clone(), node.output.clone()?))
        });
        let wanted = |id: &NodeId| {
            let named = reads.all_nodes || reads.nodes.iter().any(|node| node == id.as_str());
            named && !body.graph.index.contains_key(id)
        };
        handed_down.cloned().chain(own).filter(|(id, _)| wanted(id)).collect()
    }

    /// What one child of a `workflow` node starts with, or why it cannot start.
    async fn child(
        &self,
        children: &Children,
        id: ExecutionId,
        index: u32,
    ) -> Result<Result<Started, String>, StoreError> {
        let Some(workflow) = children.workflow_ids.get(index as usize) else {
            return Ok(Err("there is no such child".into()));
        };
        self.saved(workflow, id, index, self.items().value().clone()).await
    }

    /// What a child that runs a saved workflow starts with. The reason, where there is no such workflow or it refuses
    /// the input.
    async fn saved(
        &self,
        workflow: &WorkflowId,
        id: ExecutionId,
        index: u32,
        input: Value,
    ) -> Result<Result<Started, String>, StoreError> {
        let owner = &self.state.started.owner;
        let Some(saved) = self.host.saved(owner, workflow.as_str(), None).await?.filter(|saved| !saved.deleted) else {
            return Ok(Err(format!("there is no workflow {workflow}: save it first")));
        };
        let Some(parsed) = self.host.workflow(&saved.hash).await? else {
            return Err(StoreError::Permanent(format!("the document of workflow {workflow} is not stored")));
        };
        if let Some(violation) = parsed.check_input(&input).first() {
            return Ok(Err(format!("the input of {workflow} is refused: {} at {}", violation.message, violation.path)));
        }
        let mut started = self.started(id, index, &parsed);
        started.workflow_version = saved.version;
        started.input = Payload::new(input);
        Ok(Ok(started))
    }

    /// What all children start with.
    fn started(&self, id: ExecutionId, index: u32, workflow: &Workflow) -> Started {
        let parent = &self.state.started;
        let depth = parent.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
        Started {
            owner: parent.owner.clone(),
            started_by: parent.started_by.clone(),
            parent: Some(Parent {
                execution_id: parent.execution_id.clone(),
                activation: self.activation.clone(),
                attempt: self.attempt,
                index,
                depth,
            }),
            ..Started::new(id, workflow, Value::Null, self.host.now())
        }
    }

    /// The items of a `map`, or the input of the children of a `workflow` node.
    fn items(&self) -> Payload {
        self.state.children.get(&self.activation.node).map(|kids| kids.items.clone()).unwrap_or_default()
    }
}
