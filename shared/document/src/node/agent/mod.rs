//! `agent`: a language model that works towards an answer, with tools, people and memory.

pub mod built_in;
mod config;
mod head;
pub mod tool;

pub use built_in::{BuiltIn, PATCH_WORKFLOW};
pub use head::Head;
pub use tool::{OnToolError, Tool};

use super::{
    config::{Config, of_templates},
    mcp::Mcp,
    memory::Memory,
    model::{Model, models},
    node_type::{Mode, NodeType},
    output_parser,
    setting::Setting,
};
use crate::{
    InputSchema,
    id::NodeId,
    limits,
    reading::{At, Cx, Fields, Place, object_of},
};
use expression::{Expr, Template};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["ai_agent", "llm_agent", "assistant"],
    about: "Lets a language model work towards an answer, calling tools and asking people.",
    config: config::config,
    attempts: limits::IO_ATTEMPTS,
    secrets_in: Some("the `api_key` of its `model`"),
    output: |_| {
        let members = ["text", "data", "messages", "tool_calls", "turns", "usage", "model", "stop_reason"];
        Some(object_of(&members))
    },
    ..NodeType::new("agent", Mode::Agent)
};

/// Config of an `agent`, with what other nodes lend it by typed connections.
#[derive(Debug)]
pub struct Agent {
    /// The models, tried in this order.
    pub models: Vec<Arc<Model>>,
    /// Template of what the model is told about its part.
    system_prompt: Option<Template>,
    /// Template of what is asked; the node's input where there are no `messages` either.
    prompt: Option<Template>,
    /// The role and the template of each message, in place of a prompt.
    messages: Vec<(Role, Template)>,
    /// The JSON Schema of the answer's `data`; none where the answer is a text.
    pub output_schema: Option<Arc<InputSchema>>,
    /// How often the model is asked at most.
    pub max_turns: Setting<u64>,
    /// How many tool calls are run at most.
    pub max_tool_calls: Setting<u64>,
    /// Tokens that all calls may use; none for no bound.
    pub token_budget: Option<Setting<u64>>,
    /// Dollars that all calls may cost; none for no bound.
    pub usd_budget: Option<Setting<f64>>,
    /// How many tool calls of one answer run at once.
    pub parallel_tools: Setting<u64>,
    /// The tools, those that are built in among them.
    pub tools: Vec<Tool>,
    /// What the agent remembers.
    pub memory: Option<Arc<Memory>>,
    /// The servers whose tools are the agent's, each with the node that names it.
    pub servers: Vec<(NodeId, Arc<Mcp>)>,
    /// The built-in tools that the document asks for, until the flow is linked.
    pub(crate) built_in: Vec<BuiltIn>,
}

/// Who says a message of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    System,
    User,
    Assistant,
}

/// Reads the config of an `agent`. What typed connections lend is put to it once the whole flow is known.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Agent> {
    let f = Fields::new(cx, config, at, "invalid_config", &config::KEYS);
    let models = if f.get("model").is_some() { models(cx, &f, place) } else { Some(Vec::new()) };
    let text = |cx: &mut Cx<'_>, key: &str| f.text(cx, key).and_then(|_| cx.template(&f, key, place));
    let (system_prompt, prompt) = (text(cx, "system_prompt"), text(cx, "prompt"));
    if f.get("prompt").is_some() && f.get("messages").is_some() {
        f.wrong(cx, "messages", "an agent has one of `prompt` and `messages`", "Leave one of them out.");
    }
    let messages = messages(cx, &f, place);
    let turns = (1, limits::AGENT_TURNS);
    let calls = (1, limits::AGENT_TOOL_CALLS);
    let max_turns = cx.setting(&f, "max_turns", turns, place);
    let max_tool_calls = cx.setting(&f, "max_tool_calls", calls, place);
    let parallel = cx.setting(&f, "parallel_tools", calls, place);
    let (token_budget, usd_budget) = budget(cx, &f, place);
    let built_in = built_in::read(cx, &f);
    let output_schema = output_parser::of_member(cx, &f, "output_schema").map(Arc::new);
    Some(Agent {
        models: models?.into_iter().map(Arc::new).collect(),
        system_prompt,
        prompt,
        messages,
        output_schema,
        max_turns: max_turns.unwrap_or_else(|| Setting::of(limits::USUAL_TURNS)),
        max_tool_calls: max_tool_calls.unwrap_or_else(|| Setting::of(limits::USUAL_TOOL_CALLS)),
        token_budget,
        usd_budget,
        parallel_tools: parallel.unwrap_or_else(|| Setting::of(limits::PARALLEL_TOOLS)),
        tools: Vec::new(),
        memory: None,
        servers: Vec::new(),
        built_in,
    })
}

/// The `messages` that stand in place of a prompt.
fn messages(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Vec<(Role, Template)> {
    let Some(list) = f.list(cx, "messages", limits::AGENT_MESSAGES) else { return Vec::new() };
    let at = f.at.key("messages");
    let read = |(ix, one): (usize, &Value)| {
        let at = at.item(ix);
        let Some(one) = one.as_object() else {
            cx.error("invalid_config", &at, "a message is an object", "Give {\"role\", \"content\"}.");
            return None;
        };
        let f = Fields::new(cx, one, &at, "invalid_config", &["role", "content"]);
        for key in ["role", "content"].into_iter().filter(|key| f.get(key).is_none()) {
            f.missing(cx, key, "Give {\"role\": \"user\", \"content\": \"…\"}.");
        }
        let role = match f.word(cx, "role", &["system", "user", "assistant"])? {
            0 => Role::System,
            1 => Role::User,
            _ => Role::Assistant,
        };
        f.text(cx, "content")?;
        Some((role, cx.template(&f, "content", place)?))
    };
    list.iter().enumerate().filter_map(read).collect()
}

/// The bounds on tokens and on dollars in `budget`.
fn budget(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> (Option<Setting<u64>>, Option<Setting<f64>>) {
    let Some(object) = f.object(cx, "budget") else { return (None, None) };
    let at = f.at.key("budget");
    let f = Fields::new(cx, object, &at, "invalid_config", &["tokens", "usd"]);
    let tokens = cx.setting(&f, "tokens", (1, limits::MOST_TOKENS), place);
    (tokens, cx.setting(&f, "usd", limits::USD_BUDGET, place))
}

impl Agent {
    /// Whether the document gives the agent a built-in tool.
    pub fn has(&self, built_in: BuiltIn) -> bool {
        self.built_in.contains(&built_in)
    }

    /// The tool of a name, as the model knows it.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

impl Config for Agent {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        self.models.iter().for_each(|model| model.expressions(all));
        of_templates(&[self.system_prompt.as_ref(), self.prompt.as_ref()], all);
        self.messages.iter().for_each(|(_, template)| of_templates(&[Some(template)], all));
        for setting in [&self.max_turns, &self.max_tool_calls, &self.parallel_tools] {
            setting.expressions(all);
        }
        self.token_budget.iter().for_each(|setting| setting.expressions(all));
        self.usd_budget.iter().for_each(|setting| setting.expressions(all));
        self.memory.iter().for_each(|memory| memory.expressions(all));
        self.servers.iter().for_each(|(_, server)| server.expressions(all));
        self.tools.iter().for_each(|tool| all.extend(tool.approval.as_ref().and_then(|it| it.when.as_ref())));
    }

    fn secrets(&self) -> Vec<&str> {
        let models = self.models.iter().flat_map(|model| model.secrets());
        models.chain(self.servers.iter().flat_map(|(_, server)| server.secrets())).collect()
    }
}
