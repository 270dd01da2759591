//! What a host can tell of a document beside the static checks: whether its JavaScript parses, whether its attempts get the
//! time that they ask for, which secrets it names that are not stored, and which groups it asks in which nobody is.

use crate::{
    Answered, App, limits,
    request::aside::aside,
    types::{Checked, Fault},
};
use document::{
    ChannelUse, Lasting, Parsed, Script, Workflow, parse,
    validate::{Issue, Severity},
};
use engine::groups::without_members;
use serde_json::Value;
use stepwell_core::interaction::channel::ChannelKind;
use tokio::time::{Instant, timeout_at};

/// The errors of a document's JavaScript. What is not told in time is not checked: it fails when it runs.
async fn scripts(app: &App, owner: &str, scripts: &[Script]) -> Vec<Issue> {
    let until = Instant::now() + limits::SCRIPTS;
    let mut issues = Vec::new();
    for script in scripts {
        match timeout_at(until, app.host.syntax(owner, &script.code)).await {
            Ok(Some(fault)) => issues.push(script.refused(&fault)),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    issues
}

/// What the host says of attempts that ask for more time than it gives.
fn lasting(app: &App, attempts: &[Lasting]) -> Vec<Issue> {
    let Some(most) = app.host.longest_attempt() else { return Vec::new() };
    let hint = format!(
        "give at most {most}; or whoever runs this deploys it with a larger FunctionTimeout, of up to 900 s; or leave longer work \
         to an external worker"
    );
    attempts.iter().filter_map(|one| one.too_long(most, &hint)).collect()
}

/// The errors of calls that ask for more time than the host gives, which would be cut off again and again.
pub(crate) fn cut_off(app: &App, parsed: &Parsed) -> Vec<Issue> {
    lasting(app, &parsed.lasting).into_iter().filter(|issue| issue.severity == Severity::Error).collect()
}

/// The errors that only a host can tell: those of the document's JavaScript, and of what would be cut off here.
pub(crate) async fn errors(app: &App, owner: &str, parsed: &Parsed) -> Vec<Issue> {
    let mut issues = scripts(app, owner, &parsed.scripts).await;
    issues.extend(cut_off(app, parsed));
    issues
}

/// What the host says of a document that it takes all the same: of channels that it has not set up, and of time.
pub(super) fn doubts(app: &App, parsed: &Parsed) -> Vec<Issue> {
    let mut issues = channels(app, &parsed.channels, Severity::Warning);
    issues.extend(lasting(app, &parsed.lasting).into_iter().filter(|issue| issue.severity == Severity::Warning));
    issues
}

/// Warns an admin, who alone may know which secrets are stored, of those that a workflow names and the host lacks. Where
/// the host may not look, nothing is said.
pub(super) async fn secrets(app: &App, owner: &str, workflow: &Workflow) -> Vec<Fault> {
    let mut warnings = Vec::new();
    for name in workflow.secrets() {
        if let Ok(None) = app.host.secrets().secret(owner, name).await {
            warnings.push(Fault {
                code: "missing_secret".into(),
                severity: Some(Severity::Warning),
                message: format!("no secret is stored under the name `{name}`"),
                hint: Some(format!(
                    "store it before this runs: PUT /v1/secrets/{name}, or `stepwell secret set {name}`"
                )),
                ..Fault::default()
            });
        }
    }
    warnings
}

/// What the host says of the channels by which a document tells people: those that it has not set up.
fn channels(app: &App, channels: &[ChannelUse], severity: Severity) -> Vec<Issue> {
    let unconfigured = |one: &ChannelUse| {
        let kind = ChannelKind::parse(one.kind)?;
        let why = match app.host.notifier() {
            Some(notifier) => notifier.unconfigured(kind)?,
            None => "this host sends no messages: people find what they are asked in their inbox".into(),
        };
        Some(one.unconfigured(severity, &why))
    };
    channels.iter().filter_map(unconfigured).collect()
}

/// Warns of groups that a workflow asks and in which the host knows nobody. Questions to them are opened all the same, since
/// somebody may become a member, and tokens may name groups of their own.
pub(super) async fn groups(app: &App, owner: &str, workflow: &Workflow) -> Vec<Fault> {
    let mut warnings = Vec::new();
    let but = if app.jwt.is_some() { ", but those whose JWTs name it" } else { "" };
    let asked = workflow.groups();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    for name in without_members(&*app.host, owner, &asked).await.unwrap_or_default() {
        warnings.push(Fault {
            code: "group_without_members".into(),
            severity: Some(Severity::Warning),
            message: format!("nobody is in the group `{name}`, so nobody could answer for it{but}"),
            hint: Some(format!(
                "say who is: PUT /v1/groups/{name}, or `stepwell group set {name} MEMBER…`; open questions are asked \
                 of new members too"
            )),
            ..Fault::default()
        });
    }
    warnings
}

/// A parsed document with which the host finds nothing wrong either.
///
/// # Errors
/// What the host finds wrong.
pub(super) async fn whole(app: &App, owner: &str, parsed: Parsed) -> Result<Parsed, Vec<Issue>> {
    let issues = errors(app, owner, &parsed).await;
    if issues.is_empty() { Ok(parsed) } else { Err(issues) }
}

/// What the static checks and the host say of a document. `unconfigured` is how much a channel weighs that the host has not
/// set up.
pub(super) async fn checked(app: &App, owner: &str, document: Value, unconfigured: Severity) -> Answered<Checked> {
    let parsed = match aside(move || parse(&document)).await? {
        Ok(parsed) => parsed,
        Err(issues) => return Ok(Checked::of(false, &issues)),
    };
    let mut issues = scripts(app, owner, &parsed.scripts).await;
    issues.extend(lasting(app, &parsed.lasting));
    issues.extend(channels(app, &parsed.channels, unconfigured));
    let valid = issues.iter().all(|issue| issue.severity != Severity::Error);
    issues.extend(parsed.warnings);
    Ok(Checked::of(valid, &issues))
}
