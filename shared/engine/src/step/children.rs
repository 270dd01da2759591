//! Children of `map` and `workflow` nodes: starting them, and telling them what their parent wants.

use crate::{
    drive::{submit, workflow_of},
    limits,
    port::{Host, StoreError},
};
use document::{
    Body, Children, Map as MapNode, NodeKind, Reads, Workflow,
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

/// Starts children of an activation, each at most once. Where time runs out, a message of its own asks for the rest.
/// Returns what is to be told to the parent about those that could not start.
///
/// # Errors
/// Where the store fails: the message comes again, and those that were started already are left alone.
pub async fn start_children(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Result<Vec<Asked>, StoreError> {
    if !state.waits_for_children(activation, attempt) {
        // The one that found out may have died before it could tell those that it had started.
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
    let missing: Vec<u32> = range.clone().filter(|index| !ended.contains(*index)).collect();
    let in_time = || host.time_left().is_none_or(|left| !left.is_zero());
    let mut ends = Vec::new();
    // Those that can be started are, also where one of them cannot: less is left for the next time.
    let starts = missing.clone().into_iter().map_while(|index| in_time().then(|| plan.start(index)));
    let started: Vec<_> = stream::iter(starts).buffered(at_once(host)).collect().await;
    let rest = missing.get(started.len()).map(|&from| from..range.end);
    for started in started {
        ends.extend(started?.map(|(index, error)| (index, Some(error))));
    }
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

/// How many children are started, told or read at a time.
pub fn at_once(host: &dyn Host) -> usize {
    if host.delivers_in_commit() { limits::CHILDREN_IN_ONE_SYNC } else { limits::CHILDREN_AT_ONCE }
}

/// A parent that was cancelled or paused while its children were being started tells them once more: they did not
/// exist when it told them first.
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

/// Tells children what their parent wants, some at a time.
async fn tell(
    host: &dyn Host,
    children: impl Iterator<Item = ExecutionId> + Send,
    control: Control,
) -> Result<(), StoreError> {
    let told = children.map(|id| async move { obey(host, &id, control).await });
    stream::iter(told).buffer_unordered(at_once(host)).try_collect().await
}

/// What a parent, as it is now, wants of its children.
fn wish(parent: &Execution, activation: &Activation, attempt: u32) -> Control {
    match () {
        () if !parent.waits_for_children(activation, attempt) => Control::Cancel,
        () if parent.paused => Control::Pause,
        () => Control::Resume,
    }
}

/// Does to a child what its parent asked, if the parent still wants it: messages overtake each other, and one that
/// pauses may come after the one that resumes. Afterwards the parent is looked at again, until both agree.
///
/// # Errors
/// Where the store fails: the message comes again.
pub async fn obey(host: &dyn Host, id: &ExecutionId, control: Control) -> Result<(), StoreError> {
    let mut asked = Some(control);
    while let Some(child) = host.load_lean(id).await? {
        let Some(parent) = &child.started.parent else { return Ok(()) };
        let wish = |it: Arc<Execution>| wish(&it, &parent.activation, parent.attempt);
        let wish = host.load_lean(&parent.execution_id).await?.map_or(Control::Cancel, wish);
        if child.end.is_some() {
            if host.delivers_in_commit() {
                return Ok(());
            }
            let workflow = workflow_of(host, &child.started).await?;
            let again = owed(&workflow, &child, Since::Ever);
            let upwards = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if message.execution == parent.execution_id);
            // A parent that waits no more has no use for the end.
            let again: Vec<Effect> =
                again.into_iter().filter(|effect| wish != Control::Cancel || !upwards(effect)).collect();
            return if again.is_empty() { Ok(()) } else { host.deliver(id, &again).await };
        }
        let done = match wish {
            Control::Cancel => false,
            Control::Pause => child.paused,
            Control::Resume => !child.paused,
        };
        // What was asked is passed on to the child's own children even where the child obeyed before.
        if asked.take() != Some(wish) && done {
            return Ok(());
        }
        let command = Command::Control { control: wish, reason: Some(reason(wish).into()) };
        submit(host, id, command).await?;
    }
    Ok(())
}

fn reason(control: Control) -> &'static str {
    match control {
        Control::Pause => "its parent was paused",
        Control::Resume => "its parent was resumed",
        Control::Cancel => "its parent no longer needs it",
    }
}

struct Plan<'a> {
    host: &'a dyn Host,
    state: &'a Arc<Execution>,
    workflow: &'a Arc<Workflow>,
    activation: &'a Activation,
    attempt: u32,
    ix: usize,
}

impl Plan<'_> {
    /// Starts one child, or says why it cannot be.
    async fn start(&self, index: u32) -> Result<Option<(u32, String)>, StoreError> {
        let id = child_id(self.state.id(), self.activation, self.attempt, index);
        if let Some(child) = self.host.load_lean(&id).await? {
            self.begin_again(&child).await?;
            return Ok(None);
        }
        let started = match &self.workflow.nodes[self.ix].kind {
            NodeKind::Map(map) => self.item(map, id.clone(), index).await?,
            NodeKind::Workflow(children) => self.child(children, id.clone(), index).await?,
            _ => return Ok(None),
        };
        match started {
            Ok(started) => {
                submit(self.host, &id, Command::Start(Box::new(started))).await?;
                Ok(None)
            }
            Err(error) => Ok(Some((index, error))),
        }
    }

    /// Whoever started a child may have died before its first messages were sent.
    async fn begin_again(&self, child: &Execution) -> Result<(), StoreError> {
        if child.seq > 1 || self.host.delivers_in_commit() {
            return Ok(());
        }
        let workflow = workflow_of(self.host, &child.started).await?;
        let effects = owed(&workflow, child, Since::Ever);
        if effects.is_empty() { Ok(()) } else { self.host.deliver(child.id(), &effects).await }
    }

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

    /// Outputs of the parent that the body names, as of now.
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

    fn items(&self) -> Payload {
        self.state.children.get(&self.activation.node).map(|kids| kids.items.clone()).unwrap_or_default()
    }
}
