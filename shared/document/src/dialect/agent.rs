//! Agents in the words of other systems, in which the subtype of a node says who serves its model.

use super::normal::Origins;
use serde_json::{Map, Value};

/// How the members of a model are called in a config that has no `model`.
const MEMBERS: [(&str, &str); 8] = [
    ("model_version", "name"),
    ("model_name", "name"),
    ("base_url", "base_url"),
    ("api_key", "api_key"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("max_tokens", "max_output_tokens"),
    ("max_output_tokens", "max_output_tokens"),
];

/// Whether a type is that of an agent, whatever serves its model. In lower case it is a slip, as of any other type.
pub(super) fn is_agent(name: &str) -> bool {
    matches!(name, "AI_AGENT_NODE" | "AI_AGENT" | "AGENT_NODE" | "AGENT")
}

/// Who serves the model of an agent with this subtype.
pub(super) fn provider(subtype: &str) -> Option<&'static str> {
    Some(match subtype.to_ascii_uppercase().as_str() {
        "OPENAI_NODE" | "OPENAI" => "openai",
        "CLAUDE_NODE" | "CLAUDE" => "anthropic",
        "GEMINI_NODE" | "GEMINI" => "gemini",
        "LLAMA_NODE" | "LLAMA" => "openai_compatible",
        _ => return None,
    })
}

/// What is said of a type that belongs to agents and is none here; nothing where it is of another sort.
pub(crate) fn hint(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    Some(match upper.as_str() {
        "AI_ROUTER_AGENT" | "AI_TASK_ANALYZER" | "AI_DATA_INTEGRATOR" | "AI_REPORT_GENERATOR" => {
            "A role needs no type of its own: make it an `agent` whose `system_prompt` says what it does.".into()
        }
        "TOOL_NODE" => "Any node is a tool that an edge with the connection `ai_tool` joins to an `agent`.".into(),
        "MEMORY_NODE" => "A `memory` is joined to an `agent` by an edge with the connection `ai_memory`.".into(),
        _ => match provider(name) {
            Some(provider) => format!(
                "Make it an `agent`, or a `model` that an edge `ai_language_model` joins to one, of the provider \
                 `{provider}`."
            ),
            None if upper.starts_with("AI_") => {
                "Make it an `agent`, whose `model` names a provider and whose `system_prompt` says what it does.".into()
            }
            None => return None,
        },
    })
}

/// Puts what a config says of its model into `model`. `subtype_at` is where the provider was named.
pub(super) fn normalize(
    config: &mut Map<String, Value>,
    provider: Option<(&str, String)>,
    now: &str,
    sent: &str,
    origins: &mut Origins,
) {
    let has_model = config.get("model").is_some_and(|model| !model.is_null());
    if has_model && !config["model"].is_string() {
        return;
    }
    let mut model = Map::new();
    let mut put = |origins: &mut Origins, member: &str, value: Value, from: String| {
        if !model.contains_key(member) {
            origins.moved(format!("{now}/model/{member}"), from);
            model.insert(member.to_owned(), value);
        }
    };
    if let Some((provider, at)) = provider {
        put(origins, "provider", provider.into(), at);
    }
    if let Some(name) = config.remove("model").filter(|name| !name.is_null()) {
        put(origins, "name", name, format!("{sent}/model"));
    }
    for (key, member) in MEMBERS {
        if let Some(value) = config.remove(key) {
            put(origins, member, value, format!("{sent}/{key}"));
        }
    }
    if !model.is_empty() {
        origins.moved(format!("{now}/model"), sent.to_owned());
        config.insert("model".into(), Value::Object(model));
    }
}
