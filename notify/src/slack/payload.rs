//! Slack's requests: presses of buttons, forms that were sent, and the command.

use super::blocks::{APPROVE, CHOOSE, FORM, MENU, REJECT};
use crate::limits::SLACK_ID_BYTES;
use document::id::sha256_hex;
use engine::port::{SlackAct, SlackChoice, SlackDeed, SlackPlace};
use serde::Deserialize;
use serde_json::Value;
use stepwell_core::id::InteractionId;

/// What is wrong with a request that cannot be read.
const UNKNOWN: &str =
    "this is no request of Slack that is known: set this address for interactivity and for the command";

/// What Slack sends of an interaction, as far as it is used.
#[derive(Deserialize)]
struct Payload {
    r#type: String,
    user: User,
    team: Option<Named>,
    enterprise: Option<Named>,
    #[serde(default)]
    trigger_id: String,
    response_url: Option<String>,
    channel: Option<Named>,
    container: Option<Container>,
    #[serde(default)]
    actions: Vec<Action>,
    view: Option<View>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Container {
    message_ts: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    value: Option<String>,
    selected_option: Option<Chosen>,
    #[serde(default)]
    action_ts: String,
}

#[derive(Deserialize)]
struct Chosen {
    value: String,
}

#[derive(Deserialize)]
struct View {
    id: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct State {
    #[serde(default)]
    values: Value,
}

/// Reads the body of a request that Slack signed.
///
/// # Errors
/// What is wrong with it, without any of it.
pub(super) fn read(body: &[u8]) -> Result<SlackAct, &'static str> {
    let mut payload = None;
    let (mut command, mut user, mut response_url, mut trigger, mut check) = (None, None, None, String::new(), false);
    let mut place = SlackPlace::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "payload" => payload = Some(value),
            "command" => command = Some(value),
            "team_id" => place.teams.push(value.into_owned()),
            "enterprise_id" => place.enterprise = Some(value.into_owned()),
            "user_id" => user = Some(value.into_owned()),
            "response_url" => response_url = Some(value.into_owned()),
            "trigger_id" => trigger = value.into_owned(),
            "ssl_check" => check = true,
            _ => {}
        }
    }
    if let Some(payload) = payload {
        return interaction(serde_json::from_str(&payload).map_err(|_| UNKNOWN)?);
    }
    if command.is_some() {
        let user = user.filter(|id| is_id(id)).ok_or(UNKNOWN)?;
        return Ok(SlackAct { user, place, key: trigger, response_url, what: SlackDeed::List });
    }
    if check {
        // Slack looks at the certificate of an address now and then.
        let (user, key) = (String::new(), String::new());
        return Ok(SlackAct { user, place, key, response_url: None, what: SlackDeed::Nothing });
    }
    Err(UNKNOWN)
}

fn interaction(payload: Payload) -> Result<SlackAct, &'static str> {
    if !is_id(&payload.user.id) {
        return Err(UNKNOWN);
    }
    let user = payload.user.id.clone();
    let teams = [payload.team.as_ref().map(|team| team.id.clone()), payload.user.team_id.clone()];
    let enterprise = payload.enterprise.as_ref().map(|one| one.id.clone());
    let place = SlackPlace { teams: teams.into_iter().flatten().collect(), enterprise };
    let response_url = payload.response_url.clone();
    let (key, what) = match payload.r#type.as_str() {
        "block_actions" => pressed(payload)?,
        "view_submission" => sent(payload)?,
        _ => (String::new(), SlackDeed::Nothing),
    };
    Ok(SlackAct { key: format!("{user}\n{key}"), user, place, response_url, what })
}

/// What a press asks for. Slack sends one action at a time.
fn pressed(payload: Payload) -> Result<(String, SlackDeed), &'static str> {
    let Some(action) = payload.actions.into_iter().next() else { return Err(UNKNOWN) };
    let channel = payload.channel.map(|channel| channel.id).unwrap_or_default();
    let message = payload.container.and_then(|it| it.message_ts).unwrap_or_default();
    let key = [channel.as_str(), &message, &action.action_ts, &action.action_id].join("\n");
    let value = action.value.unwrap_or_default();
    let choose =
        |value: &str, choice| id(value).map(|interaction| SlackDeed::Choose { interaction, choice }).ok_or(UNKNOWN);
    let what = match action.action_id.as_str() {
        APPROVE => choose(&value, SlackChoice::Approve)?,
        REJECT => choose(&value, SlackChoice::Reject)?,
        FORM => {
            let interaction = id(&value).ok_or(UNKNOWN)?;
            // The ids of direct messages begin with this letter.
            let direct = channel.starts_with('D');
            SlackDeed::OpenForm { interaction, trigger: payload.trigger_id, direct }
        }
        MENU => {
            let chosen = action.selected_option.map(|option| option.value).unwrap_or_default();
            let (question, at) = chosen.split_once(' ').ok_or(UNKNOWN)?;
            let choice = SlackChoice::Option(at.parse().map_err(|_| UNKNOWN)?);
            let deed = choose(question, choice)?;
            return Ok((format!("{key}\n{at}"), deed));
        }
        name => match name.strip_prefix(CHOOSE) {
            Some(at) => choose(&value, SlackChoice::Option(at.parse().map_err(|_| UNKNOWN)?))?,
            // A link opens by itself, and Slack tells of it.
            None => SlackDeed::Nothing,
        },
    };
    Ok((key, what))
}

/// The form that was sent. What was filled in is a part of its identity: a form that is corrected is sent under the same
/// id.
fn sent(payload: Payload) -> Result<(String, SlackDeed), &'static str> {
    let view = payload.view.ok_or(UNKNOWN)?;
    if view.callback_id != FORM {
        return Ok((String::new(), SlackDeed::Nothing));
    }
    let interaction = id(&view.private_metadata).ok_or(UNKNOWN)?;
    let values = view.state.values;
    let key = [view.id.as_str(), &view.hash, &sha256_hex(values.to_string().as_bytes())].join("\n");
    Ok((key, SlackDeed::SendForm { interaction, values }))
}

/// The id of a question.
fn id(text: &str) -> Option<InteractionId> {
    is_id(text).then(|| InteractionId::from(text))
}

fn is_id(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= SLACK_ID_BYTES && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn body(payload: &Value) -> Vec<u8> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("payload", &payload.to_string()).finish().into_bytes()
    }

    fn press(action: Value) -> Value {
        json!({"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "12.34",
            "response_url": "https://hooks.slack.com/actions/x", "channel": {"id": "C1"},
            "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"}, "actions": [action]})
    }

    #[test]
    fn each_press_is_told_from_all_others_and_known_when_it_comes_again() {
        let approve = |at: &str| json!({"action_id": "approve", "value": "q-1", "action_ts": at, "type": "button"});
        let first = read(&body(&press(approve("5.0")))).unwrap();
        assert_eq!(first.what, SlackDeed::Choose { interaction: "q-1".into(), choice: SlackChoice::Approve });
        assert_eq!(
            (first.user.as_str(), first.response_url.as_deref()),
            ("U1", Some("https://hooks.slack.com/actions/x"))
        );
        assert_eq!(read(&body(&press(approve("5.0")))).unwrap(), first);
        assert_ne!(read(&body(&press(approve("6.0")))).unwrap().key, first.key);
        let mut other = press(approve("5.0"));
        other["user"]["id"] = json!("U2");
        assert_ne!(read(&body(&other)).unwrap().key, first.key);
    }

    #[test]
    fn buttons_menus_links_and_forms_are_read() {
        let what = |payload: &Value| read(&body(payload)).map(|act| act.what);
        let option = |at| SlackDeed::Choose { interaction: "q-1".into(), choice: SlackChoice::Option(at) };
        assert_eq!(what(&press(json!({"action_id": "choose.3", "value": "q-1"}))), Ok(option(3)));
        let menu = json!({"action_id": "menu", "selected_option": {"value": "q-1 12"}});
        assert_eq!(what(&press(menu)), Ok(option(12)));
        assert_eq!(what(&press(json!({"action_id": "link"}))), Ok(SlackDeed::Nothing));
        assert_eq!(what(&json!({"type": "view_closed", "user": {"id": "U1"}})), Ok(SlackDeed::Nothing));
        let form = press(json!({"action_id": "form", "value": "q-1"}));
        let opens = |direct| SlackDeed::OpenForm { interaction: "q-1".into(), trigger: "12.34".into(), direct };
        assert_eq!(what(&form), Ok(opens(false)));
        let mut direct = form;
        direct["channel"]["id"] = json!("D1");
        assert_eq!(what(&direct), Ok(opens(true)));
        let values = json!({"field.0": {"value": {"type": "plain_text_input", "value": "x"}}});
        let sent = json!({"type": "view_submission", "user": {"id": "U1"}, "team": null,
            "view": {"id": "V1", "hash": "h", "callback_id": "form", "private_metadata": "q-1", "state": {"values": values}}});
        assert_eq!(what(&sent), Ok(SlackDeed::SendForm { interaction: "q-1".into(), values }));
        let command =
            read(b"command=%2Fstepwell&text=&user_id=U1&response_url=https%3A%2F%2Fhooks.slack.com%2Fx").unwrap();
        assert_eq!((command.what, command.user.as_str()), (SlackDeed::List, "U1"));
        assert_eq!(read(b"ssl_check=1&token=x").map(|act| act.what), Ok(SlackDeed::Nothing));
    }

    #[test]
    fn what_is_no_request_of_slack_is_refused_without_a_word_of_it() {
        for wrong in [
            b"".to_vec(),
            b"payload=".to_vec(),
            b"payload=nonsense".to_vec(),
            b"command=x".to_vec(),
            b"command=x&user_id=%0a".to_vec(),
            body(&json!([])),
            body(&json!({"type": "block_actions", "user": {"id": "U1"}, "actions": []})),
            body(&press(json!({"action_id": "approve", "value": "../x"}))),
            body(&press(json!({"action_id": "approve"}))),
            body(&press(json!({"action_id": "choose.-1", "value": "q-1"}))),
            body(&press(json!({"action_id": "menu"}))),
            body(&json!({"type": "view_submission", "user": {"id": "U1"}})),
        ] {
            assert_eq!(read(&wrong), Err(UNKNOWN), "{}", String::from_utf8_lossy(&wrong));
        }
    }
}
