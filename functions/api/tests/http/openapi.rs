//! The OpenAPI document against the routes that are served and the shapes of answers.

use super::*;
use api::types;

#[tokio::test]
async fn the_document_lists_the_routes_that_are_served_each_with_its_name() {
    let world = World::local();
    let document = world.get("/openapi.json").await.of(200);
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        let served = path.replace(['{', '}'], "");
        // The answer to a method that no route takes lists in `Allow` the methods that are served.
        let refused = world.with_headers("TRACE", &served, &[], json!({})).await;
        let allow = refused.headers["allow"].to_str().unwrap().to_lowercase();
        let mut allowed: Vec<&str> = allow.split(',').map(str::trim).filter(|one| *one != "head").collect();
        allowed.sort_unstable();
        let mut documented = methods.clone();
        documented.sort_unstable();
        assert_eq!(allowed, documented, "{path}");
        for method in methods {
            assert!(names.insert(item[method]["operationId"].as_str().unwrap().to_owned()), "{path} {method}");
            // OpenAPI 3.1 asks for a description of each answer; readers and generators of clients refuse to go without.
            for (status, answer) in item[method]["responses"].as_object().unwrap() {
                let described = answer["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described, "{path} {method} {status}");
            }
        }
    }
    assert!(names.len() >= 30, "{names:?}");
}

#[tokio::test]
async fn the_examples_have_the_shapes_they_stand_for() {
    let world = World::local();
    let document = world.get("/openapi.json").await.of(200);
    let example = |name: &str| document["components"]["schemas"][name]["example"].clone();
    let _: types::ProblemDetails = shaped(&example("ProblemDetails"));
    let _: types::Saved = shaped(&example("Saved"));
    let _: types::Workflow = shaped(&example("Workflow"));
    let _: types::WorkflowRow = shaped(&example("WorkflowRow"));
    let _: types::Checked = shaped(&example("Checked"));
    let _: types::Accepted = shaped(&example("Accepted"));
    let _: types::Execution = shaped(&example("Execution"));
    let _: types::History = shaped(&example("History"));
    let _: types::Resumed = shaped(&example("Resumed"));
    let _: types::WentBack = shaped(&example("WentBack"));
    let _: types::WouldGoBack = shaped(&example("WouldGoBack"));
    let _: types::Responded = shaped(&example("Responded"));
    let _: types::Job = shaped(&example("Job"));
    let _: types::BulkBody = shaped(&example("BulkBody"));
    let _: types::WouldMeet = shaped(&example("WouldMeet"));
    let _: types::NewToken = shaped(&example("NewToken"));
    let health: types::Health = shaped(&example("Health"));
    let served: types::Health = shaped(&world.get("/health").await.of(200));
    assert_eq!(health.status, served.status);
    assert!(world.get("/metrics").await.status.is_success());
}

/// Fields that hold data of users, or what a type of event, host or channel tells beside what all of them do.
const FREE: [&str; 71] = [
    // What somebody said, or where it lies, and any answer to a question.
    "ChatMessage.message",
    "ChatResumeBody.value",
    "AgentCall.arguments",
    "AgentCall.asked_arguments",
    "AgentCall.result",
    "AgentConfig.output_schema",
    "AgentMemory.messages",
    "AgentTurn.asked",
    "AgentTurn.left_out",
    "AnswerBody.arguments",
    "AnswerBody.content",
    "AnswerBody.data",
    "AnswersBody.content",
    "AnswersBody.data",
    "Authorization.arguments",
    "Authorization.tool",
    "BacktrackBody.input",
    "Channel",
    "Compensation.config",
    "Compensation.metadata",
    "Document.input_schema",
    "Document.metadata",
    "DraftBody.model",
    "EndConfig.output",
    "EventTriggerConfig.pattern",
    "Execution.input",
    "Execution.metadata",
    "Execution.output",
    "ExecutionError.details",
    "ExportPiece.turns",
    "ExportPiece.values",
    "ForkBody.input",
    "Health.host",
    "HttpRequestConfig.body",
    "HumanConfig.arguments",
    "HumanConfig.content",
    "HumanConfig.schema",
    "HumanConfig.tool",
    "InlineBody.input",
    "InlineBody.metadata",
    "Interaction.content",
    "Interaction.schema",
    "JournalEvent",
    "McpConfig.headers",
    "MemoryWithMessages.messages",
    "NamedValues",
    "Node.input",
    "Node.output",
    "NodeCommon.metadata",
    "OutputParserConfig.schema",
    "PatchOperation.value",
    "Response.answer",
    "Response.data",
    "ResumeBody.resume_data",
    "ShownToPeople.content",
    "ShownToPeople.schema",
    "SignalBody.data",
    "StartBody.input",
    "StartBody.metadata",
    "Tool.parameters",
    "TransformConfig.set",
    "UnstickBody.output",
    "WhatIfBody.filter",
    "WorkflowConfig.input",
    "WouldCompensate.config",
    "WouldFork.output",
    "WouldRunWith.config",
    "get /openapi.json",
    "get /v1/schema",
    "post /v1/triggers/{workflow_id}",
    "post /v1/triggers/{workflow_id}/{path}",
];

/// The places below a schema that may hold anything: any JSON, or an object of any fields.
fn open(at: &str, schema: &Value, found: &mut std::collections::BTreeSet<String>) {
    let kind = schema["type"].as_str().or_else(|| schema["type"].as_array().and_then(|kinds| kinds[0].as_str()));
    let parts = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    let several: Vec<Value> = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(parts).collect();
    for part in &several {
        open(at, part, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        open(&format!("{at}.{name}"), property, found);
    }
    match kind {
        Some("array") => open(at, &schema["items"], found),
        Some("object") => match &schema["additionalProperties"] {
            Value::Null
                if schema["properties"].is_object()
                    || at.ends_with("ManualTriggerConfig")
                    || at.ends_with("ChatTriggerConfig") => {}
            Value::Object(more) => open(at, &json!(more), found),
            Value::Bool(false) => {}
            _ => drop(found.insert(at.to_owned())),
        },
        None if several.is_empty() && schema["$ref"].is_null() => drop(found.insert(at.to_owned())),
        _ => {}
    }
}

#[tokio::test]
async fn only_the_data_of_users_is_without_a_description() {
    let document = World::local().get("/openapi.json").await.of(200);
    let mut found = std::collections::BTreeSet::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        open(name, schema, &mut found);
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap().values();
            for content in responses.chain([&operation["requestBody"]]).filter_map(|part| part["content"].as_object()) {
                for body in content.values() {
                    open(&format!("{method} {path}"), &body["schema"], &mut found);
                }
            }
        }
    }
    let free = FREE.map(str::to_owned).into();
    assert_eq!(found, free, "describe what is new here; what holds data of users, add to the list");
}

#[tokio::test]
async fn the_description_of_documents_takes_what_is_stored_and_refuses_other_things() {
    let openapi = World::local().get("/openapi.json").await.of(200);
    let schema = json!({"$ref": "#/components/schemas/Document", "components": openapi["components"]});
    let schema = document::validate::schema::Schema::compile(&schema).map_err(|wrong| wrong.message).unwrap();
    let faults = |document: &Value| -> Vec<String> {
        schema.violations(document).into_iter().map(|one| format!("{}: {}", one.path, one.message)).collect()
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    let mut types = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&entry).unwrap();
        let stored = document::parse(&serde_json::from_str(&text).unwrap()).unwrap().workflow.document.clone();
        assert_eq!(faults(&stored), Vec::<String>::new(), "{}", entry.display());
        let nodes = stored["nodes"].as_array().unwrap().iter();
        types.extend(nodes.map(|node| node["type"].as_str().unwrap().to_owned()));
    }
    assert!(types.len() >= 8, "the examples show few types: {types:?}");
    for (wrong, at) in [
        (json!({"id": "w"}), ""),
        (json!({"id": "w", "nodes": [{"id": "a", "type": "nonsense"}]}), "/nodes/0"),
        (json!({"id": "w", "nodes": [{"id": "a", "type": "http_request"}]}), "/nodes/0"),
        (json!({"id": "w", "nodes": [{"type": "manual_trigger"}]}), "/nodes/0"),
        (json!({"id": "w", "nodes": [{"id": "a", "type": "code", "config": {"code": 1}}]}), "/nodes/0"),
    ] {
        let faults = faults(&wrong);
        assert!(faults.iter().any(|fault| fault.starts_with(at)), "{wrong}: {faults:?}");
    }
    let known: Vec<&str> = document::node::Types::standard().all().map(|of| of.name).collect();
    assert_eq!(types::document::DocumentNode::TYPES[..], known, "every type of node is described");
}

#[tokio::test]
async fn the_document_that_one_function_serves_for_all_is_that_of_the_code() {
    let generated = World::local().get("/openapi.json").await.of(200);
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi.json");
        std::fs::write(path, format!("{generated:#}\n")).unwrap();
        return;
    }
    let kept: Value = serde_json::from_str(api::DOCUMENT).unwrap();
    assert!(kept == generated, "src/openapi.json is out of date: run this test once with UPDATE_DOCUMENT=1");
    let world = World::with(|app| App { document: Some(api::DOCUMENT), ..app });
    assert_eq!(world.get("/openapi.json").await.of(200)["info"]["title"], "Stepwell");
}
