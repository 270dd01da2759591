//! A call of a language model, and its answer: the same for every provider.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

crate::closed_set!(
    /// Who serves a model, and so the protocol that it is asked by.
    Provider {
        /// OpenAI.
        Openai = "openai",
        /// Anthropic.
        Anthropic = "anthropic",
        /// Google's Gemini.
        Gemini = "gemini",
        /// Amazon Bedrock, signed with the role of the process.
        Bedrock = "bedrock",
        /// Any server that speaks OpenAI's protocol: Ollama, vLLM, llama.cpp and the like.
        OpenaiCompatible = "openai_compatible",
    }
);

/// What an attempt asks of a model. Keys are in their places, so nothing of it is shown.
pub struct ModelCall {
    /// The models, tried in this order: the next where one is not available or its limit is reached.
    pub models: Vec<ModelChoice>,
    /// Whether one that may answer later is asked again by another attempt, so that the next is not asked yet.
    pub is_patient: bool,
    /// What the model is told about its part; none for nothing.
    pub system: Option<String>,
    /// What was said so far, the oldest first.
    pub messages: Vec<Message>,
    /// The tools that the model may ask for.
    pub tools: Vec<ToolSpec>,
    /// The JSON Schema that the answer's text has to satisfy as JSON; none for free text. It is handed to providers that
    /// can enforce it.
    pub output_schema: Option<Value>,
}

impl fmt::Debug for ModelCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelCall").finish_non_exhaustive()
    }
}

/// One model, and how it is asked.
pub struct ModelChoice {
    /// Its position in the document's list, from 0.
    pub place: u32,
    /// Who serves it.
    pub provider: Provider,
    /// The provider's name of the model, such as `gpt-5-mini`.
    pub name: String,
    /// Where the provider's protocol is spoken, in place of the provider's own address.
    pub base_url: Option<String>,
    /// The key; none where the provider needs none (`bedrock` signs, a local server may not ask).
    pub api_key: Option<String>,
    /// How freely words are chosen, from 0 to 2; the provider's default where there is none.
    pub temperature: Option<f64>,
    /// The share of likely words that are chosen from, from 0 to 1.
    pub top_p: Option<f64>,
    /// Tokens that the answer may have at most.
    pub max_output_tokens: Option<u32>,
    /// Texts at which the answer stops.
    pub stop: Vec<String>,
}

impl fmt::Debug for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelChoice({}/{})", self.provider.as_str(), self.name)
    }
}

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// What the model is told about its part, amid a conversation.
    System {
        /// The text.
        content: String,
    },
    /// What a person or the workflow says.
    User {
        /// The text.
        content: String,
    },
    /// What the model said.
    Assistant {
        /// The text; empty where the model only asked for tools.
        #[serde(default)]
        content: String,
        /// The tools that the model asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// What a tool gave.
    Tool {
        /// The id of the call that this answers.
        id: String,
        /// The tool's name.
        name: String,
        /// The result, as the model gets to read it.
        content: String,
    },
}

/// A tool as a model gets to know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name by which the model asks for it.
    pub name: String,
    /// What it does, for the model.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// A tool that a model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id of the call, which the result names again; made from its position where a provider gives none.
    pub id: String,
    /// The tool's name, as the model wrote it: there may be no such tool.
    pub name: String,
    /// The arguments; a text where the model gave no JSON.
    pub arguments: Value,
    /// What the provider wants to see again beside the call (Gemini's thought signature); none for most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What a model answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The text; empty where the model only asked for tools.
    #[serde(default)]
    pub text: String,
    /// The tools that the model asked for, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// What the call used.
    #[serde(default)]
    pub usage: Usage,
    /// The model that answered, as `provider/name`.
    pub model: String,
    /// Why the model stopped: `stop`, `tool_calls`, `length`, `content_filter`, or the provider's own word.
    pub stop_reason: String,
    /// Positions of the models of the list that were asked before it and have no quota any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_up: Vec<u32>,
}

/// Tokens that calls of models used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// Of the tokens that were read, those that the provider had kept from before.
    #[serde(default)]
    pub cached_tokens: u64,
    /// What they cost, in billionths of a US dollar; none where there is no price of all of them. Whole numbers, so that
    /// sums are exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nano_usd: Option<u64>,
}

impl Usage {
    /// The use of both. `self` of no call at all costs nothing yet, which [`Usage::default`] says by having no tokens.
    pub fn add(&mut self, more: &Self) {
        let nothing = *self == Self::default();
        self.nano_usd = match (self.nano_usd, more.nano_usd) {
            (Some(before), Some(more)) => Some(before.saturating_add(more)),
            (None, Some(more)) if nothing => Some(more),
            (None | Some(_), None) | (None, Some(_)) => None,
        };
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.cached_tokens += more.cached_tokens;
    }

    /// What they cost in US dollars; none where that is not known.
    pub fn usd(&self) -> Option<f64> {
        self.nano_usd.map(|nano| nano as f64 / 1e9)
    }
}
