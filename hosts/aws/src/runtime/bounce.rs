//! What SES says later of mails that it took: they came back, their receiver complained, or they were never sent. The
//! mail's tags name the message that it was, and what came of it is recorded with the question.

use crate::services::mail::Tags;
use engine::{drive::submit, port::Host};
use lambda_runtime::Error;
use notify::limits::SAID_CHARS;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::HashMap;
use stepwell_core::{command::Command, interaction::delivery::Told};

/// The `source` of the events of SES on EventBridge.
pub const SOURCE: &str = "aws.ses";

/// An event of SES as EventBridge hands it on.
#[derive(Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    mail: Mail,
    #[serde(flatten)]
    happened: Happened,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

/// What happened to a mail, of all that SES can tell.
#[derive(Deserialize)]
#[serde(tag = "eventType")]
enum Happened {
    Bounce { bounce: Bounce },
    Complaint { complaint: Complaint },
    Reject { reject: Reject },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    diagnostic_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    complaint_sub_type: Option<String>,
}

#[derive(Deserialize)]
struct Reject {
    #[serde(default)]
    reason: String,
}

impl Happened {
    /// What is recorded of it.
    fn told(&self) -> Told {
        let (said, arrived) = match self {
            Self::Bounce { bounce } => {
                let why = bounce.bounced_recipients.iter().find_map(|one| one.diagnostic_code.as_deref());
                let said = format!(
                    "the mail came back ({}, {}): {}",
                    bounce.bounce_type,
                    bounce.bounce_sub_type,
                    why.unwrap_or("nobody said why")
                );
                // An answer by a program, as of somebody who is away, is a bounce too that is not permanent.
                (said, bounce.bounce_type != "Permanent")
            }
            Self::Complaint { complaint } => {
                let why = complaint.complaint_feedback_type.as_deref().unwrap_or("no kind given");
                match &complaint.complaint_sub_type {
                    Some(kind) => {
                        (format!("the receiver complained of earlier mails ({kind}), so it was not sent"), false)
                    }
                    None => (format!("the receiver complained of the mail ({why})"), true),
                }
            }
            Self::Reject { reject } => (format!("SES refused what the mail holds: {}", reject.reason), false),
        };
        let said: Vec<&str> = said.split_whitespace().collect();
        Told::Bounced { error: said.join(" ").chars().take(SAID_CHARS).collect(), arrived }
    }
}

/// Reads an event of SES: which message the mail was, where its tags say it, and what came of it.
///
/// # Errors
/// Where the event is none of those that the template asks for.
pub fn read(event: &str) -> Result<(Option<Tags>, Told), String> {
    let Event { detail } =
        serde_json::from_str(event).map_err(|error| format!("this is no event of a mail: {error}"))?;
    Ok((Tags::read(&detail.mail.tags), detail.happened.told()))
}

/// Records what an event of SES says of a mail, and returns `{}`. A mail of somebody else, one of an execution that is
/// gone, and one that a later mail has followed are none of our business any more.
///
/// # Errors
/// As [`read`], or where the store fails. Lambda then hands the event over again.
pub async fn bounced(host: &dyn Host, event: &str) -> Result<Box<RawValue>, Error> {
    let (tags, told) = read(event)?;
    match tags {
        Some(Tags { execution, delivering }) => {
            let interaction = delivering.interaction.clone();
            submit(host, &execution, Command::Told { delivering, told }).await?;
            tracing::info!(%execution, %interaction, "SES told what became of a mail");
        }
        None => tracing::warn!("SES told of a mail that bears no tags of a message"),
    }
    Ok(to_raw_value(&serde_json::json!({}))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn told(detail: Value) -> (String, bool) {
        let mut detail = detail;
        detail["mail"] = json!({"messageId": "1", "tags": {}});
        let (tags, told) = read(&json!({"source": SOURCE, "detail": detail}).to_string()).unwrap();
        assert_eq!(tags, None);
        let Told::Bounced { error, arrived } = told else { unreachable!() };
        (error, arrived)
    }

    /// The events follow the examples in SES's developer guide.
    #[test]
    fn what_ses_says_is_told_in_its_words() {
        let bounce = |kind: &str, code: Value| {
            json!({"eventType": "Bounce", "bounce": {"bounceType": kind, "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": "a@example.com", "status": "5.1.1", "diagnosticCode": code}]}})
        };
        let why = "the mail came back (Permanent, General): smtp; 550 5.1.1 user unknown";
        assert_eq!(told(bounce("Permanent", json!("smtp; 550 5.1.1\r\n user unknown"))), (why.into(), false));
        assert!(told(bounce("Transient", Value::Null)).1, "somebody who is away may have it");
        let complaint = |fields: Value| json!({"eventType": "Complaint", "complaint": fields});
        let (said, arrived) = told(complaint(json!({"complaintFeedbackType": "abuse", "complaintSubType": null})));
        assert!(said.contains("complained of the mail (abuse)") && arrived, "{said}");
        let (said, arrived) = told(complaint(json!({"complaintSubType": "OnAccountSuppressionList"})));
        assert!(said.contains("OnAccountSuppressionList") && !arrived, "{said}");
        let (said, arrived) = told(json!({"eventType": "Reject", "reject": {"reason": "Bad content"}}));
        assert!(said.contains("Bad content") && !arrived, "{said}");
    }

    /// The events that functions are tried with.
    #[test]
    fn each_event_names_the_message_that_the_mail_was() {
        for (event, why) in [
            (include_str!("../../../../events/callback-eventbridge-bounce.json"), "550 5.1.1 user unknown"),
            (include_str!("../../../../events/callback-eventbridge-complaint.json"), "abuse"),
            (include_str!("../../../../events/callback-eventbridge-reject.json"), "Bad content"),
        ] {
            let (tags, told) = read(event).unwrap();
            let Tags { execution, delivering } = tags.unwrap();
            assert_eq!(execution.as_str(), "0190aaaa-0000-7000-8000-000000000000");
            assert_eq!((delivering.delivery, delivering.number, delivering.attempt), (0, 1, 1));
            assert!(matches!(&told, Told::Bounced { error, .. } if error.contains(why)), "{told:?}");
        }
    }

    #[test]
    fn what_is_said_is_cut_and_other_events_are_none() {
        let long = json!({"eventType": "Reject", "reject": {"reason": "é".repeat(10_000)}});
        assert_eq!(told(long).0.chars().count(), SAID_CHARS);
        for other in [json!({"eventType": "Delivery", "mail": {}}), json!({"mail": {}}), json!({})] {
            assert!(read(&json!({ "detail": other }).to_string()).is_err(), "{other}");
        }
    }
}
