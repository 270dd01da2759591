//! The channels by which a question is told: which there are, and what a webhook sends.

use super::{keys::CHANNELS, named::people, webhook};
use crate::{
    limits,
    node::{
        config::{Config, Run, of_templates, stored},
        http_request::{self, HttpRequest},
    },
    reading::{At, Cx, Fields, Place, SecretsIn, cut},
    work::{HttpTask, Work},
};
use expression::{Expr, ExprError, Scope, Secrets, Template};
use serde_json::{Map, Value};

/// The channels of a question, as a document gives them.
#[derive(Debug)]
pub enum Channels {
    /// Each by itself.
    Listed(Vec<ChannelTemplate>),
    /// One template that yields the list when the question is opened. A webhook is never among them: its URL stands in
    /// the document.
    Yielded(Template),
}

/// One channel, as a document gives it.
#[derive(Debug)]
pub enum ChannelTemplate {
    /// The inbox alone.
    Web,
    /// A message to each person's address.
    Email {
        /// Addresses that are written to besides: a text with commas, or a list.
        to: Option<Template>,
    },
    /// A message to a channel of Slack, or to each person.
    Slack {
        /// The channel's name or id; none for a direct message to each person.
        channel: Option<Template>,
    },
    /// A request to a URL.
    Webhook(Box<WebhookTemplate>),
}

/// What a webhook sends. It is rendered when it is sent, since it may place secrets, which no state keeps.
#[derive(Debug)]
pub struct WebhookTemplate {
    /// What people call it; else the host that it leads to, where no template makes that.
    pub name: Option<String>,
    request: HttpRequest,
    secret: Option<Template>,
}

/// What a webhook sends, with everything in its place.
pub struct WebhookTask {
    /// The request. Its body is null where the document makes none.
    pub request: HttpTask,
    /// The key by which the request is signed; none where the document names none.
    pub secret: Option<String>,
}

impl WebhookTemplate {
    /// Names of the secrets that it places, each as often as it is placed.
    pub fn secrets(&self) -> Vec<&str> {
        let own = self.secret.iter().flat_map(Template::secrets).map(|hole| hole.name);
        self.request.secrets().into_iter().chain(own).collect()
    }

    /// Renders it. The scope has the name `message` beside those of the node.
    ///
    /// # Errors
    /// What a template says that fails.
    pub fn render(&self, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<WebhookTask, ExprError> {
        let render = |template: &Template| template.render_with(scope, &|name, _| stored(secrets, name));
        let secret = match self.secret.as_ref().map(render).transpose()? {
            Some(Value::String(secret)) => Some(secret),
            Some(_) => {
                let message = "the `secret` of a webhook is no text".into();
                return Err(ExprError { code: "template_error", message });
            }
            None => None,
        };
        match self.request.render(scope, secrets)? {
            Work::Http(request) => Ok(WebhookTask { request: *request, secret }),
            Work::Code(_) | Work::Model(_) | Work::Mcp(_) => {
                Err(ExprError { code: "template_error", message: "a webhook is a request".into() })
            }
        }
    }
}

impl Channels {
    /// Adds all expressions that are evaluated when the question is opened.
    pub(crate) fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        let listed = match self {
            Self::Yielded(template) => return of_templates(&[Some(template)], all),
            Self::Listed(listed) => listed,
        };
        for channel in listed {
            match channel {
                ChannelTemplate::Web => {}
                ChannelTemplate::Email { to: template } | ChannelTemplate::Slack { channel: template } => {
                    of_templates(&[template.as_ref()], all);
                }
                ChannelTemplate::Webhook(webhook) => {
                    webhook.request.expressions(all);
                    of_templates(&[webhook.secret.as_ref()], all);
                }
            }
        }
    }

    /// Names of the secrets that webhooks place.
    pub fn secrets(&self) -> Vec<&str> {
        self.webhooks().flat_map(WebhookTemplate::secrets).collect()
    }

    fn webhooks(&self) -> impl Iterator<Item = &WebhookTemplate> {
        let listed = match self {
            Self::Listed(listed) => listed.as_slice(),
            Self::Yielded(_) => &[],
        };
        listed.iter().filter_map(|channel| match channel {
            ChannelTemplate::Webhook(webhook) => Some(&**webhook),
            ChannelTemplate::Web | ChannelTemplate::Email { .. } | ChannelTemplate::Slack { .. } => None,
        })
    }

    /// The webhook at a position of the list; none where another channel, or none, stands there.
    pub fn webhook(&self, position: usize) -> Option<&WebhookTemplate> {
        match self {
            Self::Listed(listed) => match listed.get(position)? {
                ChannelTemplate::Webhook(webhook) => Some(webhook),
                ChannelTemplate::Web | ChannelTemplate::Email { .. } | ChannelTemplate::Slack { .. } => None,
            },
            Self::Yielded(_) => None,
        }
    }

    /// Whether some channel writes to the people who are asked, each by themselves; also where that is not known yet.
    pub(super) fn writes_to_people(&self) -> bool {
        match self {
            Self::Yielded(_) => false,
            Self::Listed(listed) => listed.iter().any(|channel| {
                matches!(channel, ChannelTemplate::Email { to: None } | ChannelTemplate::Slack { channel: None })
            }),
        }
    }

    /// Whether no message is ever sent.
    pub(super) fn tells_nobody(&self) -> bool {
        match self {
            Self::Yielded(_) => false,
            Self::Listed(listed) => listed.iter().all(|channel| matches!(channel, ChannelTemplate::Web)),
        }
    }
}

/// Reads a list of channels, or one template that yields it.
pub(crate) fn read(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Option<Channels> {
    if f.get("channels").and_then(Value::as_str).is_some_and(|text| text.contains("{{")) {
        return cx.whole_template(f, "channels", place).map(Channels::Yielded);
    }
    let list = f.list(cx, "channels", limits::CHANNELS)?;
    let at = f.at.key("channels");
    let read: Vec<ChannelTemplate> =
        list.iter().enumerate().filter_map(|(ix, channel)| one(cx, channel, &at.item(ix), place)).collect();
    (!list.is_empty() && read.len() == list.len()).then_some(Channels::Listed(read))
}

fn one(cx: &mut Cx<'_>, channel: &Value, at: &At<'_>, place: Place<'_>) -> Option<ChannelTemplate> {
    let Value::Object(channel) = channel else {
        let hint = "Give {\"type\": \"slack\", \"channel\": \"#name\"}.";
        cx.error("invalid_config", at, "a channel is an object", hint);
        return None;
    };
    let kind = channel.get("type").and_then(Value::as_str).unwrap_or_default();
    let own: &[&str] = match kind {
        "web" => &[],
        "email" => &["to"],
        "slack" => &["channel"],
        "webhook" => &["name", "url", "headers", "body", "secret"],
        _ => &["to", "channel", "name", "url", "headers", "body", "secret"],
    };
    let known: Vec<&str> = ["type"].into_iter().chain(own.iter().copied()).collect();
    let f = Fields::new(cx, channel, at, "invalid_config", &known);
    if f.get("type").is_none() {
        f.missing(cx, "type", "Give `web`, `email`, `slack` or `webhook`.");
        return None;
    }
    let kind = CHANNELS[f.word(cx, "type", &CHANNELS)?];
    if kind != "web" {
        cx.tells(at, kind);
    }
    match kind {
        "email" => {
            addresses(cx, &f);
            Some(ChannelTemplate::Email { to: people(cx, &f, "to", place) })
        }
        "slack" => {
            f.text(cx, "channel");
            Some(ChannelTemplate::Slack { channel: cx.template(&f, "channel", place) })
        }
        "webhook" => request(cx, &f, channel, place).map(|it| ChannelTemplate::Webhook(Box::new(it))),
        _ => Some(ChannelTemplate::Web),
    }
}

/// Whether a text has the form of an e-mail address.
pub fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) && !text.contains(char::is_whitespace)
}

/// Reports what is written to besides people and is no address: a mail goes nowhere else.
fn addresses(cx: &mut Cx<'_>, f: &Fields<'_, '_>) {
    let texts: Vec<&str> = match f.get("to") {
        Some(Value::String(text)) if !text.contains("{{") => text.split(',').collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut plain = texts.into_iter().map(str::trim).filter(|text| !text.is_empty() && !text.contains("{{"));
    if let Some(wrong) = plain.find(|text| !is_address(text)) {
        f.wrong(cx, "to", format!("`{}` is no e-mail address", cut(wrong)), "Write it as `archive@example.com`.");
    }
}

fn request(
    cx: &mut Cx<'_>,
    f: &Fields<'_, '_>,
    channel: &Map<String, Value>,
    place: Place<'_>,
) -> Option<WebhookTemplate> {
    let place = place.about_message();
    webhook::check(cx, f);
    let name = f.text(cx, "name").map(str::to_owned);
    let name = name.or_else(|| webhook::host(f.get("url")?.as_str()?));
    f.text(cx, "secret");
    let secret = cx.template(f, "secret", place.with_secrets(SecretsIn::Strings));
    let of_request = |(key, _): &(&String, &Value)| ["url", "headers", "body"].contains(&key.as_str());
    let mut request: Map<String, Value> =
        channel.iter().filter(of_request).map(|(key, value)| (key.clone(), value.clone())).collect();
    request.insert("method".into(), "POST".into());
    let request = http_request::read(cx, &request, f.at, place)?;
    Some(WebhookTemplate { name, request, secret })
}
