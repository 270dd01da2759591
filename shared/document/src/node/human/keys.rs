//! The words and the keys of `human` configs.

/// The values of `kind`, each with what it asks for.
pub(super) const KINDS: [(&str, &str); 6] = [
    ("approval", "A yes or a no."),
    ("input", "Data that satisfies a schema."),
    ("decision", "One of several options."),
    ("review", "A yes or a no to content that may be edited."),
    ("ask", "A text."),
    ("authorization", "A yes or a no to the use of a tool."),
];
/// The values of `timeout_action`, each with what it does.
pub(super) const ACTIONS: [(&str, &str); 5] = [
    ("timeout", "The port `timeout` is taken."),
    ("auto_approve", "The first port is taken, as if it were approved."),
    ("auto_reject", "The port `rejected` is taken."),
    ("fail", "The node fails."),
    ("escalate", "The people of `escalate_to` are asked as well."),
];
/// The values of `wait_by`, each with what it means.
pub(super) const WAITS: [(&str, &str); 2] = [
    ("host", "The host's own clock, within two minutes."),
    ("states", "On AWS an execution of Step Functions, to the second, which waits with a task token."),
];
/// The values of `security_level`, each with what it means.
pub(super) const LEVELS: [(&str, &str); 2] =
    [("medium", "A yes is enough."), ("high", "A yes names the tool, typed out.")];
/// The kinds of channels.
pub(super) const CHANNELS: [&str; 4] = ["web", "email", "slack", "webhook"];
/// The keys that every kind may have.
pub(super) const COMMON: [&str; 15] = [
    "kind",
    "question",
    "details",
    "assignees",
    "approval_threshold",
    "rejection_threshold",
    "allow_requester",
    "channels",
    "timeout_seconds",
    "timeout_action",
    "escalate_to",
    "remind_every_seconds",
    "wait_by",
    "condition",
    "auto_approve_below",
];
/// The keys that some kind has for itself.
pub(super) const OWN: [&str; 7] = ["schema", "rules", "options", "content", "tool", "arguments", "security_level"];

/// The words of a table, without their meanings.
pub(super) fn words<const N: usize>(table: &[(&'static str, &str); N]) -> [&'static str; N] {
    table.map(|(word, _)| word)
}

/// The keys that a kind has for itself. Where the kind is wrong it is not known which keys belong here, so it has them
/// all.
pub(super) fn own(kind: &str) -> &'static [&'static str] {
    match kind {
        "input" => &["schema", "rules"],
        "decision" => &["options"],
        "review" => &["content"],
        "authorization" => &["tool", "arguments", "schema", "security_level"],
        "approval" | "ask" => &[],
        _ => &OWN,
    }
}

/// Whether a kind has a question where the document gives none.
pub(super) fn usual_question(kind: &str) -> Option<&'static str> {
    match kind {
        "review" => Some("Is this right?"),
        "authorization" => Some("May this tool be used?"),
        _ => None,
    }
}
