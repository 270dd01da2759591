//! The names of types and kinds in other systems, and what they are called here.

/// Whether a type is that of a family, of which only a subtype tells what the node does.
pub(super) fn is_family(name: &str) -> bool {
    matches!(name, "TRIGGER_NODE" | "ACTION_NODE" | "EXTERNAL_ACTION_NODE" | "FLOW_NODE" | "HUMAN_IN_THE_LOOP_NODE")
}

/// The type here and, for a question, the kind of `human`, for a type or a subtype in another system's words.
pub(super) fn known(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    let upper = name.to_ascii_uppercase();
    Some(match upper.as_str() {
        "MANUAL" | "MANUAL_TRIGGER" | "TRIGGER_MANUAL" => ("manual_trigger", None),
        "WEBHOOK" | "WEBHOOK_TRIGGER" | "TRIGGER_WEBHOOK" => ("webhook_trigger", None),
        "CRON" | "SCHEDULE" | "SCHEDULED" | "SCHEDULE_TRIGGER" | "TRIGGER_CRON" => ("schedule_trigger", None),
        "EVENT" | "EVENT_TRIGGER" | "TRIGGER_EVENT" => ("event_trigger", None),
        "HTTP_REQUEST" | "HTTP" => ("http_request", None),
        "RUN_CODE" | "CODE" | "JAVASCRIPT" => ("code", None),
        "TRANSFORM" | "DATA_TRANSFORMATION" | "TRANSFORM_DATA" => ("transform", None),
        "BRANCH" | "SWITCH" | "IF" => ("branch", None),
        "LOOP" | "FOR_EACH" | "WHILE" => ("loop", None),
        "MAP" => ("map", None),
        "WAIT" | "DELAY" | "SLEEP" => ("wait", None),
        "WORKFLOW" | "SUB_WORKFLOW" | "SUBWORKFLOW" | "EXECUTE_WORKFLOW" => ("workflow", None),
        "BREAK" => ("break", None),
        "SUCCEED" => ("succeed", None),
        "FAIL" => ("fail", None),
        "HUMAN" | "HUMAN_IN_THE_LOOP" | "HUMAN_IN_THE_LOOP_NODE" => ("human", None),
        _ => ("human", Some(kind(&upper)?)),
    })
}

/// The kind of `human` for a name in upper case (human in the loop §1, "also read as").
pub(super) fn kind(upper: &str) -> Option<&'static str> {
    Some(match upper {
        "HIL_CONFIRMATION" | "APPROVAL" => "approval",
        "HIL_DATA_INPUT" | "INPUT_VALIDATION" | "INPUT" => "input",
        "HIL_DECISION" | "DECISION" => "decision",
        "HIL_REVIEW" | "REVIEW_EDIT" | "REVIEW" => "review",
        "ASK_HUMAN" | "CLARIFICATION" | "ASK" => "ask",
        "TOOL_AUTHORIZATION" | "REQUEST_AUTHORIZATION" | "AUTHORIZATION" => "authorization",
        _ => return None,
    })
}
