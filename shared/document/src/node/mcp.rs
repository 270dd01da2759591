//! `mcp`: the tools of a server of the Model Context Protocol.

use super::{
    config::{Config, Run, of_templates, stored},
    node_type::{Mode, NodeType},
};
use crate::{
    describe::{exactly_one, free, has, list, object, text, where_so},
    limits,
    reading::{At, Cx, Fields, Place, SecretsIn},
    work::{McpAsk, McpServer, McpTask, Work},
};
use expression::{Expr, ExprError, Scope, Secrets, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["mcp_server", "mcp_client", "mcp_tool"],
    about: "The tools of a Model Context Protocol server; joined to agents by a connection `ai_tool`.",
    config,
    secrets_in: Some("the `headers` or the path of the `url`"),
    attempts: limits::IO_ATTEMPTS,
    ..NodeType::new("mcp", Mode::Run)
};

/// Config of an `mcp`.
#[derive(Debug)]
pub struct Mcp {
    server: Server,
    /// The tools that agents may use; all of the server where the document names none.
    pub tools: Option<Vec<String>>,
}

/// How the server is reached.
#[derive(Debug)]
enum Server {
    Http { url: Template, headers: Option<Template> },
    Stdio { command: String, args: Vec<String> },
}

/// What editors are told of the config of an `mcp`.
fn config() -> Value {
    let texts = |about: &str| list(about, text("A text."), 1, limits::TOOLS);
    let members = [
        ("url", text("The server's URL.")),
        ("headers", free("The headers by name.")),
        ("tools", texts("The tools that agents may use: all where absent.")),
        ("command", text("A program to run instead of a URL, where the host's operator allows it.")),
        ("args", texts("The program's arguments.")),
    ];
    let servers = exactly_one(object(&[], members), &["url", "command"]);
    where_so(servers, vec![(has("headers"), has("url")), (has("args"), has("command"))])
}

/// Reads the config of an `mcp`.
pub(crate) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Mcp> {
    let f = Fields::new(cx, config, at, "invalid_config", &["url", "headers", "tools", "command", "args"]);
    let tools = f.get("tools").map(|_| texts(cx, &f, "tools"));
    if f.get("url").is_some() == f.get("command").is_some() {
        cx.error("invalid_config", at, "a server has one of `url` and `command`", "Give `url`.");
        return None;
    }
    let (by, not_its) = if f.get("command").is_some() { ("command", "headers") } else { ("url", "args") };
    if f.get(not_its).is_some() {
        let message = format!("a server with a `{by}` has no `{not_its}`");
        f.wrong(cx, not_its, message, "Leave it out: a `url` has `headers`, and a `command` has `args`.");
    }
    let server = match f.text(cx, "command") {
        Some(command) => Server::Stdio { command: command.to_owned(), args: texts(cx, &f, "args") },
        None => {
            let url = f.text(cx, "url").and_then(|_| cx.template(&f, "url", place.with_secrets(SecretsIn::UrlPath)));
            let headers = f.object(cx, "headers").and_then(|_| {
                let members = place.with_secrets(SecretsIn::Members);
                cx.template(&f, "headers", members)
            });
            Server::Http { url: url?, headers }
        }
    };
    Some(Mcp { server, tools })
}

/// A list of texts.
fn texts(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str) -> Vec<String> {
    let list = f.list(cx, key, limits::TOOLS).unwrap_or_default();
    if !list.iter().all(Value::is_string) {
        f.wrong(cx, key, format!("`{key}` holds what is no text"), "Give a list of texts.");
    }
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Mcp {
    /// A request to the server, its templates rendered.
    ///
    /// # Errors
    /// Where a template fails, or yields what is no text.
    pub fn task(&self, ask: McpAsk, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<McpTask, ExprError> {
        let (url, headers) = match &self.server {
            Server::Stdio { command, args } => {
                let server = McpServer::Stdio { command: command.clone(), args: args.clone() };
                return Ok(McpTask { server, ask });
            }
            Server::Http { url, headers } => (url, headers),
        };
        let render = |template: &Template| template.render_with(scope, &|name, _| stored(secrets, name));
        let Value::String(url) = render(url)? else {
            return Err(ExprError { code: "template_error", message: "the `url` of a server is a text".into() });
        };
        let headers = headers.as_ref().map(render).transpose()?.unwrap_or_default();
        let headers = headers.as_object().into_iter().flatten().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), value)
        });
        Ok(McpTask { server: McpServer::Http { url, headers: headers.collect() }, ask })
    }
}

impl Config for Mcp {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        if let Server::Http { url, headers } = &self.server {
            of_templates(&[Some(url), headers.as_ref()], all);
        }
    }

    fn secrets(&self) -> Vec<&str> {
        let Server::Http { url, headers } = &self.server else { return Vec::new() };
        headers.iter().chain([url]).flat_map(Template::secrets).map(|hole| hole.name).collect()
    }
}

impl Run for Mcp {
    /// Calls the tool that a model asked for: what it gave is the tool's name and the arguments.
    fn render(&self, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<Work, ExprError> {
        let given = |key: &str| scope.args.and_then(|args| args.get(key));
        let Some(name) = given("name").and_then(Value::as_str) else {
            let message = "a server's tool is called by an agent alone".into();
            return Err(ExprError { code: "template_error", message });
        };
        let arguments = given("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
        let ask = McpAsk::CallTool { name: name.to_owned(), arguments };
        Ok(Work::Mcp(Box::new(self.task(ask, scope, secrets)?)))
    }
}
