//! What editors are told of the config of an `agent`.

use super::{super::model, built_in::BuiltIn};
use crate::{
    describe::{either, free, integer, list, number, object, setting, text, word},
    limits,
};
use serde_json::Value;

/// The keys of the config.
pub(super) const KEYS: [&str; 10] = [
    "model",
    "system_prompt",
    "prompt",
    "messages",
    "output_schema",
    "max_turns",
    "max_tool_calls",
    "budget",
    "parallel_tools",
    "built_in_tools",
];

/// The config as JSON Schema.
pub(super) fn config() -> Value {
    let several = list("Several: the next is tried where one is not available.", model::config(), 1, limits::MODELS);
    let roles = [("system", "What the model is told."), ("user", "What is asked."), ("assistant", "What it answered.")];
    let message = object(
        &["role", "content"],
        [("role", word("Who says it.", &roles)), ("content", text("What is said; it may hold templates."))],
    );
    let (least, most) = limits::USD_BUDGET;
    let usd = setting(number("US dollars of all calls, where the host knows what its models cost.", least, most));
    let tokens = setting(integer("Tokens of all calls.", 1, limits::MOST_TOKENS));
    let mut budget = object(&[], [("tokens", tokens), ("usd", usd)]);
    budget["description"] = "What all calls of the model may use; checked before each.".into();
    let built_in = word("A tool that needs no node.", &BuiltIn::ALL.map(|tool| (tool.name(), tool.about())));
    let calls = limits::AGENT_TOOL_CALLS;
    let members = [
        ("model", either("The model, unless a `model` node lends it.", [model::config(), several])),
        ("system_prompt", text("What the model is told about its part. It may hold templates.")),
        ("prompt", text("What is asked: the node's input where absent. It may hold templates.")),
        ("messages", list("In place of a prompt.", message, 1, limits::AGENT_MESSAGES)),
        ("output_schema", free("JSON Schema of the answer's `data`.")),
        ("max_turns", setting(integer("Calls of the model: 10 where absent.", 1, limits::AGENT_TURNS))),
        ("max_tool_calls", setting(integer("Calls of tools: 50 where absent.", 1, calls))),
        ("budget", budget),
        ("parallel_tools", setting(integer("Tool calls of one answer at once: 8 where absent.", 1, calls))),
        ("built_in_tools", list("Tools that need no node.", built_in, 1, BuiltIn::ALL.len())),
    ];
    object(&[], members)
}
