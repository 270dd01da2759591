//! Errors of Slack's Web API: which of them another try can cure, and what to do about the others.

use crate::limits::SLACK_RETRY_SECONDS;
use stepwell_core::interaction::delivery::Told;

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// Slack's own code, such as `channel_not_found`; none where there was no answer of Slack.
    pub code: Option<String>,
    /// What went wrong and what to do next, for people.
    pub message: String,
    /// Whether another try may help.
    pub retryable: bool,
    /// Seconds before which Slack wants no other try.
    pub after_seconds: Option<f64>,
}

impl Fault {
    /// There was no answer, or one that is not Slack's.
    pub fn unanswered(message: impl Into<String>, retryable: bool) -> Self {
        Self { code: None, message: message.into(), retryable, after_seconds: None }
    }

    /// Slack takes no more calls for now.
    pub fn limited(method: &str, after_seconds: Option<f64>) -> Self {
        let after = after_seconds.map(|seconds| seconds.clamp(0.0, SLACK_RETRY_SECONDS));
        let message = format!("Slack takes no more calls of {method} for now (ratelimited)");
        Self { code: Some("ratelimited".into()), message, retryable: true, after_seconds: after }
    }

    /// Slack answered a call with an error. `needed` names the scope that the token lacks, where Slack says so.
    pub fn answered(method: &str, code: &str, needed: Option<&str>) -> Self {
        let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
        let needed = needed.unwrap_or("the scopes of the manifest in docs/slack.md");
        let advice = advice(&code, needed);
        let retryable = matches!(
            code.as_str(),
            "internal_error"
                | "fatal_error"
                | "service_unavailable"
                | "request_timeout"
                | "team_added_to_org"
                | "ratelimited"
                | "rate_limited"
                | "accesslimited"
                | "org_login_required"
                | "ekm_access_denied"
                | "message_limit_exceeded"
        );
        // What is not known may pass: a code that is new to this release must not lose a message at once.
        let retryable = retryable || advice.is_none();
        let advice = advice.map(|advice| format!(". {advice}")).unwrap_or_default();
        let message = format!("Slack refused {method}: {code}{advice}");
        Self { code: Some(code), message, retryable, after_seconds: None }
    }

    /// Whether Slack said nothing about the call itself: it is away, or takes no more calls for now.
    pub fn is_silence(&self) -> bool {
        self.retryable && (self.code.is_none() || self.is(&["ratelimited", "rate_limited"]))
    }

    /// Whether this is one of these errors of Slack.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// What becomes of a message that met with this.
    pub fn told(self) -> Told {
        if self.retryable {
            return Told::Failed { error: self.message, after_seconds: self.after_seconds };
        }
        Told::Refused { error: self.message }
    }
}

/// What to do about an error that no other try can cure; none where one may.
fn advice(code: &str, needed: &str) -> Option<String> {
    let text = match code {
        "channel_not_found" => {
            "There is no such channel, or the app may not see it: check the name, and invite the app into a private channel"
        }
        "not_in_channel" => "Invite the app into the channel: /invite @Stepwell",
        "is_archived" => "The channel is archived: name another one in the document",
        "users_not_found" | "user_not_found" => {
            "The workspace has no member with this e-mail address: correct the assignee, or tell them by e-mail"
        }
        "user_disabled" | "user_not_visible" | "cannot_dm_bot" | "messages_tab_disabled" => {
            "This member cannot be written to: name another assignee, or allow messages to the app (App Home)"
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "Set STEPWELL_SLACK_TOKEN to the app's present Bot User OAuth Token"
        }
        "missing_scope" | "not_allowed_token_type" | "no_permission" => {
            return Some(format!("Add {} to the app, and install it again", scopes(needed)));
        }
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_locked"
        | "restricted_action_thread_only_channel"
        | "access_denied"
        | "team_access_not_granted" => {
            "An administrator of the workspace keeps the app from posting there: ask them, or name another channel"
        }
        "message_not_found" | "thread_not_found" => "The message was deleted in Slack",
        "cant_update_message" | "edit_window_closed" => "Slack lets nobody change this message any more",
        "msg_too_long"
        | "msg_blocks_too_long"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "no_text"
        | "invalid_arguments"
        | "invalid_form_data" => "Slack does not take this message: please report it with the question's kind",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The scopes that Slack names, without anything else.
fn scopes(needed: &str) -> String {
    needed.chars().filter(|c| c.is_ascii_alphanumeric() || " .,:_/-".contains(*c)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_other_try_can_cure_is_refused_with_what_to_do() {
        for (code, says) in [
            ("channel_not_found", "invite"),
            ("not_in_channel", "/invite"),
            ("users_not_found", "e-mail address"),
            ("invalid_auth", "STEPWELL_SLACK_TOKEN"),
            ("is_archived", "archived"),
        ] {
            let told = Fault::answered("chat.postMessage", code, None).told();
            assert!(
                matches!(&told, Told::Refused { error } if error.contains(says) && error.contains(code)),
                "{told:?}"
            );
        }
        let told = Fault::answered("users.info", "missing_scope", Some("users:read.email")).told();
        assert!(matches!(&told, Told::Refused { error } if error.contains("users:read.email")), "{told:?}");
    }

    #[test]
    fn what_may_pass_is_tried_again_and_not_before_slack_wants_it() {
        let limited = Fault::limited("chat.postMessage", Some(30.0)).told();
        assert!(matches!(limited, Told::Failed { after_seconds: Some(30.0), .. }), "{limited:?}");
        for code in ["internal_error", "service_unavailable", "never_heard_of"] {
            let told = Fault::answered("chat.postMessage", code, None).told();
            assert!(matches!(told, Told::Failed { .. }), "{code}");
        }
    }
}
