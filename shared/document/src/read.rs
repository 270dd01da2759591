//! Reads a flow, a document's or a map's body: first who is there and who follows whom, then every config.

use super::{
    Connection, EDGE_KEYS, Edge, Node, Overlap, Settings, Workflow,
    graph::{Arc, Graph, NodeIx},
    parse::{Head, assemble},
};
use crate::{
    id::NodeId,
    limits,
    node::{self, read_node},
    validate::{
        At, Cx, Fields, Frame, Place, RawEdge, RawNode, Reader, Severity, check_structure, check_warnings,
        fields::{cut, kind_of},
        is_id, suggest,
    },
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

/// Reads the body of a map as a workflow of its own, which may read what the map's own flow knows.
pub(crate) fn read_body(
    cx: &mut Cx<'_>,
    object: &Map<String, Value>,
    at: &At<'_>,
    place: Place<'_>,
) -> Option<Workflow> {
    let f = Fields::new(cx, object, at, "schema", &["nodes", "edges"]);
    let Reader::Node(map) = place.reader else { return None };
    let mut names = vec![place.frame.nodes[map].label(map)];
    let mut frame = place.frame;
    while let Some((outer, map)) = frame.outer {
        names.push(outer.nodes[map].label(map));
        frame = outer;
    }
    names.push(cx.workflow.clone());
    names.reverse();
    let id = names.join("/");
    let before = cx.issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    let node = cx.node.take();
    let flow = read_flow(cx, &f, true, &id, Some((place.frame, map)), |_, _| {});
    cx.node = node;
    let after = cx.issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    let mut document = Map::new();
    document.insert("id".into(), json!(id));
    document.extend(object.clone());
    // A body's executions are children: what limits starts of the workflow does not limit them.
    let settings = Settings { overlap: Overlap::Allow, max_concurrency: None, ..cx.settings.clone() };
    let head = Head { name: id.clone(), id: id.into(), description: None, input_schema: None, output: None, settings };
    flow.filter(|_| before == after).map(|flow| assemble(head, flow, Value::Object(document)))
}

/// Reads `nodes` and `edges`. `relaxed` where no trigger is needed; `with` reads what else stands in the flow's scope.
/// None where an error keeps it from being built.
pub(crate) fn read_flow(
    cx: &mut Cx<'_>,
    f: &Fields<'_, '_>,
    relaxed: bool,
    id: &str,
    outer: Option<(&Frame<'_>, NodeIx)>,
    with: impl FnOnce(&mut Cx<'_>, Place<'_>),
) -> Option<Flow> {
    if outer.is_none() {
        cx.workflow = id.to_owned();
    }
    if f.get("nodes").is_none() {
        f.missing(cx, "nodes", "Give a list of nodes, the first of them a trigger.");
    }
    let (nodes, edges) = (f.list(cx, "nodes", limits::NODES), f.list(cx, "edges", limits::EDGES));
    let too_many = |key, read: Option<&[Value]>| read.is_none() && f.get(key).is_some_and(Value::is_array);
    // What is not read would only be missed by the other checks.
    if too_many("nodes", nodes) || too_many("edges", edges) {
        return None;
    }
    let (nodes, edges) = (nodes.unwrap_or_default(), edges.unwrap_or_default());
    if nodes.is_empty() && f.get("nodes").is_some_and(Value::is_array) {
        f.wrong(cx, "nodes", "there are no nodes", "Give at least one.");
    }
    let (nodes_at, edges_at) = (f.at.key("nodes"), f.at.key("edges"));
    let raw_nodes = raw_nodes(cx, nodes, &nodes_at);
    let raw_edges = raw_edges(cx, edges, &edges_at, &raw_nodes);
    let graph = graph_of(&raw_nodes, &raw_edges);
    let frame = Frame { nodes: &raw_nodes, edges: &raw_edges, graph: &graph, outer, reads: RefCell::new(Vec::new()) };
    if !nodes.is_empty() {
        check_structure(cx, &frame, f.at, relaxed);
    }
    let read = read_nodes(cx, &frame, &nodes_at);
    let conditions = read_conditions(cx, &frame, &edges_at);
    with(cx, Place::new(&frame, Reader::End));
    check_warnings(cx, &frame, f.at, &read, &conditions);
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

fn raw_nodes<'d>(cx: &mut Cx<'_>, nodes: &'d [Value], nodes_at: &At<'_>) -> Vec<RawNode<'d>> {
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
        let kind = cx.about(id.map(str::to_owned), |cx| kind_of_node(cx, object, &at));
        let config = object.get("config").unwrap_or(&Value::Null);
        let ports = kind.and_then(|kind| node::ports_of(kind, config));
        out.push(RawNode { object: Some(object), id: id.map(NodeId::from), kind, ports });
    }
    out
}

fn kind_of_node(cx: &mut Cx<'_>, object: &Map<String, Value>, at: &At<'_>) -> Option<&'static str> {
    let Some(name) = object.get("type").and_then(Value::as_str) else {
        match object.get("type") {
            None | Some(Value::Null) => {
                let hint = format!("Give one of `{}`.", node::TYPES.join("`, `"));
                cx.error("schema", at, "`type` is missing", hint);
            }
            Some(other) => {
                cx.error("schema", &at.key("type"), format!("`type` is {}", kind_of(other)), "Give a string.")
            }
        }
        return None;
    };
    let found = node::TYPES.iter().find(|kind| **kind == name).copied();
    if found.is_none() {
        let hint = if super::dialect::is_agent(name) {
            "Agents, their tools and their memories are not run yet: call the model's API with an `http_request`."
                .to_owned()
        } else if name == "function" {
            "Let `config.handler` name a type, such as `http_request`, `transform` or `code`.".to_owned()
        } else {
            suggest::hint(name, node::TYPES)
        };
        cx.error("unknown_type", &at.key("type"), format!("there is no type `{}`", cut(name)), hint);
    }
    found
}

fn raw_edges<'d>(cx: &mut Cx<'_>, edges: &'d [Value], edges_at: &At<'_>, nodes: &[RawNode<'_>]) -> Vec<RawEdge<'d>> {
    let mut index: HashMap<&str, NodeIx> = HashMap::with_capacity(nodes.len());
    for (ix, node) in nodes.iter().enumerate() {
        if let Some(id) = &node.id {
            index.entry(id.as_str()).or_insert(ix);
        }
    }
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
            if found.is_none() {
                let hint = suggest::hint(name, index.keys().copied());
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
    let loops: Vec<bool> = nodes.iter().map(|node| node.kind == Some("loop")).collect();
    let arc = |edge: &RawEdge<'_>| {
        let (from, to) = (edge.from?, edge.to?);
        let into_body = loops[from] && edge.port.as_deref() == Some("loop");
        edge.is_main().then_some(Arc { from, to, into_body })
    };
    let arcs: Vec<Option<Arc>> = edges.iter().map(arc).collect();
    Graph::compute(&ids, &loops, &arcs)
}

fn read_nodes(cx: &mut Cx<'_>, frame: &Frame<'_>, nodes_at: &At<'_>) -> Vec<Option<Node>> {
    let mut out = Vec::with_capacity(frame.nodes.len());
    for (ix, raw) in frame.nodes.iter().enumerate() {
        let at = nodes_at.item(ix);
        let unnamed: NodeId = "".into();
        let id = raw.id.as_ref().unwrap_or(&unnamed);
        let node = match (raw.object, raw.kind) {
            (Some(object), Some(kind)) => cx.about(raw.id.as_ref().map(ToString::to_string), |cx| {
                let node = read_node(cx, object, &at, id, kind, Place::new(frame, Reader::Node(ix)))?;
                if let super::Join::AtLeast(count) = node.join
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

fn read_conditions(cx: &mut Cx<'_>, frame: &Frame<'_>, edges_at: &At<'_>) -> Vec<Option<Expr>> {
    let mut out = Vec::with_capacity(frame.edges.len());
    for (ix, edge) in frame.edges.iter().enumerate() {
        let at = edges_at.item(ix);
        let condition = edge.object.and_then(|object| {
            let value = object.get("condition").filter(|value| !value.is_null())?;
            match edge.from {
                Some(from) => cx.expr_at(value, &at.key("condition"), Place::new(frame, Reader::After(from))),
                None => None,
            }
        });
        out.push(condition);
    }
    out
}
