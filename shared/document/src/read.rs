//! Reads a flow, which is the nodes and edges of a document or of a map's body: first the nodes' ids and how edges
//! connect them, then every config, whose expressions are checked against the graph.

use crate::{
    Edge, InputSchema, Node, Workflow,
    canonical::{Canonical, sha256},
    connection::Connection,
    dialect::{self, EDGE_KEYS},
    graph::{Arc, Graph, NodeIx},
    id::{NodeId, WorkflowId},
    limits,
    node::{
        Types,
        node_type::{NodeType, Role},
    },
    policy::{Join, Overlap, Settings},
    read_node::{Readers, lent, read_node},
    read_tools::{is_lent, link},
    reading::{At, Cx, Fields, Frame, Outputs, Place, RawEdge, RawNode, Reader, cut, is_id, kind_of, suggest},
    validate::{check_structure, check_warnings},
};
use expression::Expr;
use serde_json::{Map, Value, json};
use std::{cell::RefCell, collections::HashMap};

/// A flow that was understood.
pub(crate) struct Flow {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) graph: Graph,
}

/// The parts of a workflow besides its nodes and edges.
pub(crate) struct Head {
    pub(crate) id: WorkflowId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) input_schema: Option<InputSchema>,
    pub(crate) output: Option<Expr>,
    pub(crate) settings: Settings,
}

/// Puts a workflow together, and hashes its document.
pub(crate) fn assemble(head: Head, flow: Flow, document: Value) -> Workflow {
    let hash = sha256(&Canonical(&document));
    let mut workflow = Workflow {
        id: head.id,
        name: head.name,
        description: head.description,
        input_schema: head.input_schema,
        nodes: flow.nodes,
        edges: flow.edges,
        output: head.output,
        settings: head.settings,
        graph: flow.graph,
        document: std::sync::Arc::new(document),
        warnings: Vec::new(),
        hash,
    };
    // Messages of a chat stand in the line of their session; all other executions in that of their workflow.
    if workflow.settings.overlap == Overlap::Queue && workflow.trigger_for_chat().is_none() {
        workflow.settings.max_concurrency = Some(1);
    }
    workflow
}

/// Where a flow within another one stands.
pub(crate) struct Outer<'a> {
    /// The flow around.
    pub(crate) frame: &'a Frame<'a>,
    /// The map or the agent in it.
    pub(crate) ix: NodeIx,
    /// The tool of the agent; none for the body of a map.
    pub(crate) tool: Option<&'a str>,
}

impl Outer<'_> {
    /// The id of the flow, which tells where it stands: the document's id, then the nodes around, the outermost first.
    fn id(&self, document: &str) -> String {
        let mut names: Vec<String> = self.tool.iter().map(|tool| (*tool).to_owned()).collect();
        names.push(self.frame.nodes[self.ix].label(self.ix));
        let mut frame = self.frame;
        while let Some((outer, ix)) = frame.outer {
            names.push(outer.nodes[ix].label(ix));
            frame = outer;
        }
        names.push(document.to_owned());
        names.reverse();
        names.join("/")
    }
}

/// Reads the body of a map as a workflow of its own, whose expressions may also read what the map itself may read.
pub(crate) fn read_body(
    cx: &mut Cx<'_>,
    types: &Types,
    object: &Map<String, Value>,
    at: &At<'_>,
    place: Place<'_>,
) -> Option<Workflow> {
    let Reader::Node(ix) = place.reader else { return None };
    read_inner(cx, types, object, at, Outer { frame: place.frame, ix, tool: None })
}

/// Reads a flow within another one as a workflow of its own.
pub(crate) fn read_inner(
    cx: &mut Cx<'_>,
    types: &Types,
    object: &Map<String, Value>,
    at: &At<'_>,
    outer: Outer<'_>,
) -> Option<Workflow> {
    let f = Fields::new(cx, object, at, "schema", &["nodes", "edges"]);
    let id = outer.id(&cx.workflow);
    // Problems of the body's own edges are not the map's, so they bear no node's id. Any error keeps the body from
    // being built.
    let before = cx.errors();
    let node = cx.node.take();
    let flow = read_flow(cx, types, &f, Some((outer.frame, outer.ix)), |_, _| {});
    cx.node = node;
    let after = cx.errors();
    let mut document = Map::new();
    document.insert("id".into(), json!(id));
    document.extend(object.clone());
    // A body's executions are children, and what limits starts of the workflow does not limit its children.
    let settings = Settings { overlap: Overlap::Allow, max_concurrency: None, ..cx.settings.clone() };
    let head = Head { name: id.clone(), id: id.into(), description: None, input_schema: None, output: None, settings };
    flow.filter(|_| before == after).map(|flow| assemble(head, flow, Value::Object(document)))
}

/// Reads `nodes` and `edges`. `outer` is the flow around a map's body, which needs no trigger, with the map; `with` reads what else is evaluated at the end of the flow. None where an error keeps the flow from being
/// built.
pub(crate) fn read_flow(
    cx: &mut Cx<'_>,
    types: &Types,
    f: &Fields<'_, '_>,
    outer: Option<(&Frame<'_>, NodeIx)>,
    with: impl FnOnce(&mut Cx<'_>, Place<'_>),
) -> Option<Flow> {
    if f.get("nodes").is_none() {
        f.missing(cx, "nodes", "Give a list of nodes, the first of them a trigger.");
    }
    let (nodes, edges) = (f.list(cx, "nodes", limits::NODES), f.list(cx, "edges", limits::EDGES));
    let too_many = |key, read: Option<&[Value]>| read.is_none() && f.get(key).is_some_and(Value::is_array);
    // A list that is too long was not read, and the other checks would only report what is missing without it.
    if too_many("nodes", nodes) || too_many("edges", edges) {
        return None;
    }
    let (nodes, edges) = (nodes.unwrap_or_default(), edges.unwrap_or_default());
    if nodes.is_empty() && f.get("nodes").is_some_and(Value::is_array) {
        f.wrong(cx, "nodes", "there are no nodes", "Give at least one.");
    }
    // First the graph, which needs ids, types and ports alone, and which the checks of expressions need.
    let (nodes_at, edges_at) = (f.at.key("nodes"), f.at.key("edges"));
    let raw_nodes = raw_nodes(cx, types, nodes, &nodes_at);
    let raw_edges = raw_edges(cx, edges, &edges_at, &raw_nodes);
    let graph = graph_of(&raw_nodes, &raw_edges);
    let outputs = Outputs::of(&raw_nodes, &raw_edges, &graph, outer.is_some(), cx.on_error);
    let reads = RefCell::new(Vec::new());
    let args = cx.in_tool;
    let frame = Frame { nodes: &raw_nodes, edges: &raw_edges, graph: &graph, outer, outputs, reads, args };
    if !nodes.is_empty() {
        check_structure(cx, &frame, f.at, outer.is_some());
    }
    // Then the configs and conditions, and what can be said only once all of them are known.
    let mut read = read_nodes(cx, types, &frame, &nodes_at);
    link(cx, types, &frame, (&nodes_at, &edges_at), &mut read);
    let conditions = read_conditions(cx, &frame, &edges_at);
    with(cx, Place::new(&frame, Reader::End));
    check_warnings(cx, &frame, f.at, &read, &conditions);
    // Positions in the graph are those of the document, so a flow that lacks one node or edge is not built.
    let nodes: Option<Vec<Node>> = read.into_iter().collect();
    let edges = raw_edges.iter().zip(conditions).map(|(edge, condition)| {
        Some(Edge {
            from: raw_nodes[edge.from?].id.clone()?,
            to: raw_nodes[edge.to?].id.clone()?,
            port: edge.port.clone()?,
            condition,
            connection: edge.connection,
        })
    });
    let edges: Option<Vec<Edge>> = edges.collect();
    Some(Flow { nodes: nodes?, edges: edges?, graph })
}

/// Reads ids, types and ports. Every node of the list has an entry, even a broken one, so that positions stay.
fn raw_nodes<'d>(cx: &mut Cx<'_>, types: &Types, nodes: &'d [Value], nodes_at: &At<'_>) -> Vec<RawNode<'d>> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
    let mut out = Vec::with_capacity(nodes.len());
    for (ix, node) in nodes.iter().enumerate() {
        let at = nodes_at.item(ix);
        let Value::Object(object) = node else {
            let message = format!("a node is an object, and this is {}", kind_of(node));
            cx.error("schema", &at, message, "Give {\"id\", \"type\", \"config\"}.");
            out.push(RawNode { object: None, id: None, kind: None, ports: None });
            continue;
        };
        let id = object.get("id").and_then(Value::as_str);
        cx.about(id.map(str::to_owned), |cx| match (id, object.get("id")) {
            (Some(text), _) if !is_id(text) => {
                let hint = format!("Use 1 to {} of `A-Z a-z 0-9 _ -`.", limits::ID_BYTES);
                cx.error("schema", &at.key("id"), format!("`{}` is no id", cut(text)), hint);
            }
            (Some(text), _) => {
                if let Some(first) = seen.get(text) {
                    let message = format!("the node at {} is called `{text}` too", nodes_at.item(*first).pointer());
                    cx.error("duplicate_node", &at.key("id"), message, "Give every node an id of its own.");
                }
                seen.entry(text).or_insert(ix);
            }
            (None, None | Some(Value::Null)) => {
                cx.error("schema", &at, "`id` is missing", "Give every node an id of its own.");
            }
            (None, Some(other)) => {
                let message = format!("`id` is {}", kind_of(other));
                cx.error("schema", &at.key("id"), message, "Give a string.");
            }
        });
        let kind = cx.about(id.map(str::to_owned), |cx| kind_of_node(cx, types, object, &at));
        let config = object.get("config").unwrap_or(&Value::Null);
        let ports = kind.and_then(|kind| kind.ports_of(config));
        out.push(RawNode { object: Some(object), id: id.map(NodeId::from), kind, ports });
    }
    out
}

/// The type of a node; none where it is missing or unknown, which is reported.
fn kind_of_node(cx: &mut Cx<'_>, types: &Types, object: &Map<String, Value>, at: &At<'_>) -> Option<&'static NodeType> {
    let names = || types.all().map(|of| of.name);
    let Some(name) = object.get("type").and_then(Value::as_str) else {
        match object.get("type") {
            None | Some(Value::Null) => {
                let hint = format!("Give one of `{}`.", names().collect::<Vec<_>>().join("`, `"));
                cx.error("schema", at, "`type` is missing", hint);
            }
            Some(other) => {
                cx.error("schema", &at.key("type"), format!("`type` is {}", kind_of(other)), "Give a string.")
            }
        }
        return None;
    };
    let found = types.named(name);
    if found.is_none() {
        let hint = if dialect::is_n8n(name) {
            dialect::closest_to_n8n(name)
        } else if let Some(hint) = dialect::closest_to_agent(name) {
            hint
        } else if name == "function" {
            "Let `config.handler` name a type, such as `http_request`, `transform` or `code`.".to_owned()
        } else {
            suggest::kind(name, &types.all().map(|of| (of.name, of.also)).collect::<Vec<_>>())
        };
        cx.error("unknown_type", &at.key("type"), format!("there is no type `{}`", cut(name)), hint);
    }
    found
}

/// Reads what edges say besides their conditions. Every edge of the list has an entry, as with nodes.
fn raw_edges<'d>(cx: &mut Cx<'_>, edges: &'d [Value], edges_at: &At<'_>, nodes: &[RawNode<'_>]) -> Vec<RawEdge<'d>> {
    // Of several nodes of one id, which is reported, the first is the one that edges mean.
    let mut index: HashMap<&str, NodeIx> = HashMap::with_capacity(nodes.len());
    for (ix, node) in nodes.iter().enumerate() {
        if let Some(id) = &node.id {
            index.entry(id.as_str()).or_insert(ix);
        }
    }
    let names: Vec<&str> = nodes.iter().filter_map(|node| node.id.as_ref()).map(NodeId::as_str).collect();
    // A node without an id is reported itself, and an edge that leads nowhere may mean it.
    let unnamed = nodes.iter().any(|node| node.id.is_none());
    let mut out = Vec::with_capacity(edges.len());
    for (ix, edge) in edges.iter().enumerate() {
        let at = edges_at.item(ix);
        let Value::Object(object) = edge else {
            let message = format!("an edge is an object, and this is {}", kind_of(edge));
            cx.error("schema", &at, message, "Give {\"from\", \"to\"}.");
            out.push(RawEdge { object: None, from: None, to: None, port: None, connection: Connection::Main });
            continue;
        };
        let f = Fields::new(cx, object, &at, "schema", &EDGE_KEYS);
        let mut end = |key: &str| {
            if f.get(key).is_none() {
                f.missing(cx, key, "An edge leads `from` a node `to` a node.");
            }
            let name = f.text(cx, key)?;
            let found = index.get(name).copied();
            if found.is_none() && !unnamed {
                let hint = cx.suggest(name, names.iter().copied());
                cx.error("unknown_node", &at.key(key), format!("there is no node `{}`", cut(name)), hint);
            }
            found
        };
        let (from, to) = (end("from"), end("to"));
        let connection = f.word(cx, "connection", Connection::WORDS).map_or(Connection::Main, |ix| Connection::ALL[ix]);
        let port = f.text(cx, "port").map(str::to_owned);
        let port = port.or_else(|| nodes[from?].ports.as_ref()?.first().cloned());
        out.push(RawEdge { object: Some(object), from, to, port, connection });
    }
    out
}

fn graph_of(nodes: &[RawNode<'_>], edges: &[RawEdge<'_>]) -> Graph {
    let ids: Vec<Option<NodeId>> = nodes.iter().map(|node| node.id.clone()).collect();
    let loops: Vec<bool> = nodes.iter().map(|node| node.kind.is_some_and(|kind| kind.role == Role::Loop)).collect();
    let arc = |edge: &RawEdge<'_>| {
        let (from, to) = (edge.from?, edge.to?);
        let into_body = loops[from] && edge.port.as_deref() == Some("loop");
        edge.is_main().then_some(Arc { from, to, into_body })
    };
    let arcs: Vec<Option<Arc>> = edges.iter().map(arc).collect();
    let mut graph = Graph::compute(&ids, &loops, &arcs);
    for (ix, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.connection.hands_data()) {
        if let (Some(_), Some(to)) = (edge.from, edge.to) {
            graph.data[to].push(ix);
        }
    }
    graph
}

/// Reads the config of every node; none where it cannot be read.
fn read_nodes(cx: &mut Cx<'_>, types: &Types, frame: &Frame<'_>, nodes_at: &At<'_>) -> Vec<Option<Node>> {
    let flows = |cx: &mut Cx<'_>, body: &Map<String, Value>, at: &At<'_>, place: Place<'_>| {
        read_body(cx, types, body, at, place)
    };
    let readers = Readers { types, flows: &flows };
    let mut out = Vec::with_capacity(frame.nodes.len());
    for (ix, raw) in frame.nodes.iter().enumerate() {
        let at = nodes_at.item(ix);
        // A node without an id is read all the same, for what is wrong with its config.
        let unnamed: NodeId = "".into();
        let id = raw.id.as_ref().unwrap_or(&unnamed);
        let node = match (raw.object, raw.kind) {
            (Some(object), Some(kind)) if is_lent(frame, ix) => {
                Some(cx.about(raw.id.as_ref().map(ToString::to_string), |cx| lent(cx, object, &at, id, kind)))
            }
            (Some(object), Some(kind)) => cx.about(raw.id.as_ref().map(ToString::to_string), |cx| {
                let node = read_node(cx, readers, object, &at, (id, kind), Place::new(frame, Reader::Node(ix)))?;
                if let Join::AtLeast(count) = node.join
                    && count > frame.graph.incoming[ix].len() as u64
                {
                    let message =
                        format!("{count} edges can never be live: {} come in", frame.graph.incoming[ix].len());
                    cx.error("schema", &at.key("join"), message, "Lower `at_least`, or add edges.");
                }
                Some(node)
            }),
            _ => None,
        };
        out.push(node);
    }
    out
}

/// Compiles the condition of every edge; none where it has none or does not compile.
fn read_conditions(cx: &mut Cx<'_>, frame: &Frame<'_>, edges_at: &At<'_>) -> Vec<Option<Expr>> {
    let mut out = Vec::with_capacity(frame.edges.len());
    for (ix, edge) in frame.edges.iter().enumerate() {
        let at = edges_at.item(ix);
        let condition = edge.object.and_then(|object| {
            let value = object.get("condition").filter(|value| !value.is_null())?;
            match edge.from {
                Some(from) => {
                    let place = Place::new(frame, Reader::After(from)).along(edge.port.as_deref());
                    cx.expr_at(value, &at.key("condition"), place)
                }
                None => None,
            }
        });
        out.push(condition);
    }
    out
}
