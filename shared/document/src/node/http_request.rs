//! `http_request`: asks a server for something, over HTTP.

use super::{
    config::{Config, Run, Subject, of_templates, stored},
    node_type::{Mode, NodeType},
};
use crate::{
    describe::{any, any_case, cel, either, object, templated},
    limits,
    reading::{At, Cx, Fields, Place, SecretsIn, cut, ends_its_host, object_of},
    work::{HttpTask, Work},
};
use expression::{Expr, ExprError, Scope, Secrets, Template};
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["http", "https", "fetch", "request", "rest", "api", "api_call", "get", "post", "webhook_call", "call"],
    about: "Asks a server for something, over HTTP. Puts out {status, headers, body}.",
    config,
    attempts: limits::IO_ATTEMPTS,
    secrets_in: Some("the `headers`, the `query`, the `body` or the path of the `url`"),
    output: |_| Some(object_of(&["status", "headers", "body", "encoding"])),
    ..NodeType::new("http_request", Mode::Run)
};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Config of an `http_request`.
#[derive(Debug)]
pub struct HttpRequest {
    /// Template of the method; `GET` where the document gives none.
    pub method: Template,
    /// Template of the absolute URL.
    pub url: Template,
    /// Template of the object of headers.
    pub headers: Option<Template>,
    /// Template of the object of query parameters.
    pub query: Option<Template>,
    /// Template of the body, which may be any JSON.
    pub body: Option<Template>,
    /// Condition over the response that tells success; `status < 400` where absent.
    pub expect: Option<Expr>,
}

/// What editors are told of the config of a `http_request`.
fn config() -> Value {
    let about = "The absolute URL, `http` or `https`. It may hold templates.";
    let url = json!({"description": about, "type": "string", "pattern": r"^\s*([Hh][Tt][Tt][Pp][Ss]?://|\{\{)"});
    let pairs = |about: &str| {
        let template = json!({"type": "string", "pattern": r"^\s*\{\{"});
        either(about, [json!({"type": "object"}), template])
    };
    let method = either("The method: GET where absent.", [json!({"enum": METHODS}), any_case(&METHODS), templated()]);
    let members = [
        ("method", method),
        ("url", url),
        ("headers", pairs("The headers by name.")),
        ("query", pairs("The parameters that are added to the URL, by name.")),
        ("body", any("The body: a string is sent as text, anything else as JSON.")),
        (
            "expect",
            cel("Whether the request succeeded, by `status`, `headers` and `body`: `status < 400` where absent."),
        ),
    ];
    object(&["url"], members)
}

/// Reads the config of an `http_request`, and says where in it secrets may stand.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<HttpRequest> {
    let known = ["method", "url", "headers", "query", "body", "expect"];
    let f = Fields::new(cx, config, at, "invalid_config", &known);
    let method = match f.text(cx, "method") {
        Some(text) if !text.contains("{{") && !METHODS.contains(&text.to_ascii_uppercase().as_str()) => {
            let hint = format!("Use one of {}.", METHODS.join(", "));
            f.wrong(cx, "method", format!("`{}` is no method", cut(text)), hint);
            None
        }
        Some(_) => cx.template(&f, "method", place),
        None if f.get("method").is_some() => None,
        None => Template::compile(&Value::String("GET".into())).ok(),
    };
    let url = url(cx, &f, place);
    let members = place.with_secrets(SecretsIn::Members);
    let headers = pairs(cx, &f, "headers", members);
    let query = pairs(cx, &f, "query", members);
    let body = f.get("body").and_then(|_| cx.template(&f, "body", place.with_secrets(SecretsIn::Strings)));
    let expect = cx.expr(&f, "expect", place.about_response());
    Some(HttpRequest { method: method?, url: url?, headers, query, body, expect })
}

/// The URL. A template at its start may yield the scheme, so that is checked when the URL is rendered.
fn url(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Option<Template> {
    if f.get("url").is_none() {
        f.missing(cx, "url", "Give an absolute URL, such as `https://example.com/orders`.");
        return None;
    }
    let text = f.text(cx, "url")?;
    let start = text.trim_start().to_ascii_lowercase();
    if !start.starts_with("http://") && !start.starts_with("https://") && !start.starts_with("{{") {
        let message = format!("`{}` is no absolute http or https URL", cut(text));
        f.wrong(cx, "url", message, "Begin with `https://`.");
        return None;
    }
    cx.template(f, "url", place.with_secrets(SecretsIn::UrlPath))
}

/// Headers or parameters: an object whose values become text, or one template that yields such an object.
fn pairs(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Template> {
    match f.get(key)? {
        Value::Object(_) => {}
        Value::String(text) if text.trim_start().starts_with("{{") => {}
        _ => {
            f.wrong(cx, key, format!("`{key}` is no object"), "Give an object of names and values.");
            return None;
        }
    }
    cx.template(f, key, place)
}

impl Config for HttpRequest {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        let objects = [self.headers.as_ref(), self.query.as_ref(), self.body.as_ref()];
        of_templates(&[Some(&self.method), Some(&self.url)], all);
        of_templates(&objects, all);
        all.extend(&self.expect);
    }

    fn secrets(&self) -> Vec<&str> {
        let objects = [self.headers.as_ref(), self.query.as_ref(), self.body.as_ref()];
        let templates = objects.into_iter().flatten().chain([&self.url]);
        templates.flat_map(Template::secrets).map(|hole| hole.name).collect()
    }

    /// Warns of an effect that a rollback leaves, in a document whose other nodes can be undone.
    fn check(&self, cx: &mut Cx<'_>, subject: &Subject<'_>) {
        if !cx.compensates || subject.has_compensation {
            return;
        }
        let method = self.method.source().as_str().unwrap_or_default().to_ascii_uppercase();
        if matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
            let hint = "Give it a `compensate` too, or leave it if the effect may stay after a rollback.";
            cx.warning("effect_without_compensation", subject.at, "a rollback will not undo this", hint);
        }
    }
}

impl Run for HttpRequest {
    fn render(&self, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<Work, ExprError> {
        let render = |template: &Template| template.render_with(scope, &|name, _| stored(secrets, name));
        let url = self.url.render_with(scope, &|name, before| {
            if ends_its_host(before) { stored(secrets, name) } else { Err(in_host(name)) }
        });
        let pairs = |template: &Option<Template>| match template.as_ref().map(render).transpose()? {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(fields)) => {
                Ok(fields.into_iter().flat_map(|(name, value)| repeated(name, value)).collect())
            }
            Some(_) => {
                let message = "`headers` and `query` must be objects".into();
                Err(ExprError { code: "template_error", message })
            }
        };
        Ok(Work::Http(Box::new(HttpTask {
            method: text(self.method.render(scope)?).to_uppercase(),
            url: text(url?),
            headers: pairs(&self.headers)?,
            query: pairs(&self.query)?,
            body: self.body.as_ref().map(render).transpose()?,
            expect: self.expect.clone(),
        })))
    }
}

/// The refusal of a secret that would become a part of the host's name, which anybody on the way can read.
fn in_host(name: &str) -> ExprError {
    let message = format!(
        "the secret {name} would stand in the URL's host: place it in the path or the query, behind a `/` or `?`"
    );
    ExprError { code: "secret_not_allowed", message }
}

/// A header or parameter as pairs: one for each item of a list, and none for null.
fn repeated(name: String, value: Value) -> Vec<(String, String)> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.into_iter().map(|value| (name.clone(), text(value))).collect(),
        value => vec![(name, text(value))],
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
