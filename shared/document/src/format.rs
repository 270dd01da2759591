//! The JSON Schema of the workflow format, for editors. It tells of the canonical form, in which documents are stored;
//! the other shapes that are read are nowhere described. What only the whole flow tells, such as whether an edge leads
//! anywhere, is up to the static checks.

use crate::{
    connection::Connection,
    describe::{
        cel, either, flag, free, has, id, integer, is, list, number, object, or_null, part, port, text, where_so, word,
    },
    limits,
    node::{Types, agent::tool, human::about, node_type::NodeType},
    policy::AfterError,
};
use serde_json::{Map, Value, json};

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    schema_of(&Types::standard())
}

/// The schema for documents whose nodes may be of these types.
pub fn schema_of(types: &Types) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stepwell workflow",
        "description": "A workflow: nodes, and edges between them.",
    });
    let schema = extended(&mut schema, document());
    schema["$defs"] = Value::Object(parts(types));
    schema.take()
}

fn extended(schema: &mut Value, with: Value) -> &mut Value {
    if let (Value::Object(schema), Value::Object(with)) = (&mut *schema, with) {
        schema.extend(with);
    }
    schema
}

fn document() -> Value {
    let members = [
        ("$schema", text("Where editors find this schema; it changes nothing.")),
        ("id", id("The id: 1 to 64 of `A-Z a-z 0-9 _ -`. Derived from `name` where absent.")),
        ("name", text("The name, for people. The id where absent.")),
        ("description", json!({"description": "What the workflow is for, for people.", "type": "string"})),
        (
            "input_schema",
            json!({"description": "JSON Schema 2020-12 of the input. An input that does not satisfy it starts nothing.",
                "type": ["object", "boolean"]}),
        ),
        ("nodes", nodes("The nodes, a trigger among them.")),
        ("edges", edges()),
        ("output", cel("The result of an execution: the output of the node that ended its path where absent.")),
        ("settings", settings()),
        ("metadata", free("Data of the author's own.")),
    ];
    object(&["nodes"], members)
}

fn nodes(about: &str) -> Value {
    list(about, part("node"), 1, limits::NODES)
}

fn edges() -> Value {
    list("The edges between the nodes.", part("edge"), 0, limits::EDGES)
}

/// Everything that several places share, by name.
fn parts(types: &Types) -> Map<String, Value> {
    let mut parts = Map::new();
    let mut add = |name: &str, schema: Value| drop(parts.insert(name.to_owned(), schema));
    add("node", node(types));
    add("edge", edge());
    add("retry", retry());
    add("undoing_node", undoing_node(types));
    add("tool", tool::described());
    let body = object(&["nodes"], [("nodes", nodes("The nodes. None of them need be a trigger.")), ("edges", edges())]);
    add("flow", body);
    for of in types.all() {
        add(&config_name(of), (of.config)());
    }
    parts
}

fn config_name(of: &NodeType) -> String {
    format!("{}_config", of.name)
}

fn settings() -> Value {
    let on_condition_error = word(
        "What follows where a condition cannot be evaluated: `fail` where absent.",
        &[
            ("fail", "The node fails with `condition_error`."),
            ("default", "The edge is dead, the rule passed over, the loop done; a warning is recorded."),
        ],
    );
    let overlap = word(
        "What a start does while another execution of the workflow has not ended: `allow` where absent.",
        &[
            ("allow", "Both run."),
            ("skip_if_paused", "It is skipped while another is paused or waits for a person."),
            ("skip_if_active", "It is skipped while another has not ended."),
            ("queue", "Both run; a message of a chat waits for the one before it in its session."),
        ],
    );
    let members = [
        (
            "max_loop_iterations",
            integer(
                "Iterations after which a loop fails the execution: 1000 where absent.",
                1,
                limits::MOST_ITERATIONS,
            ),
        ),
        ("timeout_seconds", seconds("Seconds of the whole execution: a year where absent.")),
        ("on_error", on_error("What the failure of a node does that does not say: `fail` where absent.")),
        ("on_condition_error", on_condition_error),
        ("overlap", overlap),
        (
            "max_concurrency",
            integer("Executions that run at once; further ones wait as `pending`.", 1, limits::MOST_CONCURRENCY),
        ),
        (
            "retention_days",
            integer(
                "Days for which ended executions are kept: 90 where absent, 0 for ever.",
                0,
                limits::MOST_RETENTION_DAYS,
            ),
        ),
        (
            "redact",
            list(
                "What journals hold by its hash alone.",
                word("Which values.", &[("prompts", "What models are asked and answer.")]),
                1,
                1,
            ),
        ),
    ];
    let mut settings = object(&[], members);
    settings["description"] = json!("Bounds and policies of executions.");
    settings
}

fn seconds(about: &str) -> Value {
    number(about, limits::LEAST_SECONDS, limits::EXECUTION_SECONDS)
}

fn on_error(what: &str) -> Value {
    let words = [
        ("fail", "The execution ends with the node's error."),
        ("continue", "It goes on along the port `success`, with `{\"error\": …}`."),
        ("ask_human", "A person is asked: retry, skip, rewind or abort."),
        ("rollback", "What was done is undone, then the execution fails."),
    ];
    let actions: Vec<_> = AfterError::WORDS.iter().map(|action| (*action, "")).collect();
    let members = [
        ("assignees", about::people("Who may decide: anyone of the owner where absent.")),
        ("channels", about::channels()),
        ("timeout_seconds", seconds("Seconds after which `timeout_action` takes effect.")),
        (
            "timeout_action",
            word("What becomes of the node when nobody decided in time: `abort` where absent.", &actions),
        ),
    ];
    let people = where_so(object(&[], members), vec![(has("timeout_action"), has("timeout_seconds"))]);
    let asks = object(&["ask_human"], [("ask_human", people)]);
    let mut policy = word(what, &words);
    if let Some(Value::Array(shapes)) = policy.get_mut("anyOf") {
        shapes.push(asks);
    }
    policy
}

fn retry() -> Value {
    let members = [
        ("max_attempts", integer("Attempts in all, the first included.", 1, u64::from(limits::RETRY_ATTEMPTS))),
        ("initial_seconds", number("Seconds before the second attempt: 1 where absent.", 0.0, limits::RETRY_SECONDS)),
        ("backoff", number("The factor from each delay to the next: 2 where absent.", 1.0, limits::RETRY_BACKOFF)),
        ("max_seconds", number("Seconds of the longest delay: 60 where absent.", 0.0, limits::RETRY_SECONDS)),
        ("jitter", flag("Whether each delay lies between half of it and the whole: true where absent.")),
    ];
    let mut retry = object(&[], members);
    retry["description"] = json!("How a failed attempt is tried again.");
    retry
}

fn join() -> Value {
    let edges = integer("So many of the incoming edges.", 1, limits::EDGES as u64);
    either(
        "Which of the incoming edges activate the node: `all` where absent.",
        [
            json!({"const": "all", "description": "All of them, as far as they are live."}),
            json!({"const": "any", "description": "The first live one."}),
            object(&["at_least"], [("at_least", edges)]),
        ],
    )
}

fn delivery() -> Value {
    let words = [
        ("at_least_once", "It may be done twice, under the same key."),
        ("at_most_once", "It rather fails than happens twice."),
    ];
    word("What may happen when a process dies in the middle of it: `at_least_once` where absent.", &words)
}

/// The types by name, each with what it is for.
fn kinds<'a>(types: impl Iterator<Item = &'a NodeType>) -> Value {
    let words: Vec<(&str, &str)> = types.map(|of| (of.name, of.about)).collect();
    word("What the node does.", &words)
}

/// Ties the config of a node to its type.
fn by_type<'a>(node: Value, types: impl Iterator<Item = &'a NodeType>) -> Value {
    let conditions = types.map(|of| {
        let config = part(&config_name(of));
        let then = if needs_config(of) {
            json!({"required": ["config"], "properties": {"config": config}})
        } else {
            json!({"properties": {"config": or_null(config)}})
        };
        (is("type", of.name), then)
    });
    where_so(node, conditions.collect())
}

/// Whether an empty config is refused.
fn needs_config(of: &NodeType) -> bool {
    let config = (of.config)();
    config.get("required").is_some() || config.get("oneOf").is_some()
}

fn node(types: &Types) -> Value {
    let members = [
        ("id", id("The id, unique in the document: 1 to 64 of `A-Z a-z 0-9 _ -`. Expressions say `ctx.ID.output`.")),
        ("name", text("The name, for people. The id where absent.")),
        ("type", kinds(types.all())),
        ("config", json!({"description": "What the type is told."})),
        ("retry", part("retry")),
        ("timeout_seconds", seconds("Seconds of one attempt: 30 where absent, and no bound for a node that waits.")),
        ("on_error", on_error("What follows the last failed attempt, unless an edge leaves the port `error`.")),
        ("join", join()),
        ("delivery", delivery()),
        ("compensate", part("undoing_node")),
        ("tool", part("tool")),
        ("metadata", free("Data of the author's own.")),
    ];
    by_type(object(&["id", "type"], members), types.all())
}

fn undoing_node(types: &Types) -> Value {
    let undoing = || types.all().filter(|of| of.mode.can_undo());
    let members = [
        ("name", text("The name, for people.")),
        ("type", kinds(undoing())),
        ("config", json!({"description": "What the type is told. `output` is that of the run being undone."})),
        ("retry", part("retry")),
        ("timeout_seconds", seconds("Seconds of one attempt: 30 where absent.")),
        ("delivery", delivery()),
        ("metadata", free("Data of the author's own.")),
    ];
    let mut node = by_type(object(&["type"], members), undoing());
    node["description"] = json!("A node without an id that undoes this one.");
    node
}

fn edge() -> Value {
    let typed = object(
        &["expression"],
        [("type", word("The language.", &[("cel", "CEL")])), ("expression", cel("The condition."))],
    );
    let condition = either(
        "When the edge is live, once its port was taken: always where absent. CEL; `output` is that of `from`.",
        [json!({"type": ["string", "boolean", "number"]}), typed],
    );
    let connections: Vec<(&str, &str)> = Connection::WORDS.iter().map(|word| (*word, "")).collect();
    let members = [
        ("from", id("The node that the edge leaves.")),
        ("to", id("The node that the edge leads to.")),
        ("port", port("The outcome of `from` that the edge follows: the first port of its type where absent.")),
        ("condition", condition),
        (
            "connection",
            word("What the edge hands over: `main` where absent, which alone activates `to`.", &connections),
        ),
    ];
    object(&["from", "to"], members)
}

#[cfg(test)]
mod tests;
