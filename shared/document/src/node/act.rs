//! Reads the config of nodes that do something: `http_request`, `code` and `transform`.

use crate::{
    HttpRequest, NodeKind, Transform, limits,
    validate::{At, Cx, Fields, Place, fields::cut},
};
use expression::Template;
use serde_json::{Map, Value};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Reads the config of an `http_request`. Only in it may templates name secrets.
pub(super) fn http(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<NodeKind> {
    let known = ["method", "url", "headers", "query", "body", "expect"];
    let f = Fields::new(cx, config, at, "invalid_config", &known);
    let place = place.with_secrets();
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
    let headers = pairs(cx, &f, "headers", place);
    let query = pairs(cx, &f, "query", place);
    let body = f.get("body").and_then(|_| cx.template(&f, "body", place));
    let expect = cx.expr(&f, "expect", place.about_response());
    Some(NodeKind::HttpRequest(HttpRequest { method: method?, url: url?, headers, query, body, expect }))
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
    cx.template(f, "url", place)
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

/// Reads the config of a `code` node. Its JavaScript is checked when it runs.
pub(super) fn code(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<NodeKind> {
    let f = Fields::new(cx, config, at, "invalid_config", &["code", "language"]);
    if f.text(cx, "language").is_some_and(|language| !matches!(language.to_lowercase().as_str(), "javascript" | "js")) {
        f.wrong(
            cx,
            "language",
            "only JavaScript is run",
            "Write the code in JavaScript, or call it by `http_request`.",
        );
    }
    if f.get("code").is_none() {
        f.missing(cx, "code", "Give the body of a JavaScript function, such as `return {total: output.a + 1}`.");
    }
    let code = f.text(cx, "code")?;
    if code.len() > limits::CODE_BYTES {
        let hint = format!("Use at most {} bytes.", limits::CODE_BYTES);
        f.wrong(cx, "code", format!("the code has {} bytes", code.len()), hint);
    }
    Some(NodeKind::Code { code: code.to_owned() })
}

/// Reads the config of a `transform`: `set` or `expression`.
pub(super) fn transform(
    cx: &mut Cx<'_>,
    config: &Map<String, Value>,
    at: &At<'_>,
    place: Place<'_>,
) -> Option<NodeKind> {
    let f = Fields::new(cx, config, at, "invalid_config", &["set", "expression"]);
    if f.get("set").is_some() == f.get("expression").is_some() {
        let message = "a transform has one of `set` and `expression`";
        cx.error("invalid_config", at, message, "Give an object of templates as `set`, or CEL as `expression`.");
        return None;
    }
    if f.get("expression").is_some() {
        return cx.expr(&f, "expression", place).map(|expr| NodeKind::Transform(Transform::Expression(expr)));
    }
    f.object(cx, "set")?;
    cx.template(&f, "set", place).map(|set| NodeKind::Transform(Transform::Set(set)))
}
