//! `model`: a language model that several agents share; and how the config of any agent names its model.

use super::{
    config::{Config, of_templates, stored},
    node_type::{Mode, NodeType},
    setting::Setting,
};
use crate::{
    describe::{integer, list, number, object, setting, text, word},
    limits,
    reading::{At, Cx, Fields, Place, SecretsIn, cut},
    work::{ModelChoice, Provider},
};
use expression::{Expr, ExprError, Scope, Secrets, Template};
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["language_model", "llm", "chat_model"],
    about: "A language model that agents share by a connection `ai_language_model`.",
    config,
    secrets_in: Some("the `api_key`"),
    ..NodeType::new("model", Mode::Lend)
};

const KEYS: [&str; 8] =
    ["provider", "name", "base_url", "api_key", "temperature", "top_p", "max_output_tokens", "stop"];

/// A language model, and how it is asked.
#[derive(Debug)]
pub struct Model {
    /// Who serves it.
    pub provider: Provider,
    /// Template of the provider's name of the model.
    pub name: Template,
    /// Template of the address at which the provider's protocol is spoken; the provider's own where absent.
    base_url: Option<Template>,
    /// Template of the key, a secret.
    api_key: Option<Template>,
    temperature: Option<Setting<f64>>,
    top_p: Option<Setting<f64>>,
    max_output_tokens: Option<Setting<u64>>,
    stop: Vec<String>,
}

/// What editors are told of a model.
pub(super) fn config() -> Value {
    let providers = [
        ("openai", "OpenAI."),
        ("anthropic", "Anthropic."),
        ("gemini", "Google's Gemini."),
        ("bedrock", "Amazon Bedrock, by the role of the process."),
        ("openai_compatible", "Any server that speaks OpenAI's protocol, at `base_url`."),
    ];
    let stop = list("Texts at which an answer stops.", text("A text."), 1, limits::STOPS);
    let members = [
        ("provider", word("Who serves the model.", &providers)),
        ("name", text("The provider's name of the model, such as `gpt-5-mini`.")),
        ("base_url", text("Where the provider's protocol is spoken: the provider's own address where absent.")),
        ("api_key", text("The key, as `{{ secrets.NAME }}`: the secret of the provider's usual name where absent.")),
        ("temperature", setting(number("How freely words are chosen.", 0.0, 2.0))),
        ("top_p", setting(number("The share of likely words that are chosen from.", 0.0, 1.0))),
        ("max_output_tokens", setting(integer("Tokens of one answer at most.", 1, limits::OUTPUT_TOKENS))),
        ("stop", stop),
    ];
    object(&["provider", "name"], members)
}

/// The models of an agent's config: one, or a list of which the next is tried where one is not available.
pub(super) fn models(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Option<Vec<Model>> {
    let at = f.at.key("model");
    match f.get("model")? {
        Value::Array(all) if !all.is_empty() && all.len() <= limits::MODELS => {
            let read = |(ix, one): (usize, &Value)| {
                let at = at.item(ix);
                let Some(one) = one.as_object() else {
                    cx.error("invalid_config", &at, "a model is an object", "Give {\"provider\", \"name\"}.");
                    return None;
                };
                read(cx, one, &at, place)
            };
            all.iter().enumerate().map(read).collect()
        }
        Value::Object(one) => Some(vec![read(cx, one, &at, place)?]),
        _ => {
            let hint = format!("Give {{\"provider\", \"name\"}}, or a list of 1 to {} of them.", limits::MODELS);
            f.wrong(cx, "model", "`model` names no model", hint);
            None
        }
    }
}

/// Reads one model.
pub(crate) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Model> {
    let f = Fields::new(cx, config, at, "invalid_config", &KEYS);
    for key in ["provider", "name"].into_iter().filter(|key| f.get(key).is_none()) {
        f.missing(cx, key, "Give {\"provider\": \"openai\", \"name\": \"gpt-5-mini\"}.");
    }
    let provider = f.word(cx, "provider", Provider::WORDS).map(|ix| Provider::ALL[ix]);
    let name = f.text(cx, "name").and_then(|_| cx.template(&f, "name", place));
    let base_url = f.text(cx, "base_url").and_then(|_| cx.template(&f, "base_url", place));
    // What a template yields is looked at when the model is asked.
    let literal = f.get("base_url").and_then(Value::as_str).filter(|text| !text.contains("{{"));
    if let Some(wrong) = literal.filter(|text| !is_http(text)) {
        let message = format!("`{}` is no http:// or https:// address", cut(wrong));
        f.wrong(cx, "base_url", message, "Say where the server is, such as `http://127.0.0.1:11434/v1`.");
    }
    if provider == Some(Provider::OpenaiCompatible) && f.get("base_url").is_none() {
        f.missing(cx, "base_url", "Say where the server is, such as `http://127.0.0.1:11434/v1`.");
    }
    let api_key = match f.text(cx, "api_key") {
        Some(_) => {
            let key = cx.template(&f, "api_key", place.with_secrets(SecretsIn::Strings));
            if key.as_ref().is_some_and(|key| key.secrets().is_empty()) {
                let message =
                    "a key that is no secret stands in the clear where the document or its executions are kept";
                let hint = "Store it as a secret, and write `{{ secrets.NAME }}`.";
                cx.warning("key_in_clear", &f.at.key("api_key"), message, hint);
            }
            key
        }
        None => usual_key(provider),
    };
    let stop = f.list(cx, "stop", limits::STOPS).unwrap_or_default();
    if !stop.iter().all(|one| one.as_str().is_some_and(|text| !text.is_empty())) {
        f.wrong(cx, "stop", "`stop` holds what is no text", "Give a list of texts.");
    }
    Some(Model {
        provider: provider?,
        name: name?,
        base_url,
        api_key,
        temperature: cx.setting(&f, "temperature", (0.0, 2.0), place),
        top_p: cx.setting(&f, "top_p", (0.0, 1.0), place),
        max_output_tokens: cx.setting(&f, "max_output_tokens", (1, limits::OUTPUT_TOKENS), place),
        stop: stop.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// Whether a text is the address of a server that is asked by HTTP.
fn is_http(text: &str) -> bool {
    let rest =
        text.split_once("://").filter(|(scheme, _)| ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it)));
    rest.is_some_and(|(_, rest)| !rest.starts_with(['/', '?', '#', ':']) && !rest.is_empty())
}

/// The key of a provider where the document names none: the secret that the provider's own tools call so.
fn usual_key(provider: Option<Provider>) -> Option<Template> {
    let name = match provider? {
        Provider::Openai => "OPENAI_API_KEY",
        Provider::Anthropic => "ANTHROPIC_API_KEY",
        Provider::Gemini => "GEMINI_API_KEY",
        Provider::Bedrock | Provider::OpenaiCompatible => return None,
    };
    Template::compile(&json!(format!("{{{{ secrets.{name} }}}}"))).ok()
}

impl Model {
    /// The model as it is asked, its templates rendered. `place` is its position in its list.
    ///
    /// # Errors
    /// Where a template fails, or yields what is no text.
    pub fn choice(&self, place: u32, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<ModelChoice, ExprError> {
        let text = |template: &Template| match template.render_with(scope, &|name, _| stored(secrets, name))? {
            Value::String(text) => Ok(text),
            _ => Err(ExprError { code: "template_error", message: "a model is named by texts".into() }),
        };
        Ok(ModelChoice {
            place,
            provider: self.provider,
            name: text(&self.name)?,
            base_url: self.base_url.as_ref().map(text).transpose()?,
            api_key: self.api_key.as_ref().map(text).transpose()?,
            temperature: self.temperature.as_ref().map(|it| it.value(scope)).transpose()?,
            top_p: self.top_p.as_ref().map(|it| it.value(scope)).transpose()?,
            max_output_tokens: match &self.max_output_tokens {
                Some(most) => u32::try_from(most.value(scope)?).ok(),
                None => None,
            },
            stop: self.stop.clone(),
        })
    }
}

impl Config for Model {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[Some(&self.name), self.base_url.as_ref(), self.api_key.as_ref()], all);
        self.temperature.iter().chain(&self.top_p).for_each(|it| it.expressions(all));
        self.max_output_tokens.iter().for_each(|it| it.expressions(all));
    }

    fn secrets(&self) -> Vec<&str> {
        self.api_key.iter().flat_map(Template::secrets).map(|hole| hole.name).collect()
    }
}
