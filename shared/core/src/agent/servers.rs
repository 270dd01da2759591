//! Tools of servers of others: by which names a model gets to know them, and which of them such a name means.

use crate::{execution::Talk, reading::Reading};
use document::{
    id::NodeId,
    limits,
    node::agent::{Agent, Tool},
    work::ToolSpec,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The member that has the server's own name of a tool, where models know it by another.
const OWN: &str = "own_name";

/// What the servers of an agent say of their tools, as it is recorded when the agent begins: by node. Providers refuse a
/// whole request for one name that is not made of `A-Z a-z 0-9 _ -`, or is long, and such a tool gets another, which no other
/// tool has.
pub fn listed(agent: &Agent, servers: Vec<(NodeId, Vec<ToolSpec>)>) -> Map<String, Value> {
    let own = agent.tools.iter().filter(|tool| !tool.is_server).map(|tool| tool.name.clone());
    let served = servers.iter().flat_map(|(_, tools)| tools).map(|tool| tool.name.clone());
    // A name that models may read as it is stays with the tool that has it.
    let mut taken: BTreeSet<String> = own.chain(served.filter(|name| fits(name))).collect();
    let mut of_node = |tools: Vec<ToolSpec>| {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for tool in tools.into_iter().filter(|tool| seen.insert(tool.name.clone())) {
            if fits(&tool.name) {
                all.push(json!(tool));
                continue;
            }
            let name = another(&tool.name, &taken);
            taken.insert(name.clone());
            let own = tool.name.clone();
            let mut one = json!(ToolSpec { name, ..tool });
            one[OWN] = json!(own);
            all.push(one);
        }
        Value::Array(all)
    };
    servers.into_iter().map(|(node, tools)| (node.to_string(), of_node(tools))).collect()
}

/// What the arguments of a tool have to satisfy by the workflow that it runs, as that was when the agent began.
pub(super) fn of_called<'t>(tool: &Tool, talk: Option<&'t Talk>, reading: &Reading) -> Option<&'t Value> {
    tool.called.as_ref()?;
    reading.value(talk?.tools.as_ref()?).get(tool.node.as_str())?.get("parameters")
}

/// The tool that a name means: a node's own, or that of a server which has a tool of this name.
pub(super) fn tool_of<'a>(agent: &'a Agent, talk: Option<&'a Talk>, name: &str, reading: &Reading) -> Option<&'a Tool> {
    let own = agent.tool(name).filter(|tool| !tool.is_server);
    own.or_else(|| Some(of_server(agent, talk, name, reading)?.0))
}

/// The server that has a tool which models know by this name, and what it said of that tool when the agent began.
pub(super) fn of_server<'a>(
    agent: &'a Agent,
    talk: Option<&'a Talk>,
    name: &str,
    reading: &Reading,
) -> Option<(&'a Tool, &'a Value)> {
    let known = reading.value(talk?.tools.as_ref()?);
    agent.tools.iter().filter(|tool| tool.is_server).find_map(|tool| {
        let tools = known.get(tool.node.as_str())?.as_array()?;
        Some((tool, tools.iter().find(|one| one["name"] == name)?))
    })
}

/// The name by which the server knows a tool of its.
pub(super) fn own_name(listed: &Value) -> &str {
    listed.get(OWN).unwrap_or(&listed["name"]).as_str().unwrap_or_default()
}

/// Whether providers take a name.
fn fits(name: &str) -> bool {
    (1..=limits::ID_BYTES).contains(&name.len()) && name.chars().all(may_be_in_a_name)
}

fn may_be_in_a_name(one: char) -> bool {
    one.is_ascii_alphanumeric() || one == '_' || one == '-'
}

/// A name like this one that providers take, and that is not taken.
fn another(name: &str, taken: &BTreeSet<String>) -> String {
    let each = name.chars().map(|one| if may_be_in_a_name(one) { one } else { '_' });
    let like: String = each.take(limits::ID_BYTES).collect();
    let like = if like.is_empty() { "tool".to_owned() } else { like };
    let numbered = (2..=taken.len() + 2).map(|number| {
        let end = format!("_{number}");
        format!("{}{end}", &like[..like.len().min(limits::ID_BYTES - end.len())])
    });
    std::iter::once(like.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(like)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The names that models know, and those of the servers, of an agent with a tool `own_tool` of its own.
    fn names(servers: &[(&str, &[&str])]) -> Vec<(String, String)> {
        let model = json!({"provider": "openai", "name": "m"});
        let mut nodes = vec![
            json!({"id": "start", "type": "manual_trigger"}),
            json!({"id": "a", "type": "agent", "config": {"model": model}}),
            json!({"id": "own_tool", "type": "transform", "config": {"expression": "1"}}),
        ];
        let joined = |id: &str| json!({"from": id, "to": "a", "connection": "ai_tool"});
        let mut edges = vec![json!({"from": "start", "to": "a"}), joined("own_tool")];
        for (id, _) in servers {
            nodes.push(json!({"id": id, "type": "mcp", "config": {"url": "https://mcp.example/"}}));
            edges.push(joined(id));
        }
        let workflow = document::parse(&json!({"id": "w", "nodes": nodes, "edges": edges})).unwrap().workflow;
        let agent = workflow.node("a").unwrap().kind.agent().unwrap();
        let tool = |name: &&str| ToolSpec { name: (*name).into(), description: String::new(), parameters: json!({}) };
        let lists = servers.iter().map(|(id, tools)| (NodeId::from(*id), tools.iter().map(tool).collect())).collect();
        let known = listed(agent, lists);
        let each = servers.iter().flat_map(|(id, _)| known[*id].as_array().unwrap());
        each.map(|one| (one["name"].as_str().unwrap().to_owned(), own_name(one).to_owned())).collect()
    }

    #[test]
    fn every_name_is_one_that_providers_take_and_no_two_are_the_same() {
        let long = format!("{}.read", "x".repeat(90));
        let other = format!("{}.write", "x".repeat(90));
        let all =
            names(&[("s", &["own.tool", "a.b", "a_b", "é", "", "  ", &long, &other]), ("t", &["a.b", "a b", "c"])]);
        let known: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        let (x, x_2) = ("x".repeat(64), format!("{}_2", "x".repeat(62)));
        let wanted = ["own_tool_2", "a_b_2", "a_b", "_", "tool", "__", &x, &x_2, "a_b_3", "a_b_4", "c"];
        assert_eq!(known, wanted);
        let own: Vec<&str> = all.iter().map(|(_, own)| own.as_str()).collect();
        assert_eq!(own, ["own.tool", "a.b", "a_b", "é", "", "  ", &long, &other, "a.b", "a b", "c"]);
    }
}
