//! What typed connections lend to agents: models, memories, parsers, and nodes as tools, each with the flow that one call
//! of it runs.

use crate::{
    HumanKind, InWords, Node, NodeKind, Waiting, Workflow,
    connection::Connection,
    graph::NodeIx,
    limits,
    node::{
        Types,
        agent::{
            Agent, BuiltIn, OnToolError, Tool,
            tool::{self, ANSWERED, APPROVAL, ARGUMENTS, EXPIRED, RAN, REJECTED, Said},
        },
        mcp, memory, model,
        node_type::Mode,
        output_parser,
    },
    read::{Outer, read_inner},
    reading::{At, Cx, Frame, Place, Reader},
};
use expression::Template;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What is needed to read what is lent within one flow.
struct Lending<'a> {
    types: &'a Types,
    frame: &'a Frame<'a>,
    nodes_at: &'a At<'a>,
    edges_at: &'a At<'a>,
}

/// Whether a node is read only where an agent has it: it hands itself to an agent by a typed connection.
pub(crate) fn is_lent(frame: &Frame<'_>, ix: NodeIx) -> bool {
    frame.edges.iter().any(|edge| edge.from == Some(ix) && lends(edge.connection) && is_agent(frame, edge.to))
}

/// Whether a connection lends something to an agent.
pub(crate) fn lends(connection: Connection) -> bool {
    connection != Connection::Main && !connection.hands_data()
}

/// Whether a node is an agent.
pub(crate) fn is_agent(frame: &Frame<'_>, ix: Option<NodeIx>) -> bool {
    ix.and_then(|ix| frame.nodes[ix].kind).is_some_and(|of| of.mode == Mode::Agent)
}

/// Puts to every agent of a flow what typed connections lend it.
pub(crate) fn link(
    cx: &mut Cx<'_>,
    types: &Types,
    frame: &Frame<'_>,
    (nodes_at, edges_at): (&At<'_>, &At<'_>),
    nodes: &mut [Option<Node>],
) {
    let lending = Lending { types, frame, nodes_at, edges_at };
    // In the flow of a call it is the tool that runs, and the edges to it are not the author's.
    let is_call = frame.outer.is_some_and(|(outer, ix)| is_agent(outer, Some(ix)));
    for ix in (0..nodes.len()).filter(|&ix| !is_call && (is_lent(frame, ix) || hands_itself(frame, ix))) {
        lending.only_lent(cx, ix);
    }
    if let Some(ix) = circle(frame) {
        let hint = "An agent may be a tool of another, and not of itself, also through others.";
        let at = nodes_at.item(ix);
        let label = frame.nodes[ix].label(ix);
        cx.about(Some(label.clone()), |cx| {
            cx.error("schema", &at, format!("`{label}` is a tool of its own tools"), hint);
        });
        return;
    }
    for (ix, node) in nodes.iter_mut().enumerate() {
        let Some(Node { id, kind: NodeKind::Agent(agent), .. }) = node else { continue };
        cx.about(Some(id.to_string()), |cx| lending.to_agent(cx, ix, agent));
    }
}

/// Whether nodes of the type do nothing but lend themselves.
fn hands_itself(frame: &Frame<'_>, ix: NodeIx) -> bool {
    frame.nodes[ix].kind.is_some_and(|of| of.mode == Mode::Lend || of.name == mcp::TYPE.name)
}

/// A node that is a tool of itself, through its tools; none where there is none.
fn circle(frame: &Frame<'_>) -> Option<NodeIx> {
    let tools = |to: NodeIx| {
        let lent = frame.edges.iter().filter(move |edge| edge.to == Some(to) && lends(edge.connection));
        lent.filter_map(|edge| edge.from)
    };
    (0..frame.nodes.len()).filter(|&ix| is_agent(frame, Some(ix))).find(|&start| {
        let mut seen = vec![false; frame.nodes.len()];
        let mut open: Vec<NodeIx> = tools(start).collect();
        while let Some(ix) = open.pop() {
            if ix == start {
                return true;
            }
            if !std::mem::replace(&mut seen[ix], true) {
                open.extend(tools(ix));
            }
        }
        false
    })
}

impl Lending<'_> {
    /// Reports the edges that would run a node which agents alone use.
    fn only_lent(&self, cx: &mut Cx<'_>, ix: NodeIx) {
        let leads =
            |edge: &&crate::reading::RawEdge<'_>| edge.is_main() && (edge.from == Some(ix) || edge.to == Some(ix));
        if self.frame.edges.iter().find(leads).is_none() {
            return;
        }
        let label = self.frame.nodes[ix].label(ix);
        cx.about(Some(label.clone()), |cx| {
            let message = format!("`{label}` is used by agents alone, and an edge leads to it or away");
            cx.error("schema", &self.nodes_at.item(ix), message, "Give the flow a node of its own for that.");
        });
    }

    /// Puts to an agent what it is lent.
    fn to_agent(&self, cx: &mut Cx<'_>, agent_ix: NodeIx, agent: &mut Agent) {
        let place = Place::new(self.frame, Reader::Node(agent_ix));
        for edge in self.frame.edges.iter().filter(|edge| edge.to == Some(agent_ix) && lends(edge.connection)) {
            let Some(from) = edge.from else { continue };
            let (Some(object), Some(of)) = (self.frame.nodes[from].object, self.frame.nodes[from].kind) else {
                continue;
            };
            let at = self.nodes_at.item(from);
            let config_at = at.key("config");
            let empty = Map::new();
            let config = object.get("config").and_then(Value::as_object).unwrap_or(&empty);
            let label = self.frame.nodes[from].label(from);
            cx.about(Some(label.clone()), |cx| match (edge.connection, of.name) {
                (Connection::AiLanguageModel, name) if name == model::TYPE.name => {
                    agent.models.extend(model::read(cx, config, &config_at, place).map(Arc::new));
                }
                (Connection::AiMemory, name) if name == memory::TYPE.name => {
                    agent.memory = memory::read(cx, config, &config_at, place).map(Arc::new);
                }
                (Connection::AiOutputParser, name) if name == output_parser::TYPE.name => {
                    agent.output_schema = output_parser::read(cx, config, &config_at).map(Arc::new);
                }
                (Connection::AiTool | Connection::AiAgent, _) if of.mode.can_be_tool() => {
                    let id = self.frame.nodes[from].id.clone();
                    if of.name == mcp::TYPE.name
                        && let Some(id) = id
                    {
                        let server = mcp::read(cx, config, &config_at, place);
                        agent.servers.extend(server.map(|server| (id, Arc::new(server))));
                    }
                    agent.tools.extend(self.tool(cx, agent_ix, from));
                }
                (connection, name) => {
                    let message = format!("a `{name}` cannot be lent by a connection `{}`", connection.as_str());
                    cx.error("schema", &at, message, "A tool is an `ai_tool`, a `model` an `ai_language_model`.");
                }
            });
        }
        let at = self.nodes_at.item(agent_ix);
        for built_in in agent.built_in.clone() {
            agent.tools.extend(self.built_in(cx, agent_ix, built_in));
        }
        if agent.models.is_empty() {
            let hint = "Give {\"provider\": \"openai\", \"name\": \"gpt-5-mini\"}, or join a `model` node to it.";
            cx.error("invalid_config", &at.key("config"), "`model` is missing", hint);
        }
        if agent.tools.len() > limits::TOOLS {
            let message = format!("an agent has {} tools at most", limits::TOOLS);
            cx.error("invalid_config", &at, message, "Give some of them to another agent.");
        }
        named_apart(cx, agent, &at);
    }

    /// A node as a tool, with the flows of its calls.
    fn tool(&self, cx: &mut Cx<'_>, agent: NodeIx, ix: NodeIx) -> Option<Tool> {
        let raw = &self.frame.nodes[ix];
        let (object, id, of) = (raw.object?, raw.id.clone()?, raw.kind?);
        let at = self.nodes_at.item(ix);
        let place = Place::new(self.frame, Reader::Node(agent)).about_args();
        let Said { name, description, parameters, called, approval, max_calls, result_bytes, on_error } =
            tool::read(cx, object, &at, (id.as_str(), of), place)?;
        let is_server = of.name == mcp::TYPE.name;
        let (nodes, edges) = self.with_what_it_uses(ix);
        let flow = Inner { nodes: &nodes, edges: &edges, at: at.pointer(), moved: Vec::new() };
        let plain = self.flow(cx, agent, &name, &flow)?;
        let approved_flow = match &approval {
            None => None,
            Some(approval) => {
                if let Some(taken) = nodes.iter().find_map(|(node, _)| of_approval(node)) {
                    let message = format!("what a person approves has a node `{taken}` of its own");
                    cx.error("invalid_config", &at.key("id"), message, "Give the node another id.");
                    return None;
                }
                let ports = raw.ports.clone().unwrap_or_default();
                let asked_at = format!("{}/tool/require_approval", at.pointer());
                let question = format!("/nodes/{}/config", nodes.len());
                let moved = vec![
                    (format!("{question}/timeout_seconds"), format!("{asked_at}/expires_seconds")),
                    (question, asked_at.clone()),
                ];
                let asks = (approval.asks.clone(), Some(asked_at));
                let (nodes, edges) = approved(&nodes, &edges, (id.as_str(), is_server), &ports, asks);
                let approved = Inner { nodes: &nodes, edges: &edges, at: at.pointer(), moved };
                Some(Arc::new(self.flow(cx, agent, &name, &approved)?))
            }
        };
        Some(Tool {
            name,
            description,
            parameters: Arc::new(parameters),
            called,
            node: id,
            built_in: None,
            is_server,
            is_agent: of.mode == Mode::Agent,
            approval,
            max_calls,
            result_bytes,
            on_error,
            flow: Arc::new(plain),
            approved_flow,
        })
    }

    /// A built-in tool.
    fn built_in(&self, cx: &mut Cx<'_>, agent: NodeIx, built_in: BuiltIn) -> Option<Tool> {
        let at = self.nodes_at.item(agent);
        let source = built_in.parameters();
        let schema = crate::reading::schema::compile(cx, &source, &at, "schema")?;
        let nodes = [(built_in.node(), None)];
        let flow = Inner { nodes: &nodes, edges: &[], at: at.pointer(), moved: Vec::new() };
        let before = (cx.issues.len(), cx.errors());
        let mut flow = self.flow(cx, agent, built_in.name(), &flow)?;
        if built_in == BuiltIn::AskHuman {
            ask_in_words(&mut flow);
        }
        // What is warned about is not the author's to change, such as that a person may take any time.
        if cx.errors() == before.1 {
            cx.issues.truncate(before.0);
        }
        Some(Tool {
            name: built_in.name().to_owned(),
            description: built_in.about().to_owned(),
            parameters: Arc::new(crate::InputSchema { source, schema }),
            called: None,
            node: built_in.name().into(),
            built_in: Some(built_in),
            is_server: false,
            is_agent: false,
            approval: None,
            max_calls: None,
            result_bytes: limits::TOOL_RESULT_BYTES,
            on_error: OnToolError::Tell,
            flow: Arc::new(flow),
            approved_flow: None,
        })
    }

    /// A node with all that is lent to it, and to that, and the connections between them.
    fn with_what_it_uses(&self, ix: NodeIx) -> (Parts, Parts) {
        let mut all = vec![ix];
        let mut next = 0;
        let mut edges = Vec::new();
        while let Some(&to) = all.get(next) {
            next += 1;
            for (at, edge) in self.frame.edges.iter().enumerate() {
                if edge.to != Some(to) || !lends(edge.connection) {
                    continue;
                }
                let (Some(from), Some(object)) = (edge.from, edge.object) else { continue };
                edges.push((Value::Object(object.clone()), Some(self.edges_at.item(at).pointer())));
                if !all.contains(&from) {
                    all.push(from);
                }
            }
        }
        let node = |&at: &NodeIx| {
            let mut object = self.frame.nodes[at].object?.clone();
            // In the flow of a call the node is no tool, but what runs.
            if at == ix {
                object.remove("tool");
            }
            Some((Value::Object(object), Some(self.nodes_at.item(at).pointer())))
        };
        (all.iter().filter_map(node).collect(), edges)
    }

    /// Reads the flow of a call.
    fn flow(&self, cx: &mut Cx<'_>, agent: NodeIx, tool: &str, inner: &Inner<'_>) -> Option<Workflow> {
        let root = At::Root;
        let label = self.frame.nodes[agent].label(agent);
        let name = format!("{label}/{tool}");
        let at = root.key(&name);
        let here = at.pointer();
        let before = cx.moved.len();
        for (key, parts) in [("nodes", inner.nodes), ("edges", inner.edges)] {
            let from = |from: &Option<String>| from.clone().unwrap_or_else(|| inner.at.clone());
            let each = parts.iter().enumerate();
            cx.moved.extend(each.map(|(ix, (_, stood))| (format!("{here}/{key}/{ix}"), from(stood))));
        }
        cx.moved.extend(inner.moved.iter().map(|(below, from)| (format!("{here}{below}"), from.clone())));
        cx.moved.push((here, inner.at.clone()));
        let values = |parts: &[(Value, Option<String>)]| parts.iter().map(|(value, _)| value.clone()).collect();
        let mut object = Map::new();
        object.insert("nodes".into(), Value::Array(values(inner.nodes)));
        object.insert("edges".into(), Value::Array(values(inner.edges)));
        let in_tool = std::mem::replace(&mut cx.in_tool, true);
        let outer = Outer { frame: self.frame, ix: agent, tool: Some(tool) };
        let flow = read_inner(cx, self.types, &object, &at, outer);
        cx.in_tool = in_tool;
        cx.moved.truncate(before);
        flow
    }
}

/// Reports tools of which a name means several.
fn named_apart(cx: &mut Cx<'_>, agent: &Agent, at: &At<'_>) {
    // By the id of its node a call finds what it runs, and a built-in tool has its name for one.
    let ids = agent.tools.iter().filter(|tool| tool.built_in.is_none() && tool.name != tool.node.as_str());
    let built_in = |tool: &&Tool| BuiltIn::ALL.iter().any(|one| agent.has(*one) && one.name() == tool.node.as_str());
    let mut names: Vec<&str> = agent.tools.iter().map(|tool| tool.name.as_str()).collect();
    names.extend(ids.filter(built_in).map(|tool| tool.node.as_str()));
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("two tools are called `{}`", twice[0]);
        cx.error("invalid_config", at, message, "Give each its own `tool.name`.");
    }
}

/// Has a question ask what its model says, whose options no document could know.
fn ask_in_words(flow: &mut Workflow) {
    let said = |name: &str| Template::compile(&json!(format!("{{{{ has(args.{name}) ? args.{name} : null }}}}")));
    for node in &mut flow.nodes {
        if let NodeKind::Wait(Waiting::Human(human)) = &mut node.kind
            && let (Ok(options), Ok(assignees)) = (said("options"), said("assignees"))
        {
            human.kind = HumanKind::Ask(Some(Box::new(InWords { options, assignees })));
        }
    }
}

/// A flow within a document that does not stand in it as it is.
struct Inner<'a> {
    nodes: &'a [(Value, Option<String>)],
    edges: &'a [(Value, Option<String>)],
    /// Where problems of all else are told.
    at: String,
    /// Parts of nodes that are made of parts of the document, and where these stand.
    moved: Vec<(String, String)>,
}

/// Nodes or edges, each with the pointer to where it stands; none where it is made here.
type Parts = Vec<(Value, Option<String>)>;

/// The id of a node where it is that of one which [`approved`] makes.
fn of_approval(node: &Value) -> Option<&str> {
    let ids = [APPROVAL, ARGUMENTS, ANSWERED, RAN, REJECTED, EXPIRED];
    node["id"].as_str().filter(|id| ids.contains(id))
}

/// A flow before which a person is asked: the tool runs where that person approves, with the arguments as they may have
/// been changed, unless the person answers in its place. A server is given the name of one of its tools beside them.
fn approved(
    nodes: &Parts,
    edges: &Parts,
    (tool, is_server): (&str, bool),
    ports: &[String],
    asks: (Value, Option<String>),
) -> (Parts, Parts) {
    let or = |given: &str| format!("has(ctx.{APPROVAL}.output.arguments) ? ctx.{APPROVAL}.output.arguments : {given}");
    let chosen = match is_server {
        true => format!("{{'name': args.name, 'arguments': {}}}", or("args.arguments")),
        false => or("args"),
    };
    let given =
        |what: &str| format!("{{{{ has(ctx.{APPROVAL}.output.{what}) ? ctx.{APPROVAL}.output.{what} : null }}}}");
    let says = format!("has(ctx.{APPROVAL}.output.text)");
    let why = format!(
        "{{{{ ctx.{APPROVAL}.output.comment == null ? 'no reason was given' : ctx.{APPROVAL}.output.comment }}}}"
    );
    let made = [
        json!({"id": ARGUMENTS, "type": "transform", "config": {"expression": chosen}}),
        json!({"id": ANSWERED, "type": "succeed",
            "config": {"output": {"answered": given("text")}}}),
        json!({"id": RAN, "type": "succeed", "join": "any", "config": {"output": {"result": "{{ output }}", "arguments": given("arguments")}}}),
        json!({"id": REJECTED, "type": "fail", "config": {"code": "rejected", "message": why}}),
        json!({"id": EXPIRED, "type": "fail",
            "config": {"code": "expired", "message": "nobody approved it in time"}}),
    ];
    let mut leads = vec![
        json!({"from": APPROVAL, "port": "approved", "to": ANSWERED, "condition": says}),
        json!({"from": APPROVAL, "port": "approved", "to": ARGUMENTS, "condition": format!("!{says}")}),
        json!({"from": APPROVAL, "port": "rejected", "to": REJECTED}),
        json!({"from": APPROVAL, "port": "timeout", "to": EXPIRED}),
        json!({"from": ARGUMENTS, "to": tool}),
    ];
    let ran = ports.iter().filter(|port| port.as_str() != "error");
    leads.extend(ran.map(|port| json!({"from": tool, "port": port, "to": RAN})));
    let nodes = nodes.iter().cloned().chain([asks]).chain(made.into_iter().map(|node| (node, None))).collect();
    (nodes, leads.into_iter().map(|edge| (edge, None)).chain(edges.iter().cloned()).collect())
}
