//! What a mail says, before it has a form: the same in text and in HTML.

use crate::{
    limits::{LINE_CHARS, LISTED, QUESTION_CHARS, VALUE_CHARS},
    text::{cut, moment, one_line, span},
};
use engine::port::Letter;
use serde_json::Value;
use stepwell_core::interaction::{
    Authorization, Interaction, InteractionKind, InteractionStatus, Response, SecurityLevel, delivery::Notice,
};

/// The parts of a mail, from top to bottom.
pub(super) struct Content<'a> {
    /// What the mail is about, in a few words.
    pub headline: String,
    /// Whether the question is over.
    pub over: bool,
    /// The question.
    pub question: String,
    /// What else there is to know, each with what it is called.
    pub facts: Vec<(&'static str, String)>,
    /// The details, in Markdown.
    pub details: Option<&'a str>,
    /// What the question is about, by its kind.
    pub parts: Vec<Part>,
    /// Where the question is answered; none where it is over or has no address.
    pub action: Option<Action<'a>>,
    /// What stands below the button.
    pub note: Option<String>,
    /// Where the mail comes from.
    pub footer: String,
}

/// A heading and what stands below it.
pub(super) struct Part {
    /// The heading.
    pub title: &'static str,
    /// What stands below it.
    pub body: Body,
}

/// What stands below a heading.
pub(super) enum Body {
    /// Short texts, one below another.
    List(Vec<String>),
    /// A text as it is, with its line breaks and blanks.
    Verbatim(String),
}

/// A link to a page, which shows the question and decides nothing by itself.
pub(super) struct Action<'a> {
    /// What stands on the button.
    pub label: &'static str,
    /// Where it leads.
    pub url: &'a str,
}

impl<'a> Content<'a> {
    /// What the mail of a letter says.
    pub fn of(letter: &'a Letter) -> Self {
        let interaction = &*letter.interaction;
        let over = letter.notice == Notice::Outcome || !interaction.is_open();
        let url = letter.link.as_deref().or(letter.inbox.as_deref());
        let mut parts = if over { Vec::new() } else { asked(interaction) };
        parts.extend(answers(interaction));
        Self {
            headline: headline(letter),
            over,
            question: cut(interaction.question.trim(), QUESTION_CHARS),
            facts: facts(letter, over),
            details: interaction.details.as_deref().filter(|text| !over && !text.trim().is_empty()),
            parts,
            action: url.filter(|_| !over).map(|url| Action { label: label(interaction.kind), url }),
            note: (!over).then(|| note(letter)),
            footer: format!(
                "Sent by Stepwell for the workflow {}, execution {}.",
                line(&letter.workflow),
                line(letter.execution.as_str())
            ),
        }
    }
}

/// A text in one line, cut. Only the beginning of a long one is looked at.
fn line(text: &str) -> String {
    let begin = text.char_indices().nth(4 * LINE_CHARS).map_or(text, |(at, _)| &text[..at]);
    cut(&one_line(begin), LINE_CHARS)
}

fn headline(letter: &Letter) -> String {
    let needed = match letter.interaction.kind {
        InteractionKind::Approval => "approval needed",
        InteractionKind::Input => "information needed",
        InteractionKind::Decision => "decision needed",
        InteractionKind::Review => "review needed",
        InteractionKind::Ask => "answer needed",
        InteractionKind::Authorization => "permission needed",
    };
    match letter.notice {
        Notice::Asked => needed[..1].to_ascii_uppercase() + &needed[1..],
        Notice::Reminder => format!("Reminder: {needed}"),
        Notice::Escalated => format!("Nobody decided in time: {needed}"),
        Notice::Reassigned => format!("Others are asked now: {needed}"),
        Notice::Again => format!("Sent again: {needed}"),
        Notice::Outcome => outcome(&letter.interaction),
    }
}

/// How a question ended, in a few words.
fn outcome(interaction: &Interaction) -> String {
    let decided = interaction.decision.as_deref().map(|port| called(interaction, port));
    match (interaction.status, decided) {
        (InteractionStatus::Answered, Some(decided)) => format!("Decided: {decided}"),
        (InteractionStatus::Answered, None) => "Answered".into(),
        (InteractionStatus::TimedOut, Some(decided)) => format!("Nobody decided in time: {decided}"),
        (InteractionStatus::TimedOut, None) => "Nobody decided in time".into(),
        (InteractionStatus::Cancelled, _) => "No longer needed".into(),
        (InteractionStatus::Pending, _) => "No longer asked of you".into(),
    }
}

/// What a port is called for people: an option's label, or the port itself.
fn called(interaction: &Interaction, port: &str) -> String {
    let option = interaction.options.iter().find(|option| option.id == port);
    line(option.map_or(port, |option| &option.label))
}

fn facts(letter: &Letter, over: bool) -> Vec<(&'static str, String)> {
    let interaction = &*letter.interaction;
    let mut facts = Vec::new();
    if let Some(requester) = &letter.requester {
        facts.push(("Requested by", line(requester)));
    }
    if interaction.assignees.len() > 1 && !over {
        facts.push(("Asked", named(&interaction.assignees)));
    }
    if let (Some(deadline), false) = (interaction.deadline, over) {
        let left = if deadline > letter.now { format!(", in {}", span(letter.now, deadline)) } else { String::new() };
        facts.push(("Answer by", moment(deadline) + &left));
    }
    if let (Some(at), true) = (interaction.decided_at, over) {
        facts.push(("Closed", moment(at)));
    }
    facts
}

/// People by their names, the first of them where they are many.
fn named(people: &[String]) -> String {
    let mut names: Vec<String> = people.iter().take(LISTED / 4).map(|name| line(name)).collect();
    if people.len() > names.len() {
        names.push(format!("{} more", people.len() - names.len()));
    }
    names.join(", ")
}

/// What a question is about, by its kind.
fn asked(interaction: &Interaction) -> Vec<Part> {
    match interaction.kind {
        InteractionKind::Approval | InteractionKind::Ask => Vec::new(),
        InteractionKind::Decision => {
            let labels = interaction.options.iter().map(|option| line(&option.label));
            vec![Part { title: "Options", body: Body::List(listed(labels)) }]
        }
        InteractionKind::Input => match interaction.schema.as_ref().map(fields) {
            Some(fields) if !fields.is_empty() => vec![Part { title: "What is asked for", body: Body::List(fields) }],
            _ => Vec::new(),
        },
        InteractionKind::Review => {
            let content = interaction.content.as_ref().filter(|content| !content.is_null());
            content
                .map(|content| Part { title: "To be reviewed", body: Body::Verbatim(value(content)) })
                .into_iter()
                .collect()
        }
        InteractionKind::Authorization => interaction.authorization.as_ref().map(tool).unwrap_or_default(),
    }
}

fn tool(about: &Authorization) -> Vec<Part> {
    let Authorization { tool, arguments, security_level } = about;
    let mut told = vec![tool.as_str().map_or_else(|| line(&tool.to_string()), line)];
    if *security_level == SecurityLevel::High {
        told.push("High security: you will be asked to type the tool's name".into());
    }
    let mut parts = vec![Part { title: "Tool", body: Body::List(told) }];
    if !arguments.is_null() {
        parts.push(Part { title: "Arguments", body: Body::Verbatim(value(arguments)) });
    }
    parts
}

/// The fields of a form by their titles.
fn fields(schema: &Value) -> Vec<String> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object();
    listed(properties.into_iter().flatten().map(|(name, field)| {
        let title = field["title"].as_str().unwrap_or(name);
        let optional = if required.contains(&name.as_str()) { "" } else { " (optional)" };
        let about = field["description"].as_str().map(|text| format!(": {text}")).unwrap_or_default();
        line(&format!("{title}{optional}{about}"))
    }))
}

/// As many as a mail lists, and how many more there are.
fn listed(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = all;
    let mut told: Vec<String> = all.by_ref().take(LISTED).collect();
    let more = all.count();
    if more > 0 {
        told.push(format!("… and {more} more"));
    }
    told
}

/// A value as text: a string as it is, all else as JSON.
fn value(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    cut(text.trim_end(), VALUE_CHARS)
}

/// The answers so far: of each person the last one, which counts.
fn answers(interaction: &Interaction) -> Option<Part> {
    let responses = &interaction.responses;
    let replaced = |at: usize, by: &str| responses[at + 1..].iter().any(|later| later.by.eq_ignore_ascii_case(by));
    let last = responses.iter().enumerate().filter(|(at, response)| !replaced(*at, &response.by));
    let told = listed(last.map(|(_, response)| answer(interaction, response)));
    (!told.is_empty()).then_some(Part { title: "Answers", body: Body::List(told) })
}

fn answer(interaction: &Interaction, response: &Response) -> String {
    let by = line(&response.by);
    let entered = response.entered_by.as_ref().map(|by| format!(" (entered by {})", line(by))).unwrap_or_default();
    let text = response.answer.as_str().filter(|_| interaction.kind == InteractionKind::Ask);
    let said = text.map_or_else(|| called(interaction, &response.decision), line);
    let comment = response.comment.as_deref().filter(|comment| !comment.trim().is_empty());
    let comment = comment.map(|comment| format!(" – “{}”", line(comment))).unwrap_or_default();
    format!("{by}{entered}: {said}{comment}")
}

fn label(kind: InteractionKind) -> &'static str {
    match kind {
        InteractionKind::Approval | InteractionKind::Authorization => "Review and decide",
        InteractionKind::Input => "Fill in the form",
        InteractionKind::Decision => "Choose an option",
        InteractionKind::Review => "Read and decide",
        InteractionKind::Ask => "Write an answer",
    }
}

/// What to know before following the link, or what to do without one.
fn note(letter: &Letter) -> String {
    let id = &letter.interaction.interaction_id;
    match (&letter.link, &letter.inbox) {
        (Some(_), _) => {
            "Nothing is decided until you confirm it on the page. The link is yours alone, so please do not \
                         forward this mail."
                .into()
        }
        (None, Some(_)) => "Nothing is decided until you confirm it on the page, where you sign in.".into(),
        // Whoever is at the host may have started it, and cannot answer for others then.
        (None, None) if letter.interaction.kept_out.is_some() => format!(
            "This host has no address that a link could lead to. It has one while it is served: stepwell dev \
             --mail-to-folder outbox. Then this is sent again, with a link, by: stepwell notify {id}"
        ),
        (None, None) => format!("It is answered with: stepwell answer {id}"),
    }
}
