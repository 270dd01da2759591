//! The configs of agents, of what is lent to them, and what makes a node a tool of one.

use super::{
    config::{Channels, NumberOrTemplate, WholeOrTemplate},
    parts::People,
};
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A language model that works towards an answer, calling tools and asking people.
#[derive(ToSchema)]
pub struct AgentConfig {
    /// The model, unless a `model` node lends it.
    pub model: Option<Models>,
    /// What the model is told about its part.
    pub system_prompt: Option<String>,
    /// What is asked; the input of the node where absent.
    pub prompt: Option<String>,
    /// What is said in place of a prompt.
    pub messages: Option<Vec<PromptMessage>>,
    /// The JSON Schema that the answer must satisfy; a text where absent.
    pub output_schema: Option<Value>,
    /// Calls of the model: 1 to 200, 10 where absent.
    pub max_turns: Option<WholeOrTemplate>,
    /// Calls of tools: 1 to 1000, 50 where absent.
    pub max_tool_calls: Option<WholeOrTemplate>,
    /// What all calls may use; no bound where absent.
    pub budget: Option<AgentBudget>,
    /// Tool calls of one answer that run at once; 8 where absent.
    pub parallel_tools: Option<WholeOrTemplate>,
    /// Tools that need no node; none where absent.
    pub built_in_tools: Option<Vec<BuiltInTool>>,
}

/// One model, or several, of which the next is tried where one is not available.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Models {
    /// The model.
    One(ModelConfig),
    /// Each of them, in the order in which they are tried.
    Several(Vec<ModelConfig>),
}

/// A language model.
#[derive(ToSchema)]
pub struct ModelConfig {
    /// Who serves it.
    pub provider: ModelProvider,
    /// The provider's name of the model.
    pub name: String,
    /// Where the provider's protocol is spoken; the provider's own address where absent.
    pub base_url: Option<String>,
    /// The key, a template with a secret; the secret of the provider's usual name where absent.
    pub api_key: Option<String>,
    /// How freely words are chosen, from 0 to 2.
    pub temperature: Option<NumberOrTemplate>,
    /// The share of likely words that are chosen from, from 0 to 1.
    pub top_p: Option<NumberOrTemplate>,
    /// Tokens of one answer at most.
    pub max_output_tokens: Option<WholeOrTemplate>,
    /// Texts at which an answer stops.
    pub stop: Option<Vec<String>>,
}

/// Who serves a model.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelProvider {
    /// OpenAI.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Amazon Bedrock.
    Bedrock,
    /// A server that speaks OpenAI's protocol, at `base_url`.
    OpenaiCompatible,
}

/// A message in place of a prompt.
#[derive(ToSchema)]
pub struct PromptMessage {
    /// Who says it.
    pub role: PromptRole,
    /// What is said.
    pub content: String,
}

/// Who says a message.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptRole {
    /// What the model is told.
    System,
    /// What is asked.
    User,
    /// What the model answered.
    Assistant,
}

/// What all calls of an agent's model may use.
#[derive(ToSchema)]
pub struct AgentBudget {
    /// Tokens.
    pub tokens: Option<WholeOrTemplate>,
    /// US dollars, where the host knows what its models cost.
    pub usd: Option<NumberOrTemplate>,
}

/// A tool that needs no node.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuiltInTool {
    /// Asks a person a question.
    AskHuman,
    /// Asks a person for leave.
    RequestAuthorization,
    /// Changes the workflow of the agent's execution.
    PatchWorkflow,
}

/// What agents remember of a conversation.
#[derive(ToSchema)]
pub struct MemoryConfig {
    /// The key of the conversation.
    pub key: String,
    /// The last messages that are read; 40 where absent.
    pub window: Option<u64>,
    /// Tokens that these may have, at four bytes each.
    pub max_tokens: Option<u64>,
    /// Days for which a conversation is kept after its last message; 30 where absent.
    pub ttl_days: Option<u64>,
}

/// What agents answer with.
#[derive(ToSchema)]
pub struct OutputParserConfig {
    /// The JSON Schema of the answer.
    pub schema: Value,
}

/// A server of the Model Context Protocol, by one of `url` and `command`.
#[derive(ToSchema)]
pub struct McpConfig {
    /// The server's URL.
    pub url: Option<String>,
    /// The headers by name.
    pub headers: Option<HashMap<String, Value>>,
    /// The tools that agents may use; all where absent.
    pub tools: Option<Vec<String>>,
    /// A program to run in place of a URL, where the host's operator allows it.
    pub command: Option<String>,
    /// The program's arguments.
    pub args: Option<Vec<String>>,
}

/// What makes a node a tool of the agents that it is joined to.
#[derive(ToSchema)]
pub struct Tool {
    /// The name that the model knows; the node's id where absent.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub name: Option<String>,
    /// What it does, for the model; the node's name where absent.
    pub description: Option<String>,
    /// The JSON Schema of its arguments; any object where absent.
    pub parameters: Option<Value>,
    /// Whether a person must approve a call; no where absent.
    pub require_approval: Option<RequireApproval>,
    /// How often it may be called.
    pub max_calls: Option<u64>,
    /// Bytes of a result that the model gets to read; 16384 where absent.
    pub result_bytes: Option<u64>,
    /// What its failure means; `tell` where absent.
    pub on_error: Option<OnToolError>,
}

/// Whether a person must approve a call of a tool.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum RequireApproval {
    /// All calls, or none.
    Always(bool),
    /// A CEL condition over `args`.
    When(String),
    /// A condition, and who is asked.
    Asks(ToolApproval),
}

/// When a person must approve a call of a tool, and who is asked.
#[derive(ToSchema)]
pub struct ToolApproval {
    /// CEL over `args`; all calls where absent.
    pub when: Option<String>,
    /// How dangerous the tool is: `medium`, also where absent, or `high`; or a template that yields one of the two.
    pub security_level: Option<String>,
    /// The people who may approve; anyone of the owner where absent.
    pub assignees: Option<People>,
    /// Seconds after which the call is not run; 1800 where absent.
    pub expires_seconds: Option<NumberOrTemplate>,
    /// The channels by which people are told.
    pub channels: Option<Channels>,
}

/// What the failure of a tool means.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnToolError {
    /// The model gets to read the error.
    Tell,
    /// The agent fails.
    Fail,
}
