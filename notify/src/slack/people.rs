//! Who is who: the members of the workspace by their e-mail addresses.
//!
//! An address counts only of a full account of the app's own workspace. People of other workspaces come into shared channels
//! with addresses that their own administrators gave them, and so could claim to be anybody. Nor is a request believed that
//! names another workspace: an id of a user is looked up in the app's own, where it may be somebody else's.

use super::{client::Client, fault::Fault, remembered::Remembered};
use engine::port::{SlackPlace, SlackStranger};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// The members of the workspace, as far as they were looked up.
#[derive(Default)]
pub(super) struct People {
    /// Addresses by Slack's id of the user, and the place that was named with it.
    addresses: Remembered,
    /// Channels of direct messages by address.
    directs: Remembered,
    /// The workspace of the app, and the organisation that it belongs to.
    home: OnceCell<Home>,
}

/// The app's own workspace.
struct Home {
    team: String,
    enterprise: Option<String>,
}

/// What is told of an account that is not believed.
const ELSEWHERE: &str = "your account belongs to another workspace, so that your e-mail address cannot be believed here: \
                         answer by your own link, or in the inbox";

/// What is told of a guest, who is let into some channels, and is not one of the tenant's people for that.
const GUEST: &str = "your account is a guest's, which is no full member's: answer by your own link, or in the inbox";

impl People {
    /// The address of a user of a place.
    pub async fn email(
        &self,
        client: &Client,
        (user, place): (&str, &SlackPlace),
        limit: Duration,
    ) -> Result<String, SlackStranger> {
        let organisation = place.enterprise.as_deref().unwrap_or_default();
        let name = format!("{user} {} {organisation}", place.teams.join(" "));
        if let Some(known) = self.addresses.get(&name, Instant::now()) {
            return Ok(known);
        }
        let arguments = [("user", json!(user))];
        let (found, home) = tokio::join!(client.call("users.info", &arguments, limit), self.home(client, limit));
        let (found, home) = (found.map_err(stranger)?, home.map_err(stranger)?);
        let account = &found["user"];
        if let Some(why) = doubt(account, home).or_else(|| foreign(place, account, home)) {
            return Err(SlackStranger::Refused(why.to_owned()));
        }
        let address = account["profile"]["email"].as_str().filter(|address| address.contains('@'));
        let missing =
            "Slack does not tell your e-mail address: whoever runs the app must add the scope users:read.email";
        let address = address.ok_or_else(|| SlackStranger::Refused(missing.to_owned()))?;
        self.addresses.put(&name, address, Instant::now());
        Ok(address.to_owned())
    }

    /// The channel of direct messages with whoever has an address.
    pub async fn direct(&self, client: &Client, address: &str, limit: Duration) -> Result<String, Fault> {
        let name = address.to_ascii_lowercase();
        if let Some(known) = self.directs.get(&name, Instant::now()) {
            return Ok(known);
        }
        let arguments = [("email", json!(address))];
        let (found, home) =
            tokio::join!(client.call("users.lookupByEmail", &arguments, limit), self.home(client, limit));
        let (found, home) = (found?, home?);
        let account = &found["user"];
        if let Some(why) = doubt(account, home) {
            // The message has the person's own link, which nobody else may get.
            let message = format!("Slack's account of this address cannot be written to: {why}");
            return Err(Fault::unanswered(message, false));
        }
        let user = account["id"].as_str().unwrap_or_default();
        let opened = client.call("conversations.open", &[("users", json!(user))], limit).await?;
        let channel = opened["channel"]["id"].as_str().filter(|id| !id.is_empty());
        let channel = channel.ok_or_else(|| Fault::unanswered("Slack named no channel for a direct message", true))?;
        self.directs.put(&name, channel, Instant::now());
        Ok(channel.to_owned())
    }

    /// Forgets the channel of an address, which Slack no longer takes.
    pub fn forget(&self, address: &str) {
        self.directs.forget(&address.to_ascii_lowercase());
    }

    /// The app's own workspace, which never changes under one token.
    async fn home(&self, client: &Client, limit: Duration) -> Result<&Home, Fault> {
        let ask = async || {
            let found = client.call("auth.test", &[], limit).await?;
            let text = |name: &str| found[name].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
            let team = text("team_id").ok_or_else(|| Fault::unanswered("Slack named no workspace of the app", true))?;
            Ok(Home { team, enterprise: text("enterprise_id") })
        };
        self.home.get_or_try_init(ask).await
    }
}

/// Why a request is not believed that names this account, which is beyond doubt itself: it names another workspace than the
/// app's and the account's. Within one organisation people act in all workspaces of it.
fn foreign(place: &SlackPlace, account: &Value, home: &Home) -> Option<&'static str> {
    let enterprise = home.enterprise.as_deref();
    if enterprise.is_some() && place.enterprise.as_deref() == enterprise {
        return None;
    }
    let is_known = |team: &String| {
        let known = [Some(home.team.as_str()), account["team_id"].as_str(), enterprise];
        known.contains(&Some(team.as_str()))
    };
    (!place.teams.iter().all(is_known)).then_some(ELSEWHERE)
}

/// Why an account is not believed to be the person of its address.
fn doubt(account: &Value, home: &Home) -> Option<&'static str> {
    let is = |name: &str| account[name].as_bool() == Some(true);
    if is("deleted") || is("is_bot") || is("is_workflow_bot") || is("is_connector_bot") {
        return Some("the account is no member's");
    }
    let team = account["team_id"].as_str().unwrap_or_default();
    let enterprise = account["enterprise_user"]["enterprise_id"].as_str();
    let of_home = team == home.team || (enterprise.is_some() && enterprise == home.enterprise.as_deref());
    if is("is_stranger") || !of_home {
        return Some(ELSEWHERE);
    }
    if is("is_restricted") || is("is_ultra_restricted") {
        return Some(GUEST);
    }
    (account["is_email_confirmed"].as_bool() == Some(false))
        .then_some("your e-mail address is not confirmed yet: follow the link in Slack's mail, and try again")
}

fn stranger(fault: Fault) -> SlackStranger {
    match fault.retryable {
        true => SlackStranger::Unavailable(fault.message),
        false if fault.is(&["user_not_found", "user_not_visible"]) => SlackStranger::Refused(ELSEWHERE.to_owned()),
        false => SlackStranger::Refused(format!("who you are cannot be looked up: {}", fault.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_accounts_of_the_apps_own_workspace_are_believed() {
        let home = Home { team: "T1".into(), enterprise: Some("E1".into()) };
        assert_eq!(doubt(&json!({"team_id": "T1", "is_email_confirmed": true}), &home), None);
        assert_eq!(doubt(&json!({"team_id": "T1"}), &home), None);
        assert_eq!(doubt(&json!({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}}), &home), None);
        for account in [
            json!({}),
            json!({"team_id": "T2"}),
            json!({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}}),
            json!({"team_id": "T1", "is_stranger": true}),
            json!({"team_id": "T1", "is_bot": true}),
            json!({"team_id": "T1", "deleted": true}),
            json!({"team_id": "T1", "is_email_confirmed": false}),
            json!({"team_id": "T1", "is_restricted": true, "is_email_confirmed": true}),
            json!({"team_id": "T1", "is_restricted": true, "is_ultra_restricted": true}),
        ] {
            assert!(doubt(&account, &home).is_some(), "{account}");
        }
        let alone = Home { team: "T1".into(), enterprise: None };
        assert!(doubt(&json!({"team_id": "T2"}), &alone).is_some());
    }

    #[test]
    fn a_request_from_elsewhere_is_not_believed_whoever_has_that_id_here() {
        let home = Home { team: "T1".into(), enterprise: Some("E1".into()) };
        let (ours, other) = (json!({"team_id": "T1"}), json!({"team_id": "T2"}));
        let named = |teams: &[&str], enterprise: Option<&str>| SlackPlace {
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            enterprise: enterprise.map(str::to_owned),
        };
        for (place, account) in [
            (named(&["T1", "T1"], None), &ours),
            (named(&["T1"], Some("E1")), &ours),
            (named(&[], None), &ours),
            (named(&["T1", "T2"], None), &other),
            (named(&["E1"], None), &ours),
            (named(&["T3", "T2"], Some("E1")), &ours),
        ] {
            assert_eq!(foreign(&place, account, &home), None, "{place:?}");
        }
        let alone = Home { team: "T1".into(), enterprise: None };
        for (place, home) in [
            (named(&["T9", "T9"], None), &home),
            (named(&["T1", "T9"], None), &home),
            (named(&["T9", "T1"], Some("E9")), &home),
            (named(&["T9"], Some("E1")), &alone),
        ] {
            assert!(foreign(&place, &ours, home).is_some(), "{place:?}");
        }
    }
}
