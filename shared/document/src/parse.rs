//! From a document as it was sent to a `Workflow`, or to everything that is wrong with it.

use crate::{
    InputSchema, Workflow,
    dialect::{self, DOCUMENT_KEYS, Origins},
    id::WorkflowId,
    limits,
    node::Types,
    on_error,
    policy::{OnConditionError, Overlap, Settings},
    read::{Head, assemble, read_flow},
    reading::{At, ChannelUse, Cx, Fields, Issue, Lasting, Script, Severity, Shape, cut, is_id, schema},
};
use expression::Expr;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What parsing gives for a document without errors.
#[derive(Debug)]
pub struct Parsed {
    /// The parsed workflow.
    pub workflow: Arc<Workflow>,
    /// What the document may say but probably does not mean.
    pub warnings: Vec<Issue>,
    /// The document's JavaScript, which a host may parse before it takes the document.
    pub scripts: Vec<Script>,
    /// The channels by which the document tells people, which a host may have set up or not.
    pub channels: Vec<ChannelUse>,
    /// The attempts that say how long they may take, which a host may end earlier.
    pub lasting: Vec<Lasting>,
}

/// Parses a document in canonical form or in any of the dialects (workflow format §6). Takes any JSON whose nesting the
/// caller's own parser has bounded.
///
/// # Errors
/// Every error of the document at once.
pub fn parse(document: &Value) -> Result<Parsed, Vec<Issue>> {
    parse_with(&Types::standard(), document)
}

/// Parses a document whose nodes may be of these types.
///
/// # Errors
/// Every error of the document at once.
pub fn parse_with(types: &Types, document: &Value) -> Result<Parsed, Vec<Issue>> {
    let Read { workflow, errors, warnings, scripts, channels, lasting } = read(types, document);
    let workflow = workflow.ok_or(errors)?;
    Ok(Parsed { workflow: Arc::new(workflow), warnings, scripts, channels, lasting })
}

/// Reports every problem of a document: the errors, which refuse it, and the warnings.
pub fn check(document: &Value) -> (Vec<Issue>, Vec<Issue>) {
    let Read { errors, warnings, .. } = read(&Types::standard(), document);
    (errors, warnings)
}

/// All that reading tells of a document.
#[derive(Default)]
struct Read {
    /// The workflow; none where there are errors.
    workflow: Option<Workflow>,
    errors: Vec<Issue>,
    warnings: Vec<Issue>,
    scripts: Vec<Script>,
    channels: Vec<ChannelUse>,
    lasting: Vec<Lasting>,
}

/// Parses a document, for callers that want the warnings of a refused document too.
fn read(types: &Types, document: &Value) -> Read {
    let normal = match dialect::normalize(document, types.all().collect()) {
        Ok(normal) => normal,
        Err(issue) => return Read { errors: vec![*issue], ..Read::default() },
    };
    let Normal { workflow, mut issues, scripts, channels, lasting } =
        read_normal(types, &normal.document, &normal.origins);
    issues.splice(0..0, normal.issues);
    let (errors, warnings): (Vec<Issue>, Vec<Issue>) =
        issues.into_iter().partition(|issue| issue.severity == Severity::Error);
    let warned = |workflow| Workflow { warnings: warnings.clone(), ..workflow };
    Read { workflow: workflow.filter(|_| errors.is_empty()).map(warned), errors, warnings, scripts, channels, lasting }
}

/// What reading a document in canonical form gives.
struct Normal {
    /// The workflow; none where there are errors.
    workflow: Option<Workflow>,
    issues: Vec<Issue>,
    scripts: Vec<Script>,
    channels: Vec<ChannelUse>,
    lasting: Vec<Lasting>,
}

/// Reads a document in canonical form. Problems bear the pointers of the document as it was sent.
fn read_normal(types: &Types, document: &Map<String, Value>, origins: &Origins) -> Normal {
    let mut cx = Cx::new(types.all().collect(), |pointer| origins.sent(pointer));
    let at = At::Root;
    let f = Fields::new(&mut cx, document, &at, "schema", &DOCUMENT_KEYS);
    let id = f.text(&mut cx, "id").map(str::to_owned);
    if let Some(id) = id.as_ref().filter(|id| !is_id(id)) {
        let hint = format!("Use 1 to {} of `A-Z a-z 0-9 _ -`.", limits::ID_BYTES);
        f.wrong(&mut cx, "id", format!("`{}` is no id", cut(id)), hint);
    }
    let id: WorkflowId = id.unwrap_or_default().into();
    let name = f.text(&mut cx, "name").map_or_else(|| id.to_string(), str::to_owned);
    let description = match f.get("description") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => f.text(&mut cx, "description").map(str::to_owned),
        None => None,
    };
    f.object(&mut cx, "metadata");
    // Editors read it, and nobody else.
    f.text(&mut cx, "$schema");
    // What holds for the whole document is read first: nodes and expressions are checked against it.
    let input_schema = f.get("input_schema").and_then(|source| {
        let schema = schema::compile(&mut cx, source, &at.key("input_schema"), "schema")?;
        Some(InputSchema { source: source.clone(), schema })
    });
    cx.input = input_schema.as_ref().map(|schema| Shape(schema.source.clone()));
    cx.workflow = id.to_string();
    cx.settings = settings(&mut cx, &f);
    cx.on_error = cx.settings.on_error;
    cx.compensates = declares_compensation(document.get("nodes"));
    // The document's `output` may name any node, so it is read while the flow's names are known.
    let mut output: Option<Expr> = None;
    let flow = read_flow(&mut cx, types, &f, None, |cx, place| {
        output = cx.expr(&f, "output", place);
    });
    let settings = cx.settings.clone();
    let (issues, scripts) = (std::mem::take(&mut cx.issues), std::mem::take(&mut cx.scripts));
    let (channels, lasting) = (std::mem::take(&mut cx.channels), std::mem::take(&mut cx.lasting));
    let workflow = flow.filter(|_| issues.iter().all(|issue| issue.severity != Severity::Error)).map(|flow| {
        let document = Value::Object(document.clone());
        let head = Head { id, name, description, input_schema, output, settings };
        assemble(head, flow, document)
    });
    Normal { workflow, issues, scripts, channels, lasting }
}

/// Reads `settings`. What is absent or wrong has its default.
fn settings(cx: &mut Cx<'_>, f: &Fields<'_, '_>) -> Settings {
    let mut settings = Settings::default();
    let Some(object) = f.object(cx, "settings") else { return settings };
    let at = f.at.key("settings");
    let known = [
        "max_loop_iterations",
        "timeout_seconds",
        "on_error",
        "on_condition_error",
        "overlap",
        "max_concurrency",
        "retention_days",
        "redact",
    ];
    let f = Fields::new(cx, object, &at, "schema", &known);
    if let Some(most) = f.integer(cx, "max_loop_iterations", 1, limits::MOST_ITERATIONS) {
        settings.max_loop_iterations = most;
    }
    if let Some(seconds) = f.number(cx, "timeout_seconds", limits::LEAST_SECONDS, limits::EXECUTION_SECONDS) {
        settings.timeout_seconds = seconds;
    }
    on_error::of_settings(cx, &f, &mut settings);
    if f.word(cx, "on_condition_error", &["fail", "default"]) == Some(1) {
        settings.on_condition_error = OnConditionError::Default;
    }
    settings.overlap = match f.word(cx, "overlap", &["allow", "skip_if_paused", "skip_if_active", "queue"]) {
        Some(1) => Overlap::SkipIfPaused,
        Some(2) => Overlap::SkipIfActive,
        Some(3) => Overlap::Queue,
        _ => Overlap::Allow,
    };
    settings.max_concurrency = f.integer(cx, "max_concurrency", 1, limits::MOST_CONCURRENCY);
    if let Some(days) = f.integer(cx, "retention_days", 0, limits::MOST_RETENTION_DAYS) {
        settings.retention_days = days;
    }
    settings.seals_prompts = redact(cx, &f);
    settings
}

/// Reads `redact`: what journals hold by its hash alone. What nothing is done with is refused, since whoever asks for it
/// relies on it.
fn redact(cx: &mut Cx<'_>, f: &Fields<'_, '_>) -> bool {
    let Some(given) = f.get("redact") else { return false };
    let known = given.as_array().is_some_and(|list| list.len() == 1 && list[0] == "prompts");
    if !known {
        let hint = "Give [\"prompts\"], or leave it out.";
        f.wrong(cx, "redact", "what models are asked and answer is all that can be kept by its hash", hint);
    }
    known
}

/// Whether a node, in the body of a map too, declares `compensate`.
fn declares_compensation(nodes: Option<&Value>) -> bool {
    nodes
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|node| node.get("compensate").is_some() || declares_compensation(node.pointer("/config/body/nodes")))
}
