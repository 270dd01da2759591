//! The groups of people whom a model wants to ask: by the arguments of a built-in tool, or by those of a tool that is a
//! question to people, where the document takes the assignees from them.

use crate::{execution::Execution, reading::Reading, sight::Sight};
use document::{
    Workflow,
    graph::NodeIx,
    group_of, is_group_name,
    node::agent::{Tool, built_in},
    work::{ModelAnswer, ToolCall},
};
use expression::Scope;
use serde_json::Value;

/// The names of the groups that the calls of an answer ask.
pub fn groups_asked(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    answer: &ModelAnswer,
    reading: &Reading,
) -> Vec<String> {
    let Some(agent) = workflow.nodes.get(ix).and_then(|node| node.kind.agent()) else { return Vec::new() };
    let sight = Sight::of_config(workflow, state, ix, reading);
    let groups = |call: &ToolCall| {
        let tool = agent.tool(&call.name).filter(|tool| !tool.is_server);
        tool.map(|tool| match tool.built_in {
            Some(_) => built_in::groups_asked(&call.arguments).into_iter().map(str::to_owned).collect(),
            None => by_arguments(tool, &sight.scope_with(&[("args", &call.arguments)])),
        })
    };
    answer.tool_calls.iter().filter_map(groups).flatten().collect()
}

/// What nobody can be asked by a call of a tool that is a question, as the place and what is wrong there. `empty` are groups in
/// which nobody is.
pub(super) fn in_vain(tool: &Tool, scope: &Scope<'_>, empty: &[String]) -> Vec<(String, String)> {
    let all = by_arguments(tool, scope).into_iter();
    let all = all.filter(|name| empty.iter().any(|one| one.eq_ignore_ascii_case(name)));
    all.map(|name| ("/assignees".to_owned(), format!("nobody is in the group `{name}`"))).collect()
}

/// The groups that a question to people asks, where the arguments of its call say whom. Whoever a document names itself
/// is no matter of the model, and what cannot be rendered fails when it is asked.
fn by_arguments(tool: &Tool, scope: &Scope<'_>) -> Vec<String> {
    let human = tool.flow.node(tool.node.as_str()).and_then(|node| node.kind.human());
    let Some(template) = human.and_then(|human| human.assignees.as_ref()) else { return Vec::new() };
    let is_args = |path: &expression::Path| path.segments.first().is_some_and(|name| name == "args");
    if !template.expressions().iter().any(|(_, expr)| expr.references().paths.iter().any(is_args)) {
        return Vec::new();
    }
    let named = match template.render(scope) {
        Ok(Value::Array(all)) => all,
        Ok(one) => vec![one],
        Err(_) => Vec::new(),
    };
    let groups = named.iter().filter_map(|one| group_of(one.as_str()?)).filter(|name| is_group_name(name));
    groups.map(str::to_owned).collect()
}
