//! A workflow as the rules see it: parsed, normalized, its expressions compiled.

use crate::{
    connection::Connection,
    graph::Graph,
    id::{NodeId, WorkflowId},
    node::{
        agent::Agent,
        branch::Branch,
        r#break::Break,
        chat_trigger::ChatTrigger,
        config::{Compute, Config, Run},
        event_trigger::EventTrigger,
        fail::Fail,
        human::Human,
        r#loop::Loop,
        manual_trigger::ManualTrigger,
        map::Map,
        node_type::{Mode, NodeType},
        succeed::Succeed,
        wait::Wait,
        webhook_trigger::WebhookTrigger,
        workflow::Children,
    },
    policy::{Delivery, Join, OnError, Retry, Settings},
    put_to::PutToPeople,
    reading::{Issue, schema::Schema},
    schedule::times::ScheduleTrigger,
};
use expression::Expr;
use serde_json::Value;
use std::sync::Arc;

/// A parsed workflow: what `parse` gives for a document that passes every static check.
#[derive(Debug)]
pub struct Workflow {
    /// The document's id. A map's body has the id of its document and those of the maps around it, joined by `/`.
    pub id: WorkflowId,
    /// Name for people; the id where the document has none.
    pub name: String,
    /// Description for people.
    pub description: Option<String>,
    /// JSON Schema of the execution's input; any input is accepted where the document has none.
    pub input_schema: Option<InputSchema>,
    /// The nodes, in the document's order.
    pub nodes: Vec<Node>,
    /// The edges, in the document's order, typed connections among them.
    pub edges: Vec<Edge>,
    /// Expression for the execution's result; where absent, the result is that of workflow format §1.
    pub output: Option<Expr>,
    /// Bounds and policies of the workflow's executions.
    pub settings: Settings,
    /// What the edges say about the nodes: neighbours, loops, ancestors.
    pub graph: Graph,
    /// The normalized document: what is stored, shown and hashed.
    pub document: Arc<Value>,
    /// What the static checks advise against, with places in the normalized document where that is what was parsed. The
    /// warnings about the body of a map are those of its document.
    pub warnings: Vec<Issue>,
    /// Hexadecimal SHA-256 of the normalized document's [canonical form](crate::canonical).
    pub hash: String,
}

/// A compiled input schema beside its source.
pub struct InputSchema {
    /// The schema as the document gives it.
    pub source: Value,
    /// The compiled schema, in draft 2020-12 unless its `$schema` says otherwise.
    pub schema: Schema,
}

impl std::fmt::Debug for InputSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}

/// One node, with all defaults filled in.
#[derive(Debug)]
pub struct Node {
    /// The id, unique within its document or map's body.
    pub id: NodeId,
    /// Name for people; the id where the document has none.
    pub name: String,
    /// The descriptor of its type.
    pub of: &'static NodeType,
    /// The config, by the mode of the type.
    pub kind: NodeKind,
    /// The ports. An edge without `port` follows the first one (refused for a `branch` without `default`). Empty for a
    /// node after which nothing comes.
    pub ports: Vec<String>,
    /// The policy of retries.
    pub retry: Retry,
    /// Seconds that one attempt may take. None, for no bound, where a `wait`, `human`, `map` or `workflow` names none.
    pub timeout_seconds: Option<f64>,
    /// What happens when the last attempt has failed; `settings.on_error` where the node says nothing.
    pub on_error: OnError,
    /// Whom `on_error: ask_human` asks; none where it names nobody, and for the other policies.
    pub put_to: Option<Box<PutToPeople>>,
    /// When the incoming edges activate the node (execution model §4).
    pub join: Join,
    /// Whether the effects of the node outside may happen more than once.
    pub delivery: Delivery,
    /// The node that undoes what this one did. It has the same id.
    pub compensate: Option<Box<Node>>,
}

/// A node's config, by the mode of its type: who does the work.
#[derive(Debug)]
pub enum NodeKind {
    /// The rules decide the node within a turn.
    Route(Route),
    /// The step function computes the output.
    Compute(Box<dyn Compute>),
    /// A worker of ours does I/O.
    Run(Box<dyn Run>),
    /// The node waits for a time, a signal or a person.
    Wait(Waiting),
    /// The node starts executions of its own.
    Children(Spawning),
    /// A worker of ours asks a model, and the node starts executions for the tools that the model asks for.
    Agent(Box<Agent>),
    /// The node never runs: agents use it.
    Lend(Lent),
}

/// The place of a node in its flow that only agents use. What it is to them is part of their config.
#[derive(Clone, Copy, Debug)]
pub struct Lent;

impl Config for Lent {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}
}

/// The config of a node that only chooses what comes next.
#[derive(Debug)]
pub enum Route {
    /// Where executions start.
    Trigger(Trigger),
    /// Takes the port of the first rule that is true.
    Branch(Branch),
    /// Repeats its body.
    Loop(Loop),
    /// Ends the loop around it.
    Break(Break),
    /// Ends the execution with a result.
    Succeed(Succeed),
    /// Ends the execution with an error.
    Fail(Fail),
}

/// The config of a node at which executions start.
#[derive(Debug)]
pub enum Trigger {
    /// The API starts them.
    Manual(ManualTrigger),
    /// Requests to a URL start them.
    Webhook(WebhookTrigger),
    /// Events start them.
    Event(EventTrigger),
    /// Time starts them.
    Schedule(ScheduleTrigger),
    /// Messages of a conversation start them.
    Chat(ChatTrigger),
}

/// The config of a node that waits.
#[derive(Debug)]
pub enum Waiting {
    /// The node waits for a time or a signal.
    Wait(Wait),
    /// The node waits for people.
    Human(Box<Human>),
}

/// The config of a node that starts executions of its own.
#[derive(Debug)]
pub enum Spawning {
    /// One for each item of a list.
    Map(Map),
    /// One for each of some saved workflows.
    Workflow(Children),
}

impl NodeKind {
    /// The mode of the node's type.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Route(_) => Mode::Route,
            Self::Compute(_) => Mode::Compute,
            Self::Run(_) => Mode::Run,
            Self::Wait(_) => Mode::Wait,
            Self::Children(_) => Mode::Children,
            Self::Agent(_) => Mode::Agent,
            Self::Lend(_) => Mode::Lend,
        }
    }

    /// What every config can tell of itself.
    pub fn config(&self) -> &dyn Config {
        match self {
            Self::Route(Route::Trigger(Trigger::Manual(config))) => config,
            Self::Route(Route::Trigger(Trigger::Webhook(config))) => config,
            Self::Route(Route::Trigger(Trigger::Event(config))) => config,
            Self::Route(Route::Trigger(Trigger::Schedule(config))) => config,
            Self::Route(Route::Trigger(Trigger::Chat(config))) => config,
            Self::Route(Route::Branch(config)) => config,
            Self::Route(Route::Loop(config)) => config,
            Self::Route(Route::Break(config)) => config,
            Self::Route(Route::Succeed(config)) => config,
            Self::Route(Route::Fail(config)) => config,
            Self::Compute(config) => config.as_ref(),
            Self::Run(config) => config.as_ref(),
            Self::Wait(Waiting::Wait(config)) => config,
            Self::Wait(Waiting::Human(config)) => config.as_ref(),
            Self::Children(Spawning::Map(config)) => config,
            Self::Children(Spawning::Workflow(config)) => config,
            Self::Agent(config) => config.as_ref(),
            Self::Lend(config) => config,
        }
    }

    /// The config of a trigger, where the node is one.
    pub fn trigger(&self) -> Option<&Trigger> {
        if let Self::Route(Route::Trigger(trigger)) = self { Some(trigger) } else { None }
    }

    /// The config of a loop, where the node is one.
    pub fn as_loop(&self) -> Option<&Loop> {
        if let Self::Route(Route::Loop(config)) = self { Some(config) } else { None }
    }

    /// The config of a question to people, where the node is one.
    pub fn human(&self) -> Option<&Human> {
        if let Self::Wait(Waiting::Human(human)) = self { Some(human) } else { None }
    }

    /// The config of an agent, where the node is one.
    pub fn agent(&self) -> Option<&Agent> {
        if let Self::Agent(agent) = self { Some(agent) } else { None }
    }

    /// The flows within the node: the body of a map, and those of an agent's tools.
    pub fn flows(&self) -> Vec<&Arc<Workflow>> {
        let tools = self.agent().into_iter().flat_map(|agent| &agent.tools);
        let tools = tools.flat_map(|tool| [Some(&tool.flow), tool.approved_flow.as_ref()]).flatten();
        self.inline_body().into_iter().chain(tools).collect()
    }

    /// The flow that the node runs for each item, where it stands in the document itself.
    pub fn inline_body(&self) -> Option<&Arc<Workflow>> {
        if let Self::Children(Spawning::Map(map)) = self { map.inline_body() } else { None }
    }
}

/// One edge, from a port of a node to another node.
#[derive(Debug)]
pub struct Edge {
    /// Id of the node that the edge leaves.
    pub from: NodeId,
    /// Id of the node that the edge leads to.
    pub to: NodeId,
    /// The port of the source that the edge follows; the first port of its type where the document names none.
    pub port: String,
    /// Condition under which the edge is live once its port was taken; none where the port alone decides.
    pub condition: Option<Expr>,
    /// What the edge hands over.
    pub connection: Connection,
}

impl Edge {
    /// Whether the edge can activate its target.
    pub fn is_main(&self) -> bool {
        self.connection == Connection::Main
    }
}
