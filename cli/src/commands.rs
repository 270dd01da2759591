//! The commands by which a question is answered or an execution goes on, as they can be pasted into a shell.

use super::{Globals, example::example, output, tool_name::ToolName};
use api::types::{Choice, Delivery, Execution, Interaction};
use engine::groups::group_of;
use local::store::running;
use stepwell_core::{
    execution::Status,
    interaction::{InteractionKind, REWIND, channel::ChannelKind, delivery::DeliveryStatus},
};

/// The commands that answer a question, one for each way to decide it. What a person is to fill in stands as an example.
pub fn answers(question: &Interaction, globals: &Globals) -> Vec<String> {
    // On a host elsewhere the caller is whom the token names, and answers for nobody else.
    let person = if globals.url.is_some() { None } else { on_behalf_of(question) };
    let command = |how: &[&str]| {
        let person = person.as_deref().map(|person| ["--as", person]);
        let words: Vec<&str> = ["answer", &question.interaction_id]
            .into_iter()
            .chain(how.iter().copied())
            .chain(person.into_iter().flatten())
            .collect();
        globals.pasted(&words)
    };
    match question.kind {
        InteractionKind::Approval | InteractionKind::Review => vec![command(&["--approve"]), command(&["--reject"])],
        InteractionKind::Authorization => {
            let about = question.authorization.as_ref();
            let dangerous = ToolName::asked(about).is_some();
            // A person types the name of a dangerous tool, so the command that lets it loose is not one to paste.
            let approve = if dangerous { command(&["--approve", "--tool", "NAME"]) } else { command(&["--approve"]) };
            vec![approve, command(&["--reject"])]
        }
        InteractionKind::Decision => {
            let way = |option: &Choice| match option.id.as_str() {
                REWIND if question.on_error => command(&["--option", REWIND, "--value", r#"{"node": "NODE"}"#]),
                id => command(&["--option", id]),
            };
            question.options.iter().map(way).collect()
        }
        InteractionKind::Input => {
            let data = question.schema.as_ref().map_or_else(|| "null".into(), |schema| example(schema).to_string());
            vec![command(&["--value", &data])]
        }
        InteractionKind::Ask => vec![command(&["--text", "your answer"])],
    }
}

/// How a question is answered, in lines to be shown: by which commands, or where the user may not. `served`: a host moves
/// all executions of the data folder now.
pub fn ways(question: &Interaction, globals: &Globals, served: bool) -> Vec<String> {
    if globals.url.is_some() || !is_kept_out(question) {
        return output::answer_lines(&answers(question, globals));
    }
    let is_mailed = question.deliveries.iter().any(|it| it.channel == ChannelKind::Email);
    if question.assignees.is_empty() || !is_mailed {
        return in_their_own_name(question, globals);
    }
    let mails = [globals.pasted(&["dev", "--mail-to-folder", "outbox"]), notify(question, globals)];
    let mut lines = vec![format!("  {KEPT_OUT}: those who are asked answer by the links in their mails")];
    let is_written = |mail: &Delivery| mail.channel == ChannelKind::Email && mail.status == DeliveryStatus::Sent;
    if served && question.deliveries.iter().any(is_written) {
        lines.extend(output::with_lines("to send them again:", &mails[1..]));
    } else {
        lines.extend(output::with_lines("to have them written:", &mails[..1]));
        lines.extend(output::with_lines("then, to send them again:", &mails[1..]));
    }
    lines
}

/// How others answer a question about which no mail with a link is written: with a token of theirs, at a host that takes it.
fn in_their_own_name(question: &Interaction, globals: &Globals) -> Vec<String> {
    let in_slack = question.deliveries.iter().any(|it| it.channel == ChannelKind::Slack);
    let more = if in_slack { ", in Slack or with a token" } else { "" };
    let answered = |person: &str| question.responses.iter().any(|one| one.by.eq_ignore_ascii_case(person));
    let waits = |it: &&String| group_of(it).is_none() && !keeps_out(question, it.as_str()) && !answered(it.as_str());
    let person = question.assignees.iter().find(waits);
    let person = person.map_or("EMAIL", String::as_str);
    let token = ["token", "create", "--name", "answers", "--subject", person, "--scopes", "read,respond"];
    let mut lines = vec![format!("  {KEPT_OUT}: those who are asked answer it, each in their own name{more}")];
    lines.extend(output::with_lines("make a token for one of them:", &[globals.pasted(&token)]));
    let served = running(globals.data()).and_then(|holder| holder.url);
    if served.is_none() {
        lines.extend(output::with_lines("serve the data folder:", &[globals.pasted(&["dev"])]));
    }
    let url = served.unwrap_or_else(|| "URL".to_owned());
    let there = Globals { url: Some(url), data: None, token: None, owner: None, json: false };
    let commands: Vec<String> = answers(question, &there).iter().map(|it| format!("{it} --token TOKEN")).collect();
    lines.extend(output::with_lines("then they answer with it:", &commands));
    lines
}

/// Why the user is not asked.
pub const KEPT_OUT: &str = "whoever started the execution may not decide it";

/// Who answers a question in place of whoever started what asks it.
pub fn but_for(requester: &str) -> String {
    output::clean(&format!(
        "those who are asked answer it, each in their own name, but for {requester}, who started it"
    ))
}

/// Whether the user of this machine may not answer a question, having started what asks it.
pub fn is_kept_out(question: &Interaction) -> bool {
    keeps_out(question, &local::server::local_subject())
}

fn keeps_out(question: &Interaction, person: &str) -> bool {
    question.kept_out.iter().chain(&question.also_kept_out).any(|one| one.eq_ignore_ascii_case(person))
}

fn notify(question: &Interaction, globals: &Globals) -> String {
    globals.pasted(&["notify", &question.interaction_id])
}

/// The commands by which an execution goes on that failed, was cancelled or is stuck; none for others. A child goes on
/// with the execution that it belongs to.
pub fn ways_on(execution: &Execution, globals: &Globals) -> Vec<String> {
    let id = execution.execution_id.as_str();
    let unstick = |action: &str| globals.pasted(&["unstick", id, action]);
    let undoes = execution.error.as_ref().is_some_and(|error| error.code == "compensation_failed");
    match execution.status {
        Status::Failed | Status::Cancelled if execution.parent.is_none() => vec![globals.pasted(&["retry", id])],
        Status::Stuck if undoes => ["retry", "skip", "mark-done"].map(unstick).into(),
        Status::Stuck => ["redrive", "skip"].map(unstick).into(),
        Status::Failed | Status::Cancelled | Status::Completed | Status::Skipped => Vec::new(),
        Status::Pending | Status::Running | Status::Paused | Status::Waiting | Status::WaitingHuman => Vec::new(),
        Status::RollingBack => Vec::new(),
    }
}

/// Returns for whom the user answers: the first assignee who has not, or the first of all. The answer is recorded as
/// theirs, entered by the user. None where the user is an assignee or anybody may answer, and where groups alone are
/// asked, whose members the question does not name.
pub fn on_behalf_of(question: &Interaction) -> Option<String> {
    let people: Vec<&String> = question.assignees.iter().filter(|one| group_of(one).is_none()).collect();
    let me = local::server::local_subject();
    if people.is_empty() || people.iter().any(|person| person.eq_ignore_ascii_case(&me)) {
        return None;
    }
    let answered = |person: &String| question.responses.iter().any(|one| one.by == *person);
    people.iter().find(|person| !answered(person)).or(people.first()).map(|person| (*person).clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn question(fields: Value) -> Interaction {
        let mut all = json!({"interaction_id": "i", "execution_id": "e", "workflow_id": "w", "node": "n",
            "kind": "approval", "status": "pending", "question": "?", "details": null, "schema": null, "options": [],
            "assignees": [], "deadline": null, "created_at": "2026-01-31T09:00:00Z", "decided_at": null,
            "decision": null, "responses": [], "responses_needed": 1, "deliveries": []});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    /// The commands without the program, which is called by its path in tests.
    fn commands(fields: Value, globals: &Globals) -> Vec<String> {
        let shown = answers(&question(fields), globals);
        shown.iter().map(|command| command.split_once(' ').unwrap().1.to_owned()).collect()
    }

    fn globals(data: Option<&str>, url: Option<&str>) -> Globals {
        Globals { data: data.map(Into::into), url: url.map(Into::into), token: None, owner: None, json: false }
    }

    #[test]
    fn the_user_answers_for_the_first_assignee_who_has_not() {
        let asked = |responses: Value| question(json!({"assignees": ["a@x", "b@x"], "responses": responses}));
        let response = json!({"by": "a@x", "via": "api", "entered_by": null, "at": "2026-01-31T09:00:00Z",
            "decision": "approved", "answer": true, "comment": null, "shown_sha256": "00"});
        assert_eq!(on_behalf_of(&asked(json!([]))).as_deref(), Some("a@x"));
        assert_eq!(on_behalf_of(&asked(json!([response]))).as_deref(), Some("b@x"));
        assert_eq!(on_behalf_of(&question(json!({}))), None);
        let grouped = |people: Value| on_behalf_of(&question(json!({ "assignees": people })));
        assert_eq!(grouped(json!(["group:finance", "c@x"])).as_deref(), Some("c@x"), "a group is nobody");
        assert_eq!(grouped(json!(["group:finance"])), None);
    }

    #[test]
    fn each_way_to_decide_is_a_command_of_its_own() {
        let here = globals(None, None);
        assert_eq!(commands(json!({}), &here), ["answer i --approve", "answer i --reject"]);
        let options = json!([{"id": "l", "label": "Left"}, {"id": "to the right", "label": "Right"}]);
        let decision = json!({"kind": "decision", "assignees": ["a@x"], "options": options});
        let expected = ["answer i --option l --as a@x", "answer i --option 'to the right' --as a@x"];
        assert_eq!(commands(decision, &here), expected);
        let about = json!({"tool": "rm -rf", "arguments": null, "security_level": "high"});
        let authorization = json!({"kind": "authorization", "authorization": about});
        assert_eq!(
            commands(authorization, &here)[0],
            "answer i --approve --tool NAME",
            "the name is typed by a person"
        );
        let schema = json!({"type": "object", "properties": {"it's": {"type": "integer"}}});
        let expected = [r#"answer i --value '{"it'\''s":1}'"#];
        assert_eq!(commands(json!({"kind": "input", "schema": schema}), &here), expected);
        assert_eq!(commands(json!({"kind": "ask"}), &here), ["answer i --text 'your answer'"]);
    }

    #[test]
    fn a_command_leads_to_the_same_host() {
        let ask = json!({"kind": "ask", "assignees": ["a@x"]});
        let folder = globals(Some("my data"), None);
        assert_eq!(commands(ask.clone(), &folder), ["answer i --text 'your answer' --as a@x --data 'my data'"]);
        let elsewhere = globals(None, Some("http://127.0.0.1:9000"));
        assert_eq!(commands(ask, &elsewhere), ["answer i --text 'your answer' --url http://127.0.0.1:9000"]);
    }
}
